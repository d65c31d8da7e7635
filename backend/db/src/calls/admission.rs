//! Whether an inbound call may come in, and its first row.

use phony_conversation::plan::Personality;
use phony_kernel::call::{CallStatus, Channel, Direction, Ending, Engine};
use phony_kernel::{CallId, E164, Error, InstanceId, NumberId, PersonalityId, Plan, Result, TenantId};
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

use super::{closing, word};
use crate::error::DbResult;
use crate::recordings::policy::NumberRecording;
use crate::{SystemTx, TenantTx, outbox};

/// Whose number this is, if it is one of ours.
///
/// # Errors
/// Those of the database.
pub async fn find_number(tx: &mut SystemTx, e164: &str) -> Result<Option<(TenantId, NumberId)>> {
    let found: Option<(Uuid, Uuid)> =
        sqlx::query_as("SELECT tenant_id, phone_number_id FROM phony.gate_number($1)")
            .bind(e164)
            .fetch_optional(tx.connection())
            .await
            .db()?;
    Ok(found.map(|(tenant, number)| (TenantId::from_uuid(tenant), NumberId::from_uuid(number))))
}

/// Whose calls have this id of the carrier; for what it says of calls whose number may be released by now.
///
/// # Errors
/// Those of the database.
pub async fn find_call(tx: &mut SystemTx, call_sid: &str) -> Result<Vec<(TenantId, CallId)>> {
    let found: Vec<(Uuid, Uuid)> = sqlx::query_as("SELECT tenant_id, id FROM phony.gate_call($1)")
        .bind(call_sid)
        .fetch_all(tx.connection())
        .await
        .db()?;
    Ok(found
        .into_iter()
        .map(|(tenant, call)| (TenantId::from_uuid(tenant), CallId::from_uuid(call)))
        .collect())
}

/// What decides how a number is answered.
#[derive(Debug)]
pub struct NumberSetup {
    /// How its calls are spoken.
    pub engine: Engine,
    /// What the tenant has subscribed to.
    pub plan: Plan,
    /// Whether the tenant is neither suspended nor closed.
    pub tenant_active: bool,
    /// Who answers; none is a number without a personality.
    pub personality: Option<Personality>,
    /// What a caller hears who cannot be taken; empty is our own words.
    pub busy_message: String,
    /// Where a caller is sent who cannot be taken.
    pub overflow: Option<E164>,
    /// The carrier's account that holds the number, if it is known.
    pub carrier_account_sid: Option<String>,
    /// What is recorded, and how the caller is told.
    pub recording: NumberRecording,
}

#[derive(sqlx::FromRow)]
struct SetupRow {
    #[sqlx(flatten)]
    recording: NumberRecording,
    engine: String,
    plan: String,
    tenant_status: String,
    body: Option<Json<Personality>>,
    busy_message: String,
    overflow_e164: Option<String>,
    carrier_account_sid: Option<String>,
}

/// Reads how a number is answered; `None` when it is not the tenant's any more.
///
/// # Errors
/// Those of the database.
pub async fn find_setup(tx: &mut TenantTx, number: NumberId) -> Result<Option<NumberSetup>> {
    let row: Option<SetupRow> = sqlx::query_as(
        "SELECT n.engine, t.plan, t.status AS tenant_status, v.body, n.busy_message, n.overflow_e164, n.carrier_account_sid,
                n.recording, n.recording_consent, n.recording_notice
         FROM phony.phone_numbers n
         JOIN phony.tenants t ON t.id = n.tenant_id
         LEFT JOIN phony.personalities p ON p.tenant_id = n.tenant_id AND p.id = n.personality_id
         LEFT JOIN phony.personality_versions v
           ON v.tenant_id = p.tenant_id AND v.personality_id = p.id AND v.version = p.version
         WHERE n.tenant_id = $1 AND n.id = $2 AND n.released_at IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(number.uuid())
    .fetch_optional(tx.connection())
    .await
    .db()?;
    row.map(|row| {
        Ok(NumberSetup {
            engine: word(&row.engine, Engine::from_stored)?,
            plan: word(&row.plan, Plan::from_stored)?,
            tenant_active: row.tenant_status == "active",
            personality: row.body.map(|body| body.0),
            busy_message: row.busy_message,
            overflow: row
                .overflow_e164
                .map(|e164| E164::from_canonical(&e164))
                .transpose()
                .map_err(Error::internal)?,
            carrier_account_sid: row.carrier_account_sid,
            recording: row.recording,
        })
    })
    .transpose()
}

/// A call that asks to come in.
#[derive(Debug)]
pub struct NewCall<'a> {
    /// Our id for it.
    pub call: CallId,
    /// The carrier's.
    pub call_sid: &'a str,
    /// What it runs over.
    pub channel: Channel,
    /// Number of ours that it runs over; none on the web.
    pub number: Option<NumberId>,
    /// Which way it goes.
    pub direction: Direction,
    /// How it is spoken.
    pub engine: Engine,
    /// The other party, as the carrier names it.
    pub from: &'a str,
    /// The called number.
    pub to: &'a str,
    /// Who talks, and which version; none for a number without a personality.
    pub personality: Option<(PersonalityId, i32)>,
    /// What talks in its stead; for a trial of what is no version yet.
    pub draft: Option<&'a Personality>,
    /// SHA-256 of the stream token.
    pub token_hash: &'a [u8; 32],
    /// Who answers for it until its socket is up.
    pub instance: InstanceId,
    /// Calls at one time; `None` is no limit.
    pub limit: Option<u32>,
}

