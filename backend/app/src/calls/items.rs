//! A page of a call's ledger, folded from as many events as the page is long and not from all of the call's.
//!
//! A line is begun by one event and changed by later ones, mostly soon after. So a page needs the events behind its
//! begin, some before it (they say which lines were begun earlier), and some behind its end. Lines of the few kinds
//! that go on for long, such as transfers, are looked for by their kind in the rest of the call.

use phony_conversation::snapshot::{Item, ItemBody, Snapshot};
use phony_conversation::{ActionStatus, Event};
use phony_db::TenantTx;
use phony_db::calls::ledger::{self, Part};
use phony_kernel::{CallId, Result};

/// Events before a page and behind it, and read at one time.
const MARGIN: i64 = 250;
/// Events of the kinds that go on for long, on either side.
const LONG_ONES: i64 = 500;
/// Kinds whose lines may be changed long after they were begun.
const LONG: [&str; 8] = [
    "transfer.updated",
    "supervisor.action",
    "clarification.requested",
    "clarification.answered",
    "clarification.expired",
    "approval.requested",
    "approval.decided",
    "approval.expired",
];

/// Lines of a ledger after one, in their order: one more than `limit`, if there are.
pub(super) async fn list(tx: &mut TenantTx, call: CallId, after: u64, limit: u32) -> Result<Vec<Item>> {
    let mut snapshot = Snapshot::default();
    if after > 0 {
        let before = Part {
            after: 0,
            up_to: Some(after),
            kinds: &[],
            last: true,
        };
        let near = ledger::list_part(tx, call, &before, MARGIN).await?.events;
        if let Some(first) = near.first().filter(|first| first.seq > 1) {
            let far = Part {
                up_to: Some(first.seq - 1),
                kinds: &LONG,
                ..before
            };
            fold(
                &mut snapshot,
                &ledger::list_part(tx, call, &far, LONG_ONES).await?.events,
            );
        }
        fold(&mut snapshot, &near);
    }
    let wanted = limit as usize + 1;
    let mut next = Some(after);
    let mut behind = false;
    while let Some(from) = next {
        let read = ledger::list_events(tx, call, from, MARGIN).await?;
        fold(&mut snapshot, &read.events);
        next = read.next;
        // One piece more than what fills the page: for what becomes of its last lines.
        if behind {
            break;
        }
        behind = lines(&snapshot, after).count() >= wanted;
    }
    if let Some(from) = next
        && lines(&snapshot, after).take(wanted).any(is_open)
    {
        let rest = Part {
            after: from,
            up_to: None,
            kinds: &LONG,
            last: false,
        };
        fold(
            &mut snapshot,
            &ledger::list_part(tx, call, &rest, LONG_ONES).await?.events,
        );
    }
    Ok(lines(&snapshot, after).take(wanted).cloned().collect())
}

fn fold(snapshot: &mut Snapshot, events: &[Event]) {
    for event in events {
        snapshot.apply(event);
    }
}

/// The lines of a page and behind it. One that was begun and never came to words is none.
fn lines(snapshot: &Snapshot, after: u64) -> impl Iterator<Item = &Item> {
    snapshot
        .items
        .iter()
        .filter(move |item| item.seq > after && !item.is_wordless())
}

/// Whether something may still become of a line.
fn is_open(item: &Item) -> bool {
    match &item.body {
        ItemBody::Transfer { .. } => true,
        ItemBody::Clarification {
            answered_by, expired, ..
        } => answered_by.is_none() && !expired,
        ItemBody::Intervention { status, .. } => matches!(status, ActionStatus::Accepted),
        _ => false,
    }
}
