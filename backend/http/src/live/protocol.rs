//! The frames of the live socket (api.md §4), both ways.

use bytestring::ByteString;
use phony_app::calls::CallView;
use phony_app::supervision::{Abilities, Delivered, WallRow};
use phony_conversation::{ActionStatus, Snapshot};
use phony_kernel::{CallId, Error};
use serde::{Deserialize, Serialize};

use crate::problem::Problem;
use crate::routes::actions::{ActionRequest, ActionView};

/// What a browser may send.
#[derive(Debug)]
pub enum ClientFrame {
    /// Send me a snapshot of this topic, or its events after a cursor.
    Subscribe {
        /// Which.
        topic: TopicName,
        /// Last cursor that the client has seen.
        after: Option<String>,
    },
    /// Send me no more of it.
    Unsubscribe {
        /// Which.
        topic: TopicName,
    },
    /// Are you there; browsers do not see the pings of the protocol.
    Ping,
    /// Act on a call.
    Action {
        /// `call_…` or `CA…`.
        call: String,
        /// What to do.
        request: Box<ActionRequest>,
    },
}

/// What can be watched.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TopicName {
    /// Every call of the tenant, in outline.
    Calls,
    /// One call in full.
    Call(String),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SubscribeFrame {
    #[serde(rename = "op")]
    _op: String,
    topic: String,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    after: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ActionFrame {
    #[serde(rename = "op")]
    _op: String,
    action_id: String,
    call: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    data: serde_json::Map<String, serde_json::Value>,
}

impl ClientFrame {
    /// Reads a frame strictly.
    ///
    /// # Errors
    /// What is wrong with it, in the form that REST uses.
    pub fn parse(text: &str) -> phony_kernel::Result<Self> {
        #[derive(Deserialize)]
        struct Op {
            op: String,
        }
        let Op { op } = crate::extract::parse_json(text.as_bytes())?;
        match op.as_str() {
            "subscribe" => {
                let frame: SubscribeFrame = crate::extract::parse_json(text.as_bytes())?;
                Ok(Self::Subscribe {
                    topic: topic(&frame.topic, frame.id)?,
                    after: frame.after,
                })
            }
            "unsubscribe" => {
                let frame: SubscribeFrame = crate::extract::parse_json(text.as_bytes())?;
                Ok(Self::Unsubscribe {
                    topic: topic(&frame.topic, frame.id)?,
                })
            }
            "action" => {
                let frame: ActionFrame = crate::extract::parse_json(text.as_bytes())?;
                let mut body = frame.data;
                body.insert("action_id".to_owned(), frame.action_id.into());
                body.insert("type".to_owned(), frame.kind.into());
                let body = serde_json::to_vec(&body).map_err(Error::internal)?;
                let request = Box::new(crate::extract::parse_json(&body)?);
                Ok(Self::Action {
                    call: frame.call,
                    request,
                })
            }
            "ping" => Ok(Self::Ping),
            _ => Err(Error::invalid_field(
                "op",
                "unknown_value",
                "must be subscribe, unsubscribe, action or ping",
            )),
        }
    }
}

fn topic(name: &str, id: Option<String>) -> phony_kernel::Result<TopicName> {
    match (name, id) {
        ("calls", None) => Ok(TopicName::Calls),
        ("calls", Some(_)) => Err(Error::invalid_field(
            "id",
            "unknown_field",
            "does not belong to this topic",
        )),
        ("call", Some(id)) => Ok(TopicName::Call(id)),
        ("call", None) => Err(Error::invalid_field("id", "required", "must be given")),
        _ => Err(Error::invalid_field(
            "topic",
            "unknown_value",
            "must be calls or call",
        )),
    }
}

/// What the server sends.
#[derive(Debug, Serialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum ServerFrame {
    /// All of a topic, as of `cursor`.
    Snapshot {
        /// `calls` or `call`.
        topic: &'static str,
        /// The call, for `call`.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// Where the events after it begin.
        cursor: String,
        /// What is there.
        state: Box<TopicState>,
    },
    /// The reader fell too far behind; a snapshot follows.
    Gap {
        /// `calls` or `call`.
        topic: &'static str,
        /// The call, for `call`.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    },
    /// The answer to a ping.
    Pong,
    /// How far an act has got.
    Action(ActionFrameOut),
    /// A frame could not be served.
    Error {
        /// What is wrong.
        #[serde(flatten)]
        problem: Box<Problem>,
        /// The topic it was about.
        #[serde(skip_serializing_if = "Option::is_none")]
        topic: Option<&'static str>,
        /// The call it was about.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    },
}

/// One happening on the wire.
#[derive(Debug, Serialize)]
struct EventFrame<'a> {
    op: &'static str,
    /// `calls` or `call`.
    topic: &'static str,
    /// The call.
    id: CallId,
    /// The carrier's id of it.
    call_sid: &'a str,
    /// Where the events after it begin.
    cursor: &'a str,
    /// The happening: `seq`, `at`, `offset_ms`, `event`, `data`.
    #[serde(flatten)]
    event: &'a phony_conversation::Event,
}

/// A happening of `topic` as a frame, made once for all sockets of this instance that get it.
#[must_use]
pub fn event_frame(topic: &'static str, delivered: &Delivered) -> ByteString {
    delivered.frame(|delivered| {
        let frame = EventFrame {
            op: "event",
            topic,
            id: delivered.call,
            call_sid: &delivered.call_sid,
            cursor: &delivered.cursor,
            event: &delivered.event,
        };
        // Plain data: it always serialises.
        serde_json::to_string(&frame).unwrap_or_default()
    })
}

/// How far an act has got, on the wire.
#[derive(Debug, Serialize)]
pub struct ActionFrameOut {
    /// The act.
    #[serde(flatten)]
    pub view: ActionView,
}

/// State of a topic.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum TopicState {
    /// Of `calls`.
    Calls {
        /// The live calls, and what of them asks for a person.
        calls: Vec<WallRow>,
    },
    /// Of `call`.
    Call {
        /// The call.
        call: Box<CallView>,
        /// Its fold.
        live: Box<Snapshot>,
        /// What people can do with its sound.
        abilities: Abilities,
    },
}

