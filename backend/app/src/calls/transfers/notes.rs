//! An agent who stays as note-taker: its stream is let in once, and what it takes down is kept with the call.

use phony_calls::NoteNews;
use phony_conversation::EventBody;
use phony_conversation::plan::CallPlan;
use phony_db::calls::{callbacks, ledger, notes};
use phony_db::usage;
use phony_kernel::{ItemId, Result};

use super::super::drain::booked;
use super::super::legs::append;
use super::super::token::StreamToken;
use super::super::{CallsArea, clean};
use super::TransferMark;

/// Name of the stream at the carrier, by which it is stopped.
pub const NOTES_FORK: &str = "notes";

impl CallsArea {
    /// A token for the stream of a meeting; `None` when the call has ended.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) async fn notes_token(&self, mark: TransferMark) -> Result<Option<String>> {
        let token = StreamToken::new(mark.tenant, mark.call);
        let mut tx = self.db.tenant(mark.tenant).await?;
        let admitted = notes::admit(&mut tx, mark.call, &token.hash()).await?;
        tx.commit().await?;
        Ok(admitted.then(|| token.text()))
    }

    /// Lets the stream of a meeting in, once a token. `None` for one that is not the call's, was used, or came after
    /// the end.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn open_notes(
        &self,
        token: &str,
        call_sid: &str,
        stream_sid: &str,
    ) -> Result<Option<CallPlan>> {
        let Some(token) = StreamToken::read(token) else {
            return Ok(None);
        };
        let mut tx = self.db.tenant(token.tenant()).await?;
        let (call_sid, stream_sid) = (clean(call_sid, 64), clean(stream_sid, 64));
        let opened = notes::open(&mut tx, token.call(), &call_sid, &token.hash(), &stream_sid).await?;
        let plan = opened.map(|call| self.plan(tx.tenant(), call));
        if plan.is_some() {
            self.choose_models(&mut tx, token.call()).await?;
        }
        tx.commit().await?;
        Ok(plan)
    }

    /// Keeps what a note-taker has taken down. Gives the news of it for those who watch.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn keep_notes(
        &self,
        plan: &CallPlan,
        transfer: ItemId,
        news: NoteNews,
    ) -> Result<Vec<EventBody>> {
        let mut tx = self.db.tenant(plan.tenant).await?;
        let Some(facts) = callbacks::lock(&mut tx, &plan.call_sid).await? else {
            return Ok(Vec::new());
        };
        let body = match news {
            NoteNews::Used(used) => {
                let bookings = ledger::list_bookings(&mut tx, &[facts.call]).await?;
                usage::insert(&mut tx, &booked(facts.call, &used, &bookings)).await?;
                tx.commit().await?;
                return Ok(Vec::new());
            }
            NoteNews::Line { item, speaker, text } => EventBody::SpeechFinal {
                item_id: item,
                speaker,
                text,
                language: None,
            },
            NoteNews::Notes { text } => EventBody::NoteAdded {
                item_id: ItemId::new(),
                text,
                transfer,
            },
            NoteNews::Failed { detail } => EventBody::Warning {
                item_id: ItemId::new(),
                code: "notes_incomplete".to_owned(),
                detail,
            },
        };
        append(&mut tx, &facts, body.clone()).await?;
        tx.commit().await?;
        Ok(vec![body])
    }
}
