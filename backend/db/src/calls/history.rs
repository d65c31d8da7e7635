//! Calls as people read them: lists, one call, with cost and latency.

use chrono::{DateTime, Utc};
use phony_kernel::call::{CallStatus, Channel, Direction, EndedBy, EndedReason, Ending, Engine, Fault};
use phony_kernel::money::Amount;
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{CallId, ContactId, Error, KeyMode, NumberId, PersonalityId, RecordingId, Result};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

pub use super::call_ref::CallRef;
use super::handed::{self, HandedOver};
use super::{outbound, word};
use crate::TenantTx;
use crate::error::DbResult;
use crate::usage::report::amount;

/// A call as stored, with what is summed up over it.
#[derive(Debug, Clone, PartialEq)]
pub struct CallRecord {
    /// Our id.
    pub id: CallId,
    /// The carrier's id.
    pub call_sid: String,
    /// Which way it went.
    pub direction: Direction,
    /// What it ran over.
    pub channel: Channel,
    /// How it was spoken.
    pub engine: Engine,
    /// Whether its caller read and wrote instead.
    pub typed: bool,
    /// The other party.
    pub from: String,
    /// The called number.
    pub to: String,
    /// Number of ours that it ran over; none on the web.
    pub number: Option<NumberId>,
    /// The tenant's contact at the other end.
    pub contact: Option<ContactId>,
    /// Who talked, by name as it is today, and in which version.
    pub personality: Option<(PersonalityId, String, i32)>,
    /// Where it stands.
    pub status: CallStatus,
    /// How it ended.
    pub ending: Option<Ending>,
    /// When it came in.
    pub created_at: DateTime<Utc>,
    /// When it rang.
    pub ringing_at: Option<DateTime<Utc>>,
    /// When it was answered.
    pub answered_at: Option<DateTime<Utc>>,
    /// When the caller was first spoken to.
    pub first_audio_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Seconds that the carrier bills.
    pub carrier_duration_seconds: Option<i32>,
    /// Whether the carrier's final word is booked.
    pub settled: bool,
    /// Sum of its rated usage, if there is any.
    pub cost: Option<Amount>,
    /// Median and 95th percentile of the waits for an answer, in milliseconds.
    pub latency: Option<(u64, u64)>,
    /// What answered a call that we made, and when that was known.
    pub machine: Option<(String, DateTime<Utc>)>,
    /// Version of the outbound policy that it went by.
    pub policy_version: Option<i32>,
    /// What the carrier charges, a decimal, and the currency.
    pub carrier_price: Option<(String, String)>,
    /// Its recordings, where they stand and how many seconds they have, oldest first.
    pub recordings: Vec<(RecordingId, String, Option<i32>)>,
    /// To whom the caller was handed, oldest first.
    pub transfers: Vec<HandedOver>,
    /// The tenant's own notes.
    pub metadata: serde_json::Value,
    /// Whether it is a trial.
    pub test: bool,
}

/// Which calls to list; unset is any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallFilter {
    /// Where they stand.
    pub status: Option<CallStatus>,
    /// Only those that are not over.
    pub live: bool,
    /// Only those of keys of this mode: calls of test keys, or all others.
    pub mode: Option<KeyMode>,
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
    /// Digits that the number of either party contains.
    pub contains: Option<String>,
    /// Not before.
    pub created_from: Option<DateTime<Utc>>,
    /// Before.
    pub created_to: Option<DateTime<Utc>>,
}

/// Key of a call in a list: newest first, ids break ties.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallKey(DateTime<Utc>, Uuid);

/// Id, where it stands, seconds.
type RecordingRow = (Uuid, String, Option<i32>);

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    call_sid: String,
    direction: String,
    channel: String,
    engine: String,
    typed: bool,
    from_text: String,
    to_text: String,
    phone_number_id: Option<Uuid>,
    contact_id: Option<Uuid>,
    personality_id: Option<Uuid>,
    personality_version: Option<i32>,
    personality_name: Option<String>,
    status: String,
    ended_reason: Option<String>,
    ended_by: Option<String>,
    fault: Option<String>,
    detail: Option<String>,
    started_at: DateTime<Utc>,
    ringing_at: Option<DateTime<Utc>>,
    answered_at: Option<DateTime<Utc>>,
    first_audio_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    carrier_duration_seconds: Option<i32>,
    settled: bool,
    machine_kind: Option<String>,
    machine_at: Option<DateTime<Utc>>,
    policy_version: Option<i32>,
    carrier_price: Option<String>,
    carrier_currency: Option<String>,
    recordings: Option<Json<Vec<RecordingRow>>>,
    transfers: Option<Json<Vec<handed::Row>>>,
    metadata: serde_json::Value,
    test: bool,
    cost: Option<String>,
    p50: Option<i32>,
    p95: Option<i32>,
}

