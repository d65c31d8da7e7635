//! One turn of a chat as server-sent events: `conversation`, then `text` piece by piece, then `done` or `ended`.

use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;

use actix_web::web::{self, Bytes};
use actix_web::{HttpResponse, http::header};
use futures_util::{Stream, StreamExt as _, stream};
use phony_app::supervision::LiveItem;
use phony_app::{App, Principal};
use phony_conversation::{EventBody, Speaker};
use phony_kernel::call::{ConversationState, EndedReason};
use phony_kernel::{CallId, Error, ItemId, Kind};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::{insist, unreachable};
use crate::context::current_request_id;
use crate::problem::Problem;

/// Pieces that may wait for a slow reader.
const PIECES: usize = 64;
/// Words that were not taken in by then were lost on their way.
const HEARD_WITHIN: Duration = Duration::from_secs(10);
/// A turn that takes longer, because a person speaks or is asked, goes on without its reader.
const TURN_WITHIN: Duration = Duration::from_secs(90);
/// A sign of life for what stands between us and the reader.
const ALIVE_EVERY: Duration = Duration::from_secs(15);

/// What the reader is told.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Told<'a> {
    /// Which conversation it is, for what is said next.
    Conversation { conversation_id: CallId },
    /// More words of a line.
    Text { item_id: ItemId, text: &'a str },
    /// The agent listens again, or somebody else is to speak.
    Done { conversation_id: CallId },
    /// The conversation is over.
    Ended {
        conversation_id: CallId,
        reason: EndedReason,
    },
    /// It went wrong.
    Problem(Box<Problem>),
}

impl Told<'_> {
    fn write(&self) -> Bytes {
        let name = match self {
            Self::Conversation { .. } => "conversation",
            Self::Text { .. } => "text",
            Self::Done { .. } => "done",
            Self::Ended { .. } => "ended",
            Self::Problem(_) => "error",
        };
        // Plain data: it always serialises, and without line breaks.
        let data = serde_json::to_string(self).unwrap_or_default();
        Bytes::from(format!("event: {name}\ndata: {data}\n\n"))
    }
}

/// How far a turn is.
#[derive(Debug, PartialEq, Eq)]
enum Stage {
    /// The agent greets; then these words are said.
    Greeted(String),
    /// The words are on their way.
    Said,
    /// They were taken in.
    Heard,
}

/// One turn.
pub(super) struct Turn {
    app: web::Data<App>,
    who: Principal,
    call: CallId,
    stage: Stage,
    since: Instant,
    /// How much of each line the reader has.
    lines: HashMap<ItemId, usize>,
}

impl Turn {
    /// A turn of a conversation: `words` are said once the agent has greeted, or were said before.
    pub(super) fn new(app: web::Data<App>, who: Principal, call: CallId, words: Option<String>) -> Self {
        Self {
            app,
            who,
            call,
            stage: words.map_or(Stage::Said, Stage::Greeted),
            since: Instant::now(),
            lines: HashMap::new(),
        }
    }

    async fn run(mut self, mut events: impl Stream<Item = LiveItem> + Unpin, pieces: mpsc::Sender<Bytes>) {
        let conversation_id = self.call;
        if pieces
            .send(Told::Conversation { conversation_id }.write())
            .await
            .is_err()
        {
            return;
        }
        loop {
            let piece = match timeout(ALIVE_EVERY.min(HEARD_WITHIN), events.next()).await {
                Ok(Some(LiveItem::Event(delivered))) => match self.on_event(&delivered.event.body).await {
                    Ok(Some(told)) => {
                        let is_last = !matches!(told, Told::Text { .. });
                        if pieces.send(told.write()).await.is_err() || is_last {
                            return;
                        }
                        continue;
                    }
                    Ok(None) => None,
                    Err(error) => Some(problem(&error)),
                },
                Ok(Some(LiveItem::Gap) | None) => {
                    let text = "the answer could not be followed; the ledger of the call has it";
                    Some(problem(&Error::new(Kind::Unavailable, "events_lost", text)))
                }
                Err(_) => {
                    if pieces.send(Bytes::from_static(b": \n\n")).await.is_err() {
                        return;
                    }
                    None
                }
            };
            if let Some(last) = piece.or_else(|| self.late()) {
                // Nobody else is told.
                let _ = pieces.send(last.write()).await;
                return;
            }
        }
    }

    /// What is told of a turn that takes too long.
    fn late(&self) -> Option<Told<'static>> {
        let waited = self.since.elapsed();
        if self.stage != Stage::Heard && waited > HEARD_WITHIN {
            return Some(problem(&unreachable()));
        }
        let conversation_id = self.call;
        (waited > TURN_WITHIN).then_some(Told::Done { conversation_id })
    }

    async fn on_event<'a>(&mut self, body: &'a EventBody) -> Result<Option<Told<'a>>, Error> {
        let conversation_id = self.call;
        Ok(match body {
            EventBody::SpeechFinal {
                speaker: Speaker::Caller,
                ..
            } => {
                if self.stage == Stage::Said {
                    self.stage = Stage::Heard;
                }
                None
            }
            EventBody::SpeechPartial {
                item_id,
                speaker,
                text,
            }
            | EventBody::SpeechFinal {
                item_id,
                speaker,
                text,
                ..
            } if *speaker != Speaker::Caller => self.more(*item_id, text),
            EventBody::ConversationState {
                state: ConversationState::Listening,
            } => match &mut self.stage {
                Stage::Heard => Some(Told::Done { conversation_id }),
                Stage::Greeted(words) => {
                    let words = std::mem::take(words);
                    insist(&self.app, &self.who, self.call, &words).await?;
                    (self.stage, self.since) = (Stage::Said, Instant::now());
                    None
                }
                Stage::Said => None,
            },
            EventBody::CallState {
                ending: Some(ending), ..
            } => Some(Told::Ended {
                conversation_id,
                reason: ending.reason,
            }),
            _ => None,
        })
    }

    /// What of a line is new to the reader.
    fn more<'a>(&mut self, item_id: ItemId, text: &'a str) -> Option<Told<'a>> {
        let had = self.lines.entry(item_id).or_default();
        let new = text.get(*had..).filter(|new| !new.is_empty())?;
        *had = text.len();
        Some(Told::Text { item_id, text: new })
    }
}

fn problem(error: &Error) -> Told<'static> {
    Told::Problem(Box::new(Problem::new(error, current_request_id())))
}

/// The turn as the answer of its request. Who goes away early misses words; the conversation goes on.
pub(super) fn stream(turn: Turn, events: impl Stream<Item = LiveItem> + Unpin + 'static) -> HttpResponse {
    let (pieces, mut told) = mpsc::channel(PIECES);
    actix_web::rt::spawn(turn.run(events, pieces));
    let body = stream::poll_fn(move |context| told.poll_recv(context)).map(Ok::<_, Infallible>);
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .streaming(body)
}