/// Answer to a call that asks to come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It has its row.
    Admitted,
    /// The carrier asks again about a call that has a row.
    Duplicate,
    /// Too many calls at once; nothing was written.
    AtLimit,
}

/// Counts the tenant's calls and admits this one, exactly within the limit.
///
/// # Errors
/// Those of the database.
pub async fn admit(tx: &mut TenantTx, new: &NewCall<'_>) -> Result<Admission> {
    let answer: String = sqlx::query_scalar("SELECT phony.admit_call($1, $2, $3, $4, $5, $6)")
        .bind(new.call.uuid())
        .bind(new.number.map(NumberId::uuid))
        .bind(new.call_sid)
        .bind(new.direction.as_str())
        .bind(new.instance.uuid())
        .bind(new.limit.map(|limit| i32::try_from(limit).unwrap_or(i32::MAX)))
        .fetch_one(tx.connection())
        .await
        .db()?;
    match answer.as_str() {
        "admitted" => {}
        "duplicate" => return Ok(Admission::Duplicate),
        _ => return Ok(Admission::AtLimit),
    }
    sqlx::query(
        "UPDATE phony.calls SET status = 'ringing', ringing_at = started_at, engine = $3, from_text = $4, to_text = $5,
                personality_id = $6, personality_version = $7, stream_token_hash = $8, channel = $9,
                draft = $10, test = $9 = 'web'
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(new.call.uuid())
    .bind(new.engine.as_str())
    .bind(new.from)
    .bind(new.to)
    .bind(new.personality.map(|(id, _)| id.uuid()))
    .bind(new.personality.map(|(_, version)| version))
    .bind(&new.token_hash[..])
    .bind(new.channel.as_str())
    .bind(new.draft.map(Json))
    .execute(tx.connection())
    .await
    .db()?;
    Ok(Admission::Admitted)
}

/// Keeps a call that was not let in, as one that ended at once; `false` when the carrier asks again about a call
/// that has a row. Nothing of it counts against the limit.
///
/// # Errors
/// Those of the database.
pub async fn refuse(tx: &mut TenantTx, new: &NewCall<'_>, ending: &Ending) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO phony.calls (tenant_id, id, phone_number_id, call_sid, direction, status, started_at, ringing_at, ended_at,
                engine, from_text, to_text, personality_id, personality_version, ended_reason, ended_by, fault, detail, channel)
         SELECT $1, $2, $3, $4, $5, $6, i.now, i.now, i.now, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16
         FROM (SELECT clock_timestamp() AS now) i
         ON CONFLICT (tenant_id, call_sid) DO NOTHING",
    )
    .bind(tx.tenant().uuid())
    .bind(new.call.uuid())
    .bind(new.number.map(NumberId::uuid))
    .bind(new.call_sid)
    .bind(new.direction.as_str())
    .bind(CallStatus::Ended.as_str())
    .bind(new.engine.as_str())
    .bind(new.from)
    .bind(new.to)
    .bind(new.personality.map(|(id, _)| id.uuid()))
    .bind(new.personality.map(|(_, version)| version))
    .bind(ending.reason.as_str())
    .bind(ending.by.as_str())
    .bind(ending.fault.as_str())
    .bind(&ending.detail)
    .bind(new.channel.as_str())
    .execute(tx.connection())
    .await
    .db()?;
    let decided = done.rows_affected() == 1;
    if decided {
        outbox::insert(tx, closing::CALL_ENDED, &json!({ "call_id": new.call })).await?;
    }
    Ok(decided)
}

/// How many calls of this caller to a number came and were over at once in the last minute, this one not counted.
///
/// # Errors
/// Those of the database.
pub async fn count_refused(tx: &mut TenantTx, new: &NewCall<'_>) -> Result<i64> {
    sqlx::query_scalar(
        "SELECT count(*) FROM phony.calls
         WHERE tenant_id = $1 AND phone_number_id = $2 AND from_text = $3 AND id <> $4
           AND started_at > clock_timestamp() - interval '1 minute' AND ended_at = started_at",
    )
    .bind(tx.tenant().uuid())
    .bind(new.number.map(NumberId::uuid))
    .bind(new.from)
    .bind(new.call.uuid())
    .fetch_one(tx.connection())
    .await
    .db()
}