/// The page is cut first; cost and latency are summed for its rows only.
const SELECT: &str = "
  SELECT c.*, h.transfers, p.name AS personality_name, u.cost, l.p50, l.p95, k.amount::text AS carrier_price, k.currency::text AS carrier_currency,
         (SELECT jsonb_agg(jsonb_build_array(r.id, r.status, r.duration_seconds) ORDER BY r.id) FROM phony.recordings r
          WHERE r.tenant_id = c.tenant_id AND r.call_id = c.id) AS recordings
  FROM (SELECT id, call_sid, direction, channel, engine, typed, from_text, to_text, phone_number_id, personality_id,
               personality_version, status, ended_reason, ended_by, fault, detail, started_at, ringing_at, answered_at,
               first_audio_at, ended_at, carrier_duration_seconds, settled_at IS NOT NULL AS settled, metadata, test,
               machine_kind, machine_at, policy_version, contact_id,
               tenant_id
        FROM phony.calls WHERE ";
const SUMS: &str = ") c
  LEFT JOIN LATERAL (SELECT jsonb_agg(jsonb_build_object('last', t.last, 'at', t.at, 'briefed', t.briefed) ORDER BY t.at) AS transfers
    FROM (SELECT (array_agg(v.body -> 'data' ORDER BY v.seq DESC))[1] AS last, min(v.at) AS at,
                 bool_or(v.body #>> '{data,status}' IN ('asked', 'accepted', 'joined')) AS briefed
          FROM phony.call_events v WHERE v.tenant_id = c.tenant_id AND v.call_id = c.id AND v.kind = 'transfer.updated'
          GROUP BY v.body #>> '{data,item_id}') t) h ON true
  LEFT JOIN phony.personalities p ON p.tenant_id = c.tenant_id AND p.id = c.personality_id
  LEFT JOIN LATERAL (
    SELECT sum(r.amount)::text AS cost
    FROM phony.usage_events e
    JOIN LATERAL (SELECT amount FROM phony.rated_usage r
                  WHERE r.tenant_id = e.tenant_id AND r.usage_event_id = e.id
                  ORDER BY r.rating_version DESC LIMIT 1) r ON true
    WHERE e.tenant_id = c.tenant_id AND e.call_id = c.id) u ON true
  LEFT JOIN LATERAL (
    SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY w.ms) AS p50,
           percentile_disc(0.95) WITHIN GROUP (ORDER BY w.ms) AS p95
    FROM (SELECT (v.body #>> '{data,total_ms}')::int AS ms FROM phony.call_events v
          WHERE v.tenant_id = c.tenant_id AND v.call_id = c.id AND v.kind = 'latency.turn') w) l ON true
  LEFT JOIN LATERAL (
    SELECT o.amount, o.currency FROM phony.provider_costs o
    WHERE o.tenant_id = c.tenant_id AND o.provider = 'twilio' AND o.ref = c.call_sid
    ORDER BY o.revision DESC LIMIT 1) k ON true
  ORDER BY c.started_at DESC, c.id DESC";

impl Row {
    fn read(self) -> Result<CallRecord> {
        let ending = match (&self.ended_reason, &self.ended_by, &self.fault) {
            (Some(reason), Some(by), Some(fault)) => Some(Ending {
                reason: word(reason, EndedReason::from_stored)?,
                by: word(by, EndedBy::from_stored)?,
                fault: word(fault, Fault::from_stored)?,
                detail: self.detail,
            }),
            _ => None,
        };
        let personality = match (
            self.personality_id,
            self.personality_name,
            self.personality_version,
        ) {
            (Some(id), Some(name), Some(version)) => Some((PersonalityId::from_uuid(id), name, version)),
            _ => None,
        };
        let ms = |value: i32| u64::try_from(value).unwrap_or(0);
        Ok(CallRecord {
            id: CallId::from_uuid(self.id),
            // Until the carrier names a call, our own id stands there.
            call_sid: Some(self.call_sid)
                .filter(|sid| !outbound::is_placeholder(sid))
                .unwrap_or_default(),
            direction: word(&self.direction, Direction::from_stored)?,
            channel: word(&self.channel, Channel::from_stored)?,
            engine: word(&self.engine, Engine::from_stored)?,
            typed: self.typed,
            from: self.from_text,
            to: self.to_text,
            number: self.phone_number_id.map(NumberId::from_uuid),
            contact: self.contact_id.map(ContactId::from_uuid),
            personality,
            status: word(&self.status, CallStatus::from_stored)?,
            ending,
            created_at: self.started_at,
            ringing_at: self.ringing_at,
            answered_at: self.answered_at,
            first_audio_at: self.first_audio_at,
            ended_at: self.ended_at,
            carrier_duration_seconds: self.carrier_duration_seconds,
            settled: self.settled,
            cost: self.cost.as_deref().map(amount).transpose()?,
            latency: self.p50.zip(self.p95).map(|(p50, p95)| (ms(p50), ms(p95))),
            machine: self.machine_kind.zip(self.machine_at),
            policy_version: self.policy_version,
            carrier_price: self.carrier_price.zip(self.carrier_currency),
            recordings: self
                .recordings
                .map(|all| all.0)
                .unwrap_or_default()
                .into_iter()
                .map(|(id, status, seconds)| (RecordingId::from_uuid(id), status, seconds))
                .collect(),
            transfers: self
                .transfers
                .map(|all| all.0)
                .unwrap_or_default()
                .into_iter()
                .map(HandedOver::from)
                .collect(),
            metadata: self.metadata,
            test: self.test,
        })
    }
}

/// Calls that match, newest first.
///
/// # Errors
/// Those of the database.
pub async fn list(
    tx: &mut TenantTx,
    filter: &CallFilter,
    page: &PageRequest<CallKey>,
) -> Result<Page<CallRecord>> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push("tenant_id = ").push_bind(tx.tenant().uuid());
    if let Some(status) = filter.status {
        query.push(" AND status = ").push_bind(status.as_str());
    }
    if filter.live {
        query.push(" AND ended_at IS NULL");
    }
    if let Some(mode) = filter.mode {
        query.push(" AND mode = ").push_bind(mode.as_str());
    }
    if let Some(direction) = filter.direction {
        query.push(" AND direction = ").push_bind(direction.as_str());
    }
    if let Some(number) = filter.number {
        query.push(" AND phone_number_id = ").push_bind(number.uuid());
    }
    if let Some(personality) = filter.personality {
        query.push(" AND personality_id = ").push_bind(personality.uuid());
    }
    if let Some(channel) = filter.channel {
        query.push(" AND channel = ").push_bind(channel.as_str());
    }
    if let Some(engine) = filter.engine {
        query.push(" AND engine = ").push_bind(engine.as_str());
    }
    if let Some(reason) = filter.ended_reason {
        query.push(" AND ended_reason = ").push_bind(reason.as_str());
    }
    if let Some(digits) = &filter.contains {
        query.push(" AND (strpos(from_text, ").push_bind(digits.as_str());
        query.push(") > 0 OR strpos(to_text, ").push_bind(digits.as_str());
        query.push(") > 0)");
    }
    if let Some(from) = filter.created_from {
        query.push(" AND started_at >= ").push_bind(from);
    }
    if let Some(to) = filter.created_to {
        query.push(" AND started_at < ").push_bind(to);
    }
    if let Some(CallKey(at, id)) = &page.after {
        query.push(" AND (started_at, id) < (").push_bind(*at);
        query.push(", ").push_bind(*id).push(")");
    }
    query.push(" ORDER BY started_at DESC, id DESC LIMIT ");
    query.push_bind(page.rows()).push(SUMS);
    let rows: Vec<Row> = query.build_query_as().fetch_all(tx.connection()).await.db()?;
    let calls = rows.into_iter().map(Row::read).collect::<Result<Vec<_>>>()?;
    Ok(Page::from_rows(calls, page.limit, |call| {
        CallKey(call.created_at, call.id.uuid())
    }))
}

/// One call.
///
/// # Errors
/// `not_found`, or those of the database.
pub async fn get(tx: &mut TenantTx, call: &CallRef) -> Result<CallRecord> {
    get_of(tx, call, None).await
}

/// One call, if it is of this mode.
///
/// # Errors
/// `not_found`, or those of the database.
pub async fn get_of(tx: &mut TenantTx, call: &CallRef, mode: Option<KeyMode>) -> Result<CallRecord> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push("tenant_id = ").push_bind(tx.tenant().uuid());
    match call {
        CallRef::Id(id) => query.push(" AND id = ").push_bind(id.uuid()),
        CallRef::Sid(sid) => query.push(" AND call_sid = ").push_bind(sid),
    };
    if let Some(mode) = mode {
        query.push(" AND mode = ").push_bind(mode.as_str());
    }
    query.push(SUMS);
    let row: Option<Row> = query
        .build_query_as()
        .fetch_optional(tx.connection())
        .await
        .db()?;
    row.ok_or_else(Error::not_found)?.read()
}

/// Our id of a call, if it is of this mode.
///
/// # Errors
/// `not_found`, or those of the database.
pub async fn get_id(tx: &mut TenantTx, call: &CallRef, mode: Option<KeyMode>) -> Result<CallId> {
    let (id, sid) = match call {
        CallRef::Id(id) => (Some(id.uuid()), None),
        CallRef::Sid(sid) => (None, Some(sid)),
    };
    let found: Option<Uuid> = sqlx::query_scalar(
        "SELECT id FROM phony.calls
         WHERE tenant_id = $1 AND (id = $2 OR call_sid = $3) AND ($4::text IS NULL OR mode = $4)",
    )
    .bind(tx.tenant().uuid())
    .bind(id)
    .bind(sid)
    .bind(mode.map(KeyMode::as_str))
    .fetch_optional(tx.connection())
    .await
    .db()?;
    found.map(CallId::from_uuid).ok_or_else(Error::not_found)
}
