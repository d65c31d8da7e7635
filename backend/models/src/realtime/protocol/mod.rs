//! What is said on the socket: events we send, events we read. No socket here.

mod audio;
mod client;
mod item;
mod lenient;
mod payload;
mod server;
mod session;

pub(super) use audio::{APPEND_HEAD, APPEND_TAIL};
pub use audio::{NotBase64, append_into, decoded_len, is_base64};
pub use client::{ClientEvent, NewItem, Placement, ResponseRequest};
pub use item::{
    ContentKind, ContentPart, Item, ItemKind, ItemStatus, Response, ResponseStatus, StatusDetails,
};
pub use payload::{
    ArgumentsDelta, ArgumentsDone, AudioDelta, OutputItem, RateLimit, ServerFault, SessionInfo, TextDelta,
};
pub use server::{ParseError, ServerEvent};
pub use session::{
    Eagerness, Effort, InvalidConfig, NoiseReduction, SessionConfig, SessionPatch, Tool, ToolChoice,
    Transcription, TurnDetection,
};
