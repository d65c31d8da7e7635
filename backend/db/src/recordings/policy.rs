//! What a call's own row says of recording: the policy that was in force when it began, and what the caller was told
//! and said.

use chrono::{DateTime, Utc};
use phony_kernel::recording::{RecordingConsent, RecordingMode};
use phony_kernel::{CallId, NumberId, PersonalityId, Result};
use uuid::Uuid;

use crate::TenantTx;
use crate::error::DbResult;

/// A call as recordings see it; its row stays locked until the transaction ends.
#[derive(Debug, Clone)]
pub struct CallRecording {
    /// Our id.
    pub call: CallId,
    /// The carrier's id.
    pub call_sid: String,
    /// `off`, `always` or `on_demand`: what the call began with, else what its number says now.
    pub mode: Option<String>,
    /// How the caller is told: `off`, `announce`, `ask`.
    pub consent: String,
    /// In which words; empty is ours.
    pub notice: String,
    /// When the caller was told.
    pub told_at: Option<DateTime<Utc>>,
    /// When the caller agreed.
    pub agreed_at: Option<DateTime<Utc>>,
    /// When the caller refused.
    pub refused_at: Option<DateTime<Utc>>,
    /// `phone` or `web`.
    pub channel: String,
    /// When it came in.
    pub started_at: DateTime<Utc>,
    /// When it was answered.
    pub answered_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Number of ours that it runs over.
    pub number: Option<NumberId>,
    /// Who talks.
    pub personality: Option<PersonalityId>,
    /// Language of who talks.
    pub language: Option<String>,
    /// The database's time.
    pub now: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    call_sid: String,
    recording: Option<String>,
    recording_consent: Option<String>,
    recording_notice: Option<String>,
    recording_told_at: Option<DateTime<Utc>>,
    recording_agreed_at: Option<DateTime<Utc>>,
    recording_refused_at: Option<DateTime<Utc>>,
    channel: String,
    started_at: DateTime<Utc>,
    answered_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    phone_number_id: Option<Uuid>,
    personality_id: Option<Uuid>,
    language: Option<String>,
    now: DateTime<Utc>,
}

/// Takes hold of a call and reads what it says of recording.
///
/// # Errors
/// Those of the database.
pub async fn lock(tx: &mut TenantTx, call: CallId) -> Result<Option<CallRecording>> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT c.id, c.call_sid, coalesce(c.recording, n.recording) AS recording, coalesce(c.recording_consent, n.recording_consent) AS recording_consent,
                coalesce(c.recording_notice, n.recording_notice) AS recording_notice,
                c.recording_told_at, c.recording_agreed_at, c.recording_refused_at, c.channel, c.started_at, c.answered_at,
                c.ended_at, c.phone_number_id, c.personality_id, v.body->>'language' AS language, clock_timestamp() AS now
         FROM phony.calls c
         LEFT JOIN phony.phone_numbers n ON n.tenant_id = c.tenant_id AND n.id = c.phone_number_id
         LEFT JOIN phony.personality_versions v
           ON v.tenant_id = c.tenant_id AND v.personality_id = c.personality_id AND v.version = c.personality_version
         WHERE c.tenant_id = $1 AND c.id = $2 FOR UPDATE OF c",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .fetch_optional(tx.connection())
    .await
    .db()?;
    Ok(row.map(|row| CallRecording {
        call: CallId::from_uuid(row.id),
        call_sid: row.call_sid,
        mode: row.recording,
        consent: row.recording_consent.unwrap_or_else(|| "announce".to_owned()),
        notice: row.recording_notice.unwrap_or_default(),
        told_at: row.recording_told_at,
        agreed_at: row.recording_agreed_at,
        refused_at: row.recording_refused_at,
        channel: row.channel,
        started_at: row.started_at,
        answered_at: row.answered_at,
        ended_at: row.ended_at,
        number: row.phone_number_id.map(NumberId::from_uuid),
        personality: row.personality_id.map(PersonalityId::from_uuid),
        language: row.language,
        now: row.now,
    }))
}

/// What a number says of recording.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct NumberRecording {
    /// `off`, `always` or `on_demand`.
    #[sqlx(rename = "recording")]
    pub mode: String,
    /// `off`, `announce` or `ask`.
    #[sqlx(rename = "recording_consent")]
    pub consent: String,
    /// Own words of the notice; empty is ours.
    #[sqlx(rename = "recording_notice")]
    pub notice: String,
}

