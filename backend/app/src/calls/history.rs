//! Calls as people read them: lists, one call, its ledger, its events.

use std::ops::RangeInclusive;

use chrono::{DateTime, Utc};
use phony_conversation::Event;
use phony_conversation::snapshot::{Item, Snapshot};
use phony_db::TenantTx;
use phony_db::calls::history::{self, CallFilter, CallRef};
use phony_db::calls::ledger;
use phony_kernel::call::{CallStatus, Channel, Direction, EndedReason, Engine};
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{CallId, Error, NumberId, PersonalityId, Result};

use super::{CallView, CallsArea, items};
use crate::Principal;

/// Events read at one time while a ledger is folded; live calls on the same thread have their turn after each.
const FOLD_PAGE: i64 = 500;
/// Live calls shown at one time at the most.
const MAX_LIVE: u32 = 1_000;

/// Digits by which a number may be looked for.
const PIECE: RangeInclusive<usize> = 2..=15;

/// Which calls to list; unset is any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallQuery {
    /// Where they stand.
    pub status: Option<CallStatus>,
    /// Which way they went.
    pub direction: Option<Direction>,
    /// Over which number of ours.
    pub number: Option<NumberId>,
    /// With whom.
    pub personality: Option<PersonalityId>,
    /// Came how.
    pub channel: Option<Channel>,
    /// Spoken how.
    pub engine: Option<Engine>,
    /// Ended why.
    pub ended_reason: Option<EndedReason>,
    /// Digits that the number of either party contains, written in any way.
    pub contains: Option<String>,
    /// Not before.
    pub created_from: Option<DateTime<Utc>>,
    /// Before.
    pub created_to: Option<DateTime<Utc>>,
}

impl CallsArea {
    /// Calls that match, newest first.
    ///
    /// # Errors
    /// A bad limit, cursor or piece of a number.
    pub async fn list(
        &self,
        who: &Principal,
        query: CallQuery,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Page<CallView>> {
        let page = PageRequest::read(limit, cursor)?;
        let filter = CallFilter {
            status: query.status,
            live: false,
            mode: who.mode(),
            direction: query.direction,
            number: query.number,
            personality: query.personality,
            channel: query.channel,
            engine: query.engine,
            ended_reason: query.ended_reason,
            contains: query.contains.as_deref().map(digits).transpose()?,
            created_from: query.created_from,
            created_to: query.created_to,
        };
        let mut tx = self.db.tenant(who.tenant).await?;
        Ok(history::list(&mut tx, &filter, &page).await?.map(CallView::from))
    }

    /// All calls that are not over, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn live(&self, who: &Principal) -> Result<Vec<CallView>> {
        let filter = CallFilter {
            live: true,
            mode: who.mode(),
            ..CallFilter::default()
        };
        let page = PageRequest {
            limit: MAX_LIVE,
            after: None,
        };
        let mut tx = self.db.tenant(who.tenant).await?;
        Ok(history::list(&mut tx, &filter, &page)
            .await?
            .map(CallView::from)
            .data)
    }

    /// One call.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn get(&self, who: &Principal, call: &CallRef) -> Result<CallView> {
        let mut tx = self.db.tenant(who.tenant).await?;
        Ok(history::get_of(&mut tx, call, who.mode()).await?.into())
    }

    /// The ledger of a call, in its order.
    ///
    /// # Errors
    /// `not_found`, or a bad limit or cursor.
    pub async fn items(
        &self,
        who: &Principal,
        call: &CallRef,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Page<Item>> {
        let page: PageRequest<u64> = PageRequest::read(limit, cursor)?;
        let mut tx = self.db.tenant(who.tenant).await?;
        let call = history::get_id(&mut tx, call, who.mode()).await?;
        let rows = items::list(&mut tx, call, page.after.unwrap_or(0), page.limit).await?;
        Ok(Page::from_rows(rows, page.limit, |item: &Item| item.seq))
    }

    /// Notes in the audit log that somebody asks for an act on a call; not what they say.
    pub(crate) async fn note_act(
        &self,
        who: &Principal,
        call: CallId,
        action_id: &str,
        name: &str,
        at: DateTime<Utc>,
    ) -> Result<()> {
        let mut tx = self.db.tenant(who.tenant).await?;
        let detail = serde_json::json!({ "action_id": action_id });
        let (action, target) = (format!("call.{name}"), call.to_string());
        crate::audit::note(&mut tx, who, &action, &target, &detail, at).await?;
        tx.commit().await
    }

    /// The whole ledger of a call; for copies of data.
    pub(crate) async fn all_items(&self, tx: &mut TenantTx, call: CallId) -> Result<Vec<Item>> {
        Ok(fold(tx, call).await?.items)
    }

    /// The lasting events of a call, in their order: from the page that a cursor names, or behind one event.
    ///
    /// # Errors
    /// `not_found`, a bad limit or cursor, or a cursor and an event.
    pub async fn events(
        &self,
        who: &Principal,
        call: &CallRef,
        limit: Option<u32>,
        cursor: Option<&str>,
        behind: Option<u32>,
    ) -> Result<Page<Event>> {
        let page: PageRequest<u64> = PageRequest::read(limit, cursor)?;
        if behind.is_some_and(|behind| i32::try_from(behind).is_err()) {
            let detail = "must be from 0 to 2147483647";
            return Err(Error::invalid_field("after", "out_of_range", detail));
        }
        if cursor.is_some() && behind.is_some() {
            let detail = "cannot be given together with a cursor";
            return Err(Error::invalid_field("after", "not_both", detail));
        }
        let mut tx = self.db.tenant(who.tenant).await?;
        let call = history::get_id(&mut tx, call, who.mode()).await?;
        let after = page.after.or(behind.map(u64::from)).unwrap_or(0);
        let wanted = page.limit as usize + 1;
        let (mut rows, mut next) = (Vec::new(), Some(after));
        // Events that this build does not know leave room on the page.
        while let Some(after) = next.filter(|_| rows.len() < wanted) {
            let read = ledger::list_events(&mut tx, call, after, page.rows()).await?;
            rows.extend(read.events);
            next = read.next;
        }
        rows.truncate(wanted);
        Ok(Page::from_rows(rows, page.limit, |event: &Event| event.seq))
    }

    /// A call as it stood after its last stored event; for the live view of a call that has just ended.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn snapshot(&self, who: &Principal, call: &CallRef) -> Result<Snapshot> {
        let mut tx = self.db.tenant(who.tenant).await?;
        let call = history::get_id(&mut tx, call, who.mode()).await?;
        fold(&mut tx, call).await
    }
}

/// The digits of a piece of a number, however it is written.
fn digits(text: &str) -> Result<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let writes_number = text
        .chars()
        .all(|c| c.is_ascii_digit() || " +-.()/\u{a0}".contains(c));
    if !writes_number || !PIECE.contains(&digits.len()) {
        return Err(Error::invalid_field(
            "contains",
            "not_a_number",
            "is not a piece of a phone number: give 2 to 15 digits of it",
        ));
    }
    Ok(digits)
}

/// Folds all stored events of a call.
pub(super) async fn fold(tx: &mut TenantTx, call: CallId) -> Result<Snapshot> {
    let mut snapshot = Snapshot::default();
    let mut next = Some(0);
    while let Some(after) = next {
        let read = ledger::list_events(tx, call, after, FOLD_PAGE).await?;
        for event in &read.events {
            snapshot.apply(event);
        }
        next = read.next;
    }
    // A line that was begun and never came to words is none.
    snapshot.items.retain(|item| !item.is_wordless());
    Ok(snapshot)
}
