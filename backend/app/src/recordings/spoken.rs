//! Telling a caller in the middle of a talk that the call is recorded from now on: the agent's voice says it, and the
//! recording begins when the caller has heard it.

use std::time::Duration;

use futures_util::StreamExt as _;
use phony_calls::bus::{LiveItem, Topic};
use phony_conversation::command::{SayMode, SayWhen};
use phony_conversation::{Action, ActionStatus, Actor, Command, EventBody, Speaker};
use phony_db::recordings::policy::{self, CallRecording};
use phony_kernel::{CallId, Error, ItemId, Kind, Result, TenantId};
use tokio::time::timeout;

use super::Recordings;
use super::notice::{Notice, NoticeKind, refuses};

/// How long the caller may take to hear the notice.
const HEARD_WITHIN: Duration = Duration::from_secs(30);
/// How long a caller who was asked may take to say no.
const ANSWERED_WITHIN: Duration = Duration::from_secs(8);

impl Recordings {
    /// Tells the caller; `false` when the caller was asked and refused. What was said is kept with the call.
    pub(super) async fn tell_caller(
        &self,
        tenant: TenantId,
        facts: &CallRecording,
        notice: &Notice,
    ) -> Result<bool> {
        let agreed = self.say_and_listen(tenant, facts.call, notice).await?;
        let mut tx = self.db.tenant(tenant).await?;
        if notice.kind == NoticeKind::Ask {
            policy::note_answer(&mut tx, facts.call, agreed).await?;
        } else {
            policy::note_told(&mut tx, facts.call).await?;
        }
        tx.commit().await?;
        Ok(agreed)
    }

    async fn say_and_listen(&self, tenant: TenantId, call: CallId, notice: &Notice) -> Result<bool> {
        // From before the words are said, so that nothing of them is missed.
        let (_, cursor) = self.bus.read(tenant, Topic::Call(call)).await?;
        let mut events = self.bus.follow(tenant, Topic::Call(call), cursor).await?;
        let command = Command {
            action_id: format!("notice-{}", ItemId::new()),
            actor: Actor {
                id: "system".to_owned(),
                name: "Recording notice".to_owned(),
            },
            action: Action::Say {
                text: notice.words.clone(),
                mode: SayMode::Verbatim,
                when: SayWhen::Now,
            },
        };
        if let ActionStatus::Failed { .. } = self.engine.command(tenant, call, command).await? {
            return Err(untold());
        }
        let mut line: Option<ItemId> = None;
        let heard = async {
            while let Some(LiveItem::Event(told)) = events.next().await {
                match &told.event.body {
                    EventBody::SpeechFinal {
                        item_id,
                        speaker: Speaker::Supervisor,
                        text,
                        ..
                    } if text.trim() == notice.words.trim() => line = Some(*item_id),
                    EventBody::SpeechHeard { item_id } if line == Some(*item_id) => return true,
                    // Cut off: the caller speaks, having heard the begin of it.
                    EventBody::SpeechInterrupted { item_id, .. } if line == Some(*item_id) => return true,
                    _ => {}
                }
            }
            false
        };
        if !timeout(HEARD_WITHIN, heard).await.unwrap_or(false) {
            return Err(untold());
        }
        if notice.kind == NoticeKind::Announce {
            return Ok(true);
        }
        let answer = async {
            while let Some(LiveItem::Event(told)) = events.next().await {
                match &told.event.body {
                    EventBody::SpeechFinal {
                        speaker: Speaker::Caller,
                        text,
                        ..
                    } => return !refuses(text, ""),
                    EventBody::DtmfReceived { digit, .. } => return !refuses("", digit),
                    _ => {}
                }
            }
            true
        };
        Ok(timeout(ANSWERED_WITHIN, answer).await.unwrap_or(true))
    }
}

fn untold() -> Error {
    let text = "the caller could not be told of the recording, so it was not begun";
    Error::new(Kind::Conflict, "caller_not_told", text)
}
