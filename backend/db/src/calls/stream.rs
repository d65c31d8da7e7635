//! The one-use token by which a call's socket is let in, and coming back after a lost socket.

use chrono::{DateTime, Utc};
use phony_conversation::plan::Personality;
use phony_kernel::call::{Channel, Direction, Engine};
use phony_kernel::{CallId, InstanceId, NumberId, Result};
use sqlx::types::Json;
use uuid::Uuid;

pub use super::token_facts::{TokenFacts, find_token_facts};
use super::word;
use crate::TenantTx;
use crate::error::DbResult;

/// How often a call may come back after its socket was lost.
pub const MAX_RESUMES: i32 = 2;
/// How many tokens a call gets after its first, also when sockets are turned away before they use theirs.
pub const MAX_CONNECTS: i32 = 10;

/// What a call's plan is made of.
#[derive(Debug)]
pub struct StreamedCall {
    /// Our id.
    pub call: CallId,
    /// The carrier's id.
    pub call_sid: String,
    /// What it runs over.
    pub channel: Channel,
    /// Which way it goes.
    pub direction: Direction,
    /// How it is spoken.
    pub engine: Engine,
    /// Number of ours that it runs over; none on the web.
    pub number: Option<NumberId>,
    /// The other party.
    pub from: String,
    /// The called number.
    pub to: String,
    /// Who talks, in the version of the call's beginning.
    pub personality: Personality,
    /// Whether it was given a token before this one: something of its talk may be known.
    pub again: bool,
    /// The carrier's account that holds the number.
    pub account_sid: Option<String>,
    /// Whether a test key made it.
    pub test: bool,
    /// Whether its caller reads and writes instead of hearing and speaking.
    pub typed: bool,
    /// Whether it is recorded, or may be.
    pub recordable: bool,
}

/// The columns of a [`Row`], of a call `c` and its version `v`.
macro_rules! plan_columns {
    () => {
        "c.id, c.call_sid, c.channel, c.direction, c.engine, c.phone_number_id, c.from_text, c.to_text,
         coalesce(c.draft, v.body) AS body, c.connects > 0 AS again,
         coalesce(c.carrier_account_sid, (SELECT n.carrier_account_sid FROM phony.phone_numbers n
             WHERE n.tenant_id = c.tenant_id AND n.id = c.phone_number_id)) AS account_sid,
         c.mode = 'test' AS of_test_key, c.typed, coalesce(c.recording, 'off') <> 'off' AS recordable"
    };
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    call_sid: String,
    channel: String,
    direction: String,
    engine: String,
    phone_number_id: Option<Uuid>,
    from_text: String,
    to_text: String,
    body: Json<Personality>,
    again: bool,
    recordable: bool,
    of_test_key: bool,
    typed: bool,
    account_sid: Option<String>,
}

impl Row {
    fn read(self) -> Result<StreamedCall> {
        Ok(StreamedCall {
            call: CallId::from_uuid(self.id),
            call_sid: self.call_sid,
            channel: word(&self.channel, Channel::from_stored)?,
            direction: word(&self.direction, Direction::from_stored)?,
            engine: word(&self.engine, Engine::from_stored)?,
            number: self.phone_number_id.map(NumberId::from_uuid),
            from: self.from_text,
            to: self.to_text,
            personality: self.body.0,
            again: self.again,
            account_sid: self.account_sid,
            test: self.of_test_key,
            typed: self.typed,
            recordable: self.recordable,
        })
    }
}

/// A call as its plan is made of it.
///
/// # Errors
/// Those of the database.
pub(super) async fn find(tx: &mut TenantTx, call: CallId) -> Result<Option<StreamedCall>> {
    let row: Option<Row> = sqlx::query_as(concat!(
        "SELECT ",
        plan_columns!(),
        "
         FROM phony.calls c
         JOIN phony.personality_versions v
           ON v.tenant_id = c.tenant_id AND v.personality_id = c.personality_id AND v.version = c.personality_version
         WHERE c.tenant_id = $1 AND c.id = $2",
    ))
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .fetch_optional(tx.connection())
    .await
    .db()?;
    row.map(Row::read).transpose()
}

