//! Model providers: clients that speak their protocols, and what we know about their models.
//!
//! A client turns one request into one stream of events and stops there. How often to try again, what to say
//! meanwhile and what to remember is decided by the calls that use it.

pub mod catalog;
pub mod chat;
pub mod realtime;
