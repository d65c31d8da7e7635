//! Switches for the points where the real carrier differs from day to day.

use serde::{Deserialize, Serialize};

use crate::calls::callbacks::Delivery;
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