/// Uses up the token: the call is in progress and belongs to `instance`. A media stream is noted by its id, because
/// the carrier bills it. `None` when the token is not this call's, was used, or the call has ended.
///
/// # Errors
/// Those of the database.
pub async fn open(
    tx: &mut TenantTx,
    call: CallId,
    call_sid: &str,
    token_hash: &[u8; 32],
    instance: InstanceId,
    media_stream: Option<&str>,
) -> Result<Option<StreamedCall>> {
    let row: Option<Row> = sqlx::query_as(concat!(
        "UPDATE phony.calls c
         SET stream_token_used_at = clock_timestamp(), status = 'in_progress',
             answered_at = coalesce(c.answered_at, clock_timestamp()),
             owner_instance = $5, lease_until = clock_timestamp() + interval '30 seconds',
             media_streams = CASE WHEN $6::text IS NULL THEN c.media_streams ELSE
                 jsonb_build_object($6::text, jsonb_build_object('from', clock_timestamp())) || c.media_streams END
         FROM phony.personality_versions v
         WHERE c.tenant_id = $1 AND c.id = $2 AND c.call_sid = $3 AND c.stream_token_hash = $4
           AND c.stream_token_used_at IS NULL AND c.ended_at IS NULL
           AND v.tenant_id = c.tenant_id AND v.personality_id = c.personality_id AND v.version = c.personality_version
         RETURNING ",
        plan_columns!(),
    ))
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(call_sid)
    .bind(&token_hash[..])
    .bind(instance.uuid())
    .bind(media_stream)
    .fetch_optional(tx.connection())
    .await
    .db()?;
    row.map(Row::read).transpose()
}

/// Lets a turn of a call without a socket in: the same token as often as the carrier asks, because it repeats
/// requests that were not answered in time. The call is in progress and kept for `lease_seconds`. `None` when the
/// token is not this call's newest, or the call has ended.
///
/// # Errors
/// Those of the database.
pub async fn open_turn(
    tx: &mut TenantTx,
    call: CallId,
    call_sid: &str,
    token_hash: &[u8; 32],
    instance: InstanceId,
    lease_seconds: f64,
) -> Result<Option<(StreamedCall, bool)>> {
    #[derive(sqlx::FromRow)]
    struct Turn {
        #[sqlx(flatten)]
        row: Row,
        first: bool,
    }
    let turn: Option<Turn> = sqlx::query_as(concat!(
        "UPDATE phony.calls c
         SET stream_token_used_at = coalesce(c.stream_token_used_at, clock_timestamp()), status = 'in_progress',
             answered_at = coalesce(c.answered_at, clock_timestamp()),
             owner_instance = $5, lease_until = clock_timestamp() + make_interval(secs => $6)
         FROM phony.personality_versions v, phony.calls before
         WHERE c.tenant_id = $1 AND c.id = $2 AND c.call_sid = $3 AND c.stream_token_hash = $4 AND c.ended_at IS NULL
           AND v.tenant_id = c.tenant_id AND v.personality_id = c.personality_id AND v.version = c.personality_version
           AND before.tenant_id = $1 AND before.id = c.id
         RETURNING ",
        plan_columns!(),
        ",
                   before.stream_token_used_at IS NULL AS first",
    ))
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(call_sid)
    .bind(&token_hash[..])
    .bind(instance.uuid())
    .bind(lease_seconds)
    .fetch_optional(tx.connection())
    .await
    .db()?;
    turn.map(|turn| Ok((turn.row.read()?, turn.first))).transpose()
}

/// Gives a call another engine and a token for it; `None` when it has had too many or has ended. It does not count
/// as a lost socket.
///
/// # Errors
/// Those of the database.
pub async fn switch_engine(
    tx: &mut TenantTx,
    call: CallId,
    token_hash: &[u8; 32],
    engine: Engine,
) -> Result<Option<StreamedCall>> {
    let row: Option<Row> = sqlx::query_as(concat!(
        "UPDATE phony.calls c
         SET engine = $5, engine_switched_at = coalesce(c.engine_switched_at, clock_timestamp()),
             stream_token_hash = $3, stream_token_used_at = NULL, connects = c.connects + 1,
             lease_until = clock_timestamp() + interval '30 seconds'
         FROM phony.personality_versions v
         WHERE c.tenant_id = $1 AND c.id = $2 AND c.ended_at IS NULL AND c.connects < $4
           AND v.tenant_id = c.tenant_id AND v.personality_id = c.personality_id AND v.version = c.personality_version
         RETURNING ",
        plan_columns!(),
    ))
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(&token_hash[..])
    .bind(MAX_CONNECTS)
    .bind(engine.as_str())
    .fetch_optional(tx.connection())
    .await
    .db()?;
    row.map(Row::read).transpose()
}

/// Gives a call whose token is still unused another one; `None` when it was used or the call has ended.
///
/// # Errors
/// Those of the database.
pub async fn reissue(tx: &mut TenantTx, call: CallId, token_hash: &[u8; 32]) -> Result<Option<StreamedCall>> {
    let row: Option<Row> = sqlx::query_as(concat!(
        "UPDATE phony.calls c
         SET stream_token_hash = $3, lease_until = clock_timestamp() + interval '30 seconds'
         FROM phony.personality_versions v
         WHERE c.tenant_id = $1 AND c.id = $2 AND c.stream_token_used_at IS NULL AND c.ended_at IS NULL
           AND v.tenant_id = c.tenant_id AND v.personality_id = c.personality_id AND v.version = c.personality_version
         RETURNING ",
        plan_columns!(),
    ))
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(&token_hash[..])
    .fetch_optional(tx.connection())
    .await
    .db()?;
    row.map(Row::read).transpose()
}

