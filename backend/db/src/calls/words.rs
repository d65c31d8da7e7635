//! The words of calls at rest: sealed by a key of the call, which is kept sealed itself.
//!
//! How that is done is decided by whoever opens the database; here is only when. What a query looks into stays in the
//! clear: figures, states, and where a call was handed to.

use std::collections::HashMap;
use std::fmt;

use phony_conversation::EventBody;
use phony_kernel::{CallId, Error, Result, TenantId};
use uuid::Uuid;

use crate::TenantTx;
use crate::error::DbResult;

/// Seals the words of calls.
pub trait WordSealer: fmt::Debug + Send + Sync {
    /// A fresh key for a call, and its sealed form, which is kept.
    ///
    /// # Errors
    /// When it cannot be made.
    fn new_key(&self, tenant: TenantId, call: CallId) -> Result<(Vec<u8>, Box<dyn WordKey>)>;

    /// The key of a call.
    ///
    /// # Errors
    /// When it is not that call's, or its wrapping key is gone.
    fn open_key(&self, tenant: TenantId, call: CallId, sealed: &[u8]) -> Result<Box<dyn WordKey>>;
}

/// The key of one call.
pub trait WordKey: Send + Sync {
    /// Seals an event for its place in the call.
    ///
    /// # Errors
    /// When the library fails.
    fn seal(&self, seq: i32, plain: &[u8]) -> Result<Vec<u8>>;

    /// Opens an event of that place.
    ///
    /// # Errors
    /// When it is of another.
    fn open(&self, seq: i32, sealed: &[u8]) -> Result<Vec<u8>>;
}

/// Keys of calls, opened.
pub(super) type Keys = HashMap<CallId, Box<dyn WordKey>>;

/// Names of events that have no words, and of the one whose words a query looks into.
pub(super) const NEVER_SEALED: [&str; 17] = [
    "call.state",
    "conversation.state",
    "speech.started",
    "speech.heard",
    "call.resumed",
    "approval.mode",
    "approval.expired",
    "supervision.joined",
    "supervision.left",
    "supervision.claimed",
    "takeover.changed",
    "attention.changed",
    "recording.updated",
    "latency.turn",
    "cost.tick",
    "warning",
    "transfer.updated",
];

/// Whether an event is sealed.
pub(super) fn is_sealed(body: &EventBody) -> bool {
    body.has_words() && !matches!(body, EventBody::TransferUpdated { .. })
}

/// The keys of these calls; calls that have none are left out.
pub(super) async fn find_keys(tx: &mut TenantTx, calls: &[CallId]) -> Result<Keys> {
    let sealer = tx.words().ok_or_else(no_sealer)?;
    let ids: Vec<Uuid> = calls.iter().map(|call| call.uuid()).collect();
    let rows: Vec<(Uuid, Vec<u8>)> = sqlx::query_as(
        "SELECT call_id, key_sealed FROM phony.call_keys WHERE tenant_id = $1 AND call_id = ANY ($2)",
    )
    .bind(tx.tenant().uuid())
    .bind(ids)
    .fetch_all(tx.connection())
    .await
    .db()?;
    rows.into_iter()
        .map(|(call, sealed)| {
            let call = CallId::from_uuid(call);
            Ok((call, sealer.open_key(tx.tenant(), call, &sealed)?))
        })
        .collect()
}

/// The keys of these calls, made where there is none; calls that are not there have none.
pub(super) async fn ensure_keys(tx: &mut TenantTx, calls: &[CallId]) -> Result<Keys> {
    let mut keys = find_keys(tx, calls).await?;
    let missing: Vec<CallId> = calls
        .iter()
        .copied()
        .filter(|call| !keys.contains_key(call))
        .collect();
    if missing.is_empty() {
        return Ok(keys);
    }
    let sealer = tx.words().ok_or_else(no_sealer)?;
    let mut made = Vec::with_capacity(missing.len());
    for call in &missing {
        made.push(sealer.new_key(tx.tenant(), *call)?.0);
    }
    let ids: Vec<Uuid> = missing.iter().map(|call| call.uuid()).collect();
    sqlx::query(
        "INSERT INTO phony.call_keys (tenant_id, call_id, key_sealed)
         SELECT $1, k.call_id, k.key_sealed FROM unnest($2::uuid[], $3::bytea[]) AS k (call_id, key_sealed)
         WHERE EXISTS (SELECT FROM phony.calls c WHERE c.tenant_id = $1 AND c.id = k.call_id)
         ON CONFLICT DO NOTHING",
    )
    .bind(tx.tenant().uuid())
    .bind(ids)
    .bind(made)
    .execute(tx.connection())
    .await
    .db()?;
    // Somebody else may have been first: what is there counts.
    keys.extend(find_keys(tx, &missing).await?);
    Ok(keys)
}

fn no_sealer() -> Error {
    Error::internal(anyhow::anyhow!(
        "the words of calls are sealed, and nothing here opens them"
    ))
}
