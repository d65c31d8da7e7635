//! Why a socket's token was refused.

use chrono::{DateTime, Utc};
use phony_kernel::{CallId, Result};

use crate::TenantTx;
use crate::error::DbResult;

/// What explains a refused token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenFacts {
    /// Whether the token is the call's newest.
    pub token_matches: bool,
    /// Whether the carrier's id is the call's.
    pub sid_matches: bool,
    /// When it was used.
    pub used_at: Option<DateTime<Utc>>,
    /// When the call ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// Looks up why a token was refused.
///
/// # Errors
/// Those of the database.
pub async fn find_token_facts(
    tx: &mut TenantTx,
    call: CallId,
    call_sid: &str,
    token_hash: &[u8; 32],
) -> Result<Option<TokenFacts>> {
    type Facts = (bool, bool, Option<DateTime<Utc>>, Option<DateTime<Utc>>);
    let row: Option<Facts> = sqlx::query_as(
        "SELECT coalesce(stream_token_hash = $4, false), call_sid = $3, stream_token_used_at, ended_at
         FROM phony.calls WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(call_sid)
    .bind(&token_hash[..])
    .fetch_optional(tx.connection())
    .await
    .db()?;
    Ok(
        row.map(|(token_matches, sid_matches, used_at, ended_at)| TokenFacts {
            token_matches,
            sid_matches,
            used_at,
            ended_at,
        }),
    )
}
