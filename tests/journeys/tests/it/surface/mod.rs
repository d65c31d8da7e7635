//! The documented surface: its operations as the OpenAPI document has them, and a valid request for each.

mod cases;
mod document;

pub(crate) use cases::{Case, World};
pub(crate) use document::{Access, Document, Operation};