impl ServerFrame {
    /// The status of an act.
    #[must_use]
    pub fn action(action_id: String, status: ActionStatus) -> Self {
        Self::Action(ActionFrameOut {
            view: ActionView::new(action_id, status),
        })
    }

    /// A refusal that belongs to no topic.
    #[must_use]
    pub fn error(error: &Error) -> Self {
        let problem = Box::new(Problem::new(error, crate::context::current_request_id()));
        Self::Error {
            problem,
            topic: None,
            id: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_frames_are_read() {
        assert!(matches!(
            ClientFrame::parse(r#"{"op":"subscribe","topic":"calls"}"#).unwrap(),
            ClientFrame::Subscribe {
                topic: TopicName::Calls,
                after: None
            }
        ));
        let frame = r#"{"op":"action","action_id":"a1","call":"CA1","type":"say","data":{"text":"hi"}}"#;
        let ClientFrame::Action { call, request } = ClientFrame::parse(frame).unwrap() else {
            panic!("not an action")
        };
        assert_eq!((call.as_str(), request.action_id.as_str()), ("CA1", "a1"));
    }

    #[test]
    fn a_ping_is_answered() {
        assert!(matches!(
            ClientFrame::parse(r#"{"op":"ping"}"#).unwrap(),
            ClientFrame::Ping
        ));
        assert_eq!(
            serde_json::to_string(&ServerFrame::Pong).unwrap(),
            r#"{"op":"pong"}"#
        );
    }

    #[test]
    fn every_malformed_frame_is_a_problem_and_not_a_panic() {
        for text in [
            "",
            "{",
            "[]",
            "1",
            "null",
            r#"{"op":5}"#,
            r#"{"op":"dance"}"#,
            r#"{"op":"subscribe"}"#,
            r#"{"op":"subscribe","topic":"moon"}"#,
            r#"{"op":"subscribe","topic":"call"}"#,
            r#"{"op":"subscribe","topic":"calls","id":"call_1"}"#,
            r#"{"op":"subscribe","topic":"calls","x":1}"#,
            r#"{"op":"action","action_id":"a","call":"c","type":"fly"}"#,
            r#"{"op":"action","action_id":"a","call":"c","type":"say","data":{"text":1}}"#,
            r#"{"op":"action","action_id":"a","call":"c","type":"say","data":[]}"#,
        ] {
            assert!(ClientFrame::parse(text).is_err(), "{text}");
        }
    }
}
