//! Journeys over the whole product.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a journey that cannot go on has failed"
)]

mod aliases;
mod attending;
mod bad_input;
mod callbacks;
mod calls;
mod carrier;
mod chat;
mod contacts;
mod engines;
mod factors;
mod forged;
mod gather;
mod hardening;
mod headers;
mod identity;
mod instances;
mod limits;
mod listening;
mod live_readers;
mod live_rights;
mod logs;
mod losses;
mod neighbours;
mod numbers_ops;
mod operations;
mod outbound;
mod own_keys;
mod people;
mod races;
mod realtime;
mod recordings;
mod relay;
mod sso;
mod supervision;
mod surface;
mod transfer;
mod trust;
mod usage;
mod web_calls;
