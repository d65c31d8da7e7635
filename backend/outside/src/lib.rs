//! Requests to addresses that tenants name.
//!
//! Where such a request may go ([`address`], [`guard`]), sign-in at a provider of identities ([`oidc`]) and the proof
//! that a domain is a tenant's own ([`txt`]). Nobody else asks an address that a tenant has named.

pub mod address;
pub mod guard;
pub mod oidc;
pub mod txt;

pub use guard::{Guard, Refused};
