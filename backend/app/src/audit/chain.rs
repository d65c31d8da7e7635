//! Whether a log is the chain that it says it is, and the one that was signed for.

use phony_db::audit::log::StoredEntry;
use phony_db::audit::{Entry, link};
use serde::Serialize;

use super::heads::{Head, HeadKind};

/// What is wrong with a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditFault {
    /// The entry is not what was written: its hash does not fit it.
    Changed,
    /// The entry is not there, and later ones are.
    Missing,
    /// The entry does not follow the one before it.
    OutOfOrder,
    /// The entry and all behind it are not there, and were signed for.
    Truncated,
    /// The entry is another one than was signed for.
    NotAsSigned,
    /// A statement about the entry is not signed by this installation.
    ForgedHead,
}

/// The first broken place of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct AuditBreak {
    /// Of which entry.
    pub seq: i64,
    /// What is wrong with it.
    pub fault: AuditFault,
}

/// Goes along a log, entry by entry.
#[derive(Debug)]
pub(super) struct Walk {
    next: i64,
    prev: Vec<u8>,
    /// Statements about entries that come, the earliest last.
    signed: Vec<Head>,
    pub(super) seen: u64,
}

impl Walk {
    /// From the entry `first` on, which follows a hash. `heads` are good statements about the log, oldest first.
    pub(super) fn new(first: i64, prev: Vec<u8>, heads: &[Head]) -> Self {
        let since = heads
            .iter()
            .rposition(|head| head.kind == HeadKind::Restored)
            .map_or(0, |place| place);
        // What was said before a restore is still true of entries that were there by then.
        let restored = heads.get(since).filter(|head| head.kind == HeadKind::Restored);
        let mut signed: Vec<Head> = heads
            .iter()
            .enumerate()
            .filter(|(place, head)| {
                let void = *place < since && restored.is_some_and(|restored| head.seq > restored.seq);
                head.kind == HeadKind::Head && head.seq >= first && !void
            })
            .map(|(_, head)| head.clone())
            .collect();
        signed.sort_by_key(|head| std::cmp::Reverse(head.seq));
        Self {
            next: first,
            prev,
            signed,
            seen: 0,
        }
    }

    /// The next entry as it is stored.
    pub(super) fn step(&mut self, row: &StoredEntry) -> Result<(), AuditBreak> {
        let broken = |seq, fault| Err(AuditBreak { seq, fault });
        if row.seq != self.next {
            return broken(self.next, AuditFault::Missing);
        }
        let entry = Entry {
            actor: &row.actor,
            action: &row.action,
            target: &row.target,
            detail: &row.detail,
        };
        let hash = link(&row.prev_hash, row.seq, row.at, &entry);
        if hash != row.hash {
            return broken(row.seq, AuditFault::Changed);
        }
        if row.prev_hash != self.prev {
            return broken(row.seq, AuditFault::OutOfOrder);
        }
        while let Some(head) = self.signed.pop_if(|head| head.seq == row.seq) {
            if head.hash != hex::encode(&hash) {
                return broken(row.seq, AuditFault::NotAsSigned);
            }
        }
        self.next += 1;
        self.prev = hash;
        self.seen += 1;
        Ok(())
    }

    /// Behind the last entry.
    pub(super) fn end(&self) -> Result<(), AuditBreak> {
        match self.signed.first() {
            Some(_) => Err(AuditBreak {
                seq: self.next,
                fault: AuditFault::Truncated,
            }),
            None => Ok(()),
        }
    }

    /// The entry that would come next.
    pub(super) fn next(&self) -> i64 {
        self.next
    }
}
