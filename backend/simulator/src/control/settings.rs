//! Switches for the points where the real carrier differs from day to day.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::calls::callbacks::Delivery;
use crate::clock::Millis;
use crate::signing::SocketForm;

/// Carrier-wide behaviour; a call may choose its own callback delivery.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) callbacks: Delivery,
    /// Sign WebSocket addresses with a slash at the end.
    pub(crate) trailing_slash_ws: bool,
    /// Sign addresses with the port, also where it is the usual one.
    pub(crate) port_in_signature: bool,
    /// Sign the query of WebSocket addresses as parameters.
    pub(crate) fold_ws_query: bool,
    /// Request webhooks with the query keys sorted, but sign them as they were given.
    pub(crate) sort_query_on_request: bool,
    /// Add members and messages to the conversation socket that no application knows yet.
    pub(crate) future_messages: bool,
    /// Object to members of stream messages that are not documented; on unless turned off.
    pub(crate) strict_streams: bool,
    /// End a stream at its first invalid message in place of a warning.
    pub(crate) kill_on_31924: bool,
    /// Request the action of a conversation or stream also after the caller has gone; on unless turned off.
    pub(crate) action_after_hangup: bool,
    /// The tones of keys can be heard on streams.
    pub(crate) audible_keys: bool,
    /// Calls that one account may begin in a second, of simulated time; more wait. Null: as many as it likes.
    pub(crate) calls_per_second: Option<f64>,
    /// Requests of one account at the same time; more are refused with 429.
    pub(crate) rest_concurrency: usize,
    /// From the end of a call until its price is known, in simulated time; the same for recordings.
    pub(crate) price_after_ms: Millis,
    /// From the end of a recording until its file is there, in simulated time.
    pub(crate) file_after_ms: Millis,
    /// Beginnings of numbers that are not called, each with the error code that says so.
    pub(crate) refused: BTreeMap<String, u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            callbacks: Delivery::default(),
            trailing_slash_ws: false,
            port_in_signature: false,
            fold_ws_query: false,
            sort_query_on_request: false,
            future_messages: false,
            strict_streams: true,
            kill_on_31924: false,
            action_after_hangup: true,
            audible_keys: false,
            calls_per_second: Some(1.0),
            rest_concurrency: 100,
            price_after_ms: 30_000,
            file_after_ms: 1_000,
            refused: BTreeMap::new(),
        }
    }
}

impl Settings {
    pub(crate) fn socket_form(&self) -> SocketForm {
        SocketForm {
            trailing_slash: self.trailing_slash_ws,
            with_port: self.port_in_signature,
            fold_query: self.fold_ws_query,
        }
    }
}
