//! Twilio: request signatures, webhook forms, TwiML, messages of both sockets and the REST client.

pub mod params;
pub mod relay;
pub mod rest;
pub mod signature;
pub mod streams;
pub mod twiml;
pub mod voices;

mod form;
mod status;

pub use form::Form;
pub use status::CarrierStatus;
