//! TwiML: reading documents, and doing what their verbs say.

mod bridge;
pub(crate) mod dial;
pub(crate) mod document;
pub(crate) mod gather;
mod gathering;
mod play;
mod record;
pub(crate) mod verbs;

pub(crate) use document::{Element, parse};