/// Gives a call that lost its socket another token, at most [`MAX_RESUMES`] times; `None` when it has had its
/// chances or has ended. A token that no socket has used is replaced and counts only towards [`MAX_CONNECTS`].
/// The call stays with the instance that had its last socket, until the next one is open.
///
/// # Errors
/// Those of the database.
pub async fn resume(tx: &mut TenantTx, call: CallId, token_hash: &[u8; 32]) -> Result<Option<StreamedCall>> {
    let row: Option<Row> = sqlx::query_as(concat!(
        "UPDATE phony.calls c
         SET stream_token_hash = $3, stream_token_used_at = NULL, connects = c.connects + 1,
             resumes = c.resumes + (c.stream_token_used_at IS NOT NULL)::int,
             lease_until = clock_timestamp() + interval '30 seconds'
         FROM phony.personality_versions v
         WHERE c.tenant_id = $1 AND c.id = $2 AND c.ended_at IS NULL
           AND (c.resumes < $4 OR c.stream_token_used_at IS NULL) AND c.connects < $5
           AND v.tenant_id = c.tenant_id AND v.personality_id = c.personality_id AND v.version = c.personality_version
         RETURNING ",
        plan_columns!(),
    ))
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(&token_hash[..])
    .bind(MAX_RESUMES)
    .bind(MAX_CONNECTS)
    .fetch_optional(tx.connection())
    .await
    .db()?;
    row.map(Row::read).transpose()
}

/// Gives a call that comes back from somebody who did not take it a token for its agent; `None` when it has had too
/// many or has ended. It does not count as a lost socket.
///
/// # Errors
/// Those of the database.
pub async fn take_back(
    tx: &mut TenantTx,
    call: CallId,
    token_hash: &[u8; 32],
) -> Result<Option<StreamedCall>> {
    let row: Option<Row> = sqlx::query_as(concat!(
        "UPDATE phony.calls c
         SET stream_token_hash = $3, stream_token_used_at = NULL, connects = c.connects + 1,
             lease_until = clock_timestamp() + interval '30 seconds'
         FROM phony.personality_versions v
         WHERE c.tenant_id = $1 AND c.id = $2 AND c.ended_at IS NULL
           AND c.connects < $4
           AND v.tenant_id = c.tenant_id AND v.personality_id = c.personality_id AND v.version = c.personality_version
         RETURNING ",
        plan_columns!(),
    ))
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(&token_hash[..])
    .bind(MAX_CONNECTS)
    .fetch_optional(tx.connection())
    .await
    .db()?;
    row.map(Row::read).transpose()
}

/// The caller is with somebody else: nobody renews the lease, and the call is left alone for as long as the carrier
/// lets two people talk. The relay session that ended without the carrier's word counts until `at`.
///
/// # Errors
/// Those of the database.
pub async fn note_away(
    tx: &mut TenantTx,
    call: CallId,
    at: DateTime<Utc>,
    moved_by: Option<&str>,
) -> Result<()> {
    sqlx::query(
        "UPDATE phony.calls SET lease_until = clock_timestamp() + interval '4 hours 5 minutes'
         WHERE tenant_id = $1 AND id = $2 AND ended_at IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .execute(tx.connection())
    .await
    .db()?;
    let Some(session) = moved_by else { return Ok(()) };
    let seconds: Option<i32> = sqlx::query_scalar(
        "SELECT ceil(extract(epoch FROM $3 - stream_token_used_at))::int FROM phony.calls
         WHERE tenant_id = $1 AND id = $2 AND engine = 'relay' AND stream_token_used_at < $3",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(at)
    .fetch_optional(tx.connection())
    .await
    .db()?
    .flatten();
    if let Some(seconds) = seconds.and_then(|seconds| u32::try_from(seconds).ok()) {
        super::callbacks::note_relay_session(tx, call, session, seconds).await?;
    }
    Ok(())
}

/// Notes whether the tenant's own key at the provider of models is used.
///
/// # Errors
/// Those of the database.
pub async fn note_models_payer(tx: &mut TenantTx, call: CallId, own: bool) -> Result<()> {
    sqlx::query(
        "UPDATE phony.calls SET models_payer = $3 WHERE tenant_id = $1 AND id = $2 AND models_payer <> $3",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(if own { "tenant" } else { "platform" })
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Notes that a call from the browser is typed.
///
/// # Errors
/// Those of the database.
pub async fn note_typed(tx: &mut TenantTx, call: CallId) -> Result<()> {
    sqlx::query("UPDATE phony.calls SET typed = true WHERE tenant_id = $1 AND id = $2")
        .bind(tx.tenant().uuid())
        .bind(call.uuid())
        .execute(tx.connection())
        .await
        .db()?;
    Ok(())
}
