//! The carrier's side, outside of `/v1`: signed webhooks, and the sockets of words and of sound.
//!
//! Nothing is read from a request, and no row is written, before its signature has been checked.

pub mod gather;
pub mod listen;
pub mod notes;
mod opening;
pub mod outbound;
pub mod recording;
pub mod relay;
mod signed;
mod socket;
pub mod stream;
pub mod transfer;
pub mod twiml;
pub mod webhooks;

use actix_web::web;

pub use signed::Signed;
use signed::{check_account, check_upgrade};

/// Routes that the carrier calls.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(webhooks::voice)
        .service(outbound::machine)
        .service(webhooks::status)
        .service(webhooks::continue_call)
        .service(transfer::dialled)
        .service(transfer::status)
        .service(transfer::machine)
        .service(transfer::answer)
        .service(transfer::left)
        .service(webhooks::stream_status)
        .service(webhooks::message)
        .service(recording::news)
        .service(recording::consent)
        .service(gather::take_turn)
        .service(gather::take_partial)
        .service(relay::open)
        .service(stream::open)
        .service(listen::open)
        .service(notes::open);
}