/// What a number says of recording, for calls that it is not yet known for.
///
/// # Errors
/// Those of the database.
pub async fn find_of_number(tx: &mut TenantTx, number: NumberId) -> Result<Option<NumberRecording>> {
    sqlx::query_as(
        "SELECT recording, recording_consent, recording_notice FROM phony.phone_numbers WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(number.uuid())
    .fetch_optional(tx.connection())
    .await
    .db()
}

/// Sets what a number says of recording; what is absent stays.
///
/// # Errors
/// Those of the database.
pub async fn set_of_number(
    tx: &mut TenantTx,
    number: NumberId,
    mode: Option<RecordingMode>,
    consent: Option<RecordingConsent>,
    notice: Option<&str>,
) -> Result<()> {
    sqlx::query(
        "UPDATE phony.phone_numbers
         SET recording = coalesce($3, recording), recording_consent = coalesce($4, recording_consent),
             recording_notice = coalesce($5, recording_notice)
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(number.uuid())
    .bind(mode.map(RecordingMode::as_str))
    .bind(consent.map(RecordingConsent::as_str))
    .bind(notice)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// What a number says of recording, kept with a call that begins, so that a later change of the number changes nothing
/// for it. `told` is whether the caller is told before the conversation begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPolicy<'a> {
    /// `off`, `always` or `on_demand`.
    pub mode: &'a str,
    /// `off`, `announce` or `ask`.
    pub consent: &'a str,
    /// Own words of the notice; empty is ours.
    pub notice: &'a str,
    /// Whether the caller is told at once.
    pub told: bool,
}

/// Keeps the policy with the call.
///
/// # Errors
/// Those of the database.
pub async fn keep(tx: &mut TenantTx, call: CallId, policy: &NewPolicy<'_>) -> Result<()> {
    sqlx::query(
        "UPDATE phony.calls
         SET recording = $3, recording_consent = $4, recording_notice = $5,
             recording_told_at = CASE WHEN $6 THEN clock_timestamp() ELSE recording_told_at END
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(policy.mode)
    .bind(policy.consent)
    .bind(policy.notice)
    .bind(policy.told)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// The caller has been told.
///
/// # Errors
/// Those of the database.
pub async fn note_told(tx: &mut TenantTx, call: CallId) -> Result<()> {
    sqlx::query(
        "UPDATE phony.calls SET recording_told_at = coalesce(recording_told_at, clock_timestamp())
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// The caller has agreed, or refused. Who has refused has refused.
///
/// # Errors
/// Those of the database.
pub async fn note_answer(tx: &mut TenantTx, call: CallId, agreed: bool) -> Result<()> {
    sqlx::query(
        "UPDATE phony.calls
         SET recording_told_at = coalesce(recording_told_at, clock_timestamp()),
             recording_agreed_at = CASE WHEN $3 AND recording_refused_at IS NULL
                                        THEN coalesce(recording_agreed_at, clock_timestamp()) ELSE recording_agreed_at END,
             recording_refused_at = CASE WHEN $3 THEN recording_refused_at
                                         ELSE coalesce(recording_refused_at, clock_timestamp()) END
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(agreed)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// For how many days the tenant keeps recordings.
///
/// # Errors
/// Those of the database.
pub async fn kept_days(tx: &mut TenantTx) -> Result<i32> {
    sqlx::query_scalar("SELECT recording_days FROM phony.tenants WHERE id = $1")
        .bind(tx.tenant().uuid())
        .fetch_one(tx.connection())
        .await
        .db()
}

/// Keeps recordings for so many days from when their files came, also those that are there.
///
/// # Errors
/// Those of the database.
pub async fn keep_for(tx: &mut TenantTx, days: i32) -> Result<()> {
    let tenant = tx.tenant().uuid();
    sqlx::query("UPDATE phony.tenants SET recording_days = $2 WHERE id = $1")
        .bind(tenant)
        .bind(days)
        .execute(tx.connection())
        .await
        .db()?;
    sqlx::query(
        "UPDATE phony.recordings SET expires_at = ready_at + make_interval(days => $2)
         WHERE tenant_id = $1 AND status = 'ready'",
    )
    .bind(tenant)
    .bind(days)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}
