//! The HTTP and WebSocket surface: routes, extractors, carrier webhooks, the live socket, the web app.
//!
//! Handlers are thin; what they do is in the use cases of `phony_app`.

#![expect(
    unreachable_pub,
    reason = "the route macros make types of handlers that the lint takes for private"
)]

pub mod aliases;
pub mod audio_socket;
pub mod auth;
pub mod carrier;
mod chat;
mod client_address;
pub mod context;
mod cors;
pub mod extract;
mod fallback;
pub mod health;
pub mod last_resort;
mod limits;
pub mod live;
mod moment;
pub mod openapi;
pub mod problem;
mod ranges;
pub mod replay;
pub mod routes;
pub mod server;
pub mod spa;
pub mod web_call;
