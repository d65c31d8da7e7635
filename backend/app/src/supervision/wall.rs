//! The wall: every live call with what asks for a person.

use std::collections::HashMap;

use phony_conversation::supervision::{Attention, Card, LastWords};
use phony_conversation::{Actor, EventBody};
use phony_kernel::call::ConversationState;
use phony_kernel::{CallId, Permission, Result};
use serde::Serialize;

use super::wall_schema::{ActorView, AttentionView, LastWordsView, MoodView};
use super::{Supervision, Topic};
use crate::Principal;
use crate::calls::CallView;

/// The wall as of a moment.
#[derive(Debug)]
pub struct Wall {
    /// The live calls.
    pub calls: Vec<WallRow>,
    /// Events after it are not yet in `calls`.
    pub cursor: String,
}

/// A live call on the wall, as lists and sockets show it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = LiveCallView)]
pub struct WallRow {
    /// The call.
    #[serde(flatten)]
    pub call: CallView,
    /// Who handles it.
    #[schema(value_type = Option<ActorView>)]
    pub claimed_by: Option<Actor>,
    /// How many people watch it.
    pub watchers_count: usize,
    /// What asks for a person.
    #[schema(value_type = Vec<AttentionView>)]
    pub attention: Vec<Attention>,
    /// The words that were said last; only for those who may read words.
    #[schema(value_type = Option<LastWordsView>)]
    pub last_words: Option<LastWords>,
    /// How long the caller waited for the last answer, without a wait for approval.
    pub last_reply_ms: Option<u64>,
    /// How the caller sounds by their words: -1, 0 or 1.
    #[schema(value_type = Option<MoodView>)]
    pub mood: Option<i8>,
}

impl Supervision {
    /// The live calls, and where their events go on.
    ///
    /// # Errors
    /// `unavailable` when Redis or the database does not answer.
    pub async fn wall(&self, who: &Principal) -> Result<Wall> {
        // The stream first: an event in between is then sent twice, and never lost. Of older events the cards tell.
        let (recent, cursor) = self.bus.newest(who.tenant, Topic::Calls).await?;
        let calls = self.calls.live(who).await?;
        let ids: Vec<CallId> = calls.iter().map(|call| call.id).collect();
        let cards = self.engine.cards(who.tenant, &ids).await?;
        let mut states: HashMap<CallId, ConversationState> = HashMap::new();
        for delivered in &recent {
            if let EventBody::ConversationState { state } = delivered.event.body {
                states.insert(delivered.call, state);
            }
        }
        let words = who.holds(Permission::TranscriptRead);
        let rows = calls.into_iter().zip(cards).map(|(mut call, card)| {
            let card = card.unwrap_or_default();
            call.state = states.get(&call.id).copied().or(card.state);
            row(call, card, words)
        });
        Ok(Wall {
            calls: rows.collect(),
            cursor,
        })
    }
}

fn row(call: CallView, card: Card, words: bool) -> WallRow {
    WallRow {
        call,
        claimed_by: card.claimed_by,
        watchers_count: card.watchers_count,
        attention: card.attention,
        last_words: card.last_words.filter(|_| words),
        last_reply_ms: card.last_reply_ms,
        mood: card.mood,
    }
}
