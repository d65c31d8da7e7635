//! ConversationRelay: the carrier listens and speaks, the application exchanges text over a WebSocket.

mod hearing;
pub(crate) mod messages;
pub(crate) mod options;
pub(crate) mod session;
pub(crate) mod socket;
pub(crate) mod voice;
