//! The lasting events of calls: appended in batches, read in pages.

use chrono::{DateTime, Utc};
use phony_conversation::{Event, EventBody};
use phony_kernel::{CallId, Error, NumberId, PersonalityId, Result};
use serde_json::Value;
use uuid::Uuid;

use super::words::{self, Keys};
use crate::TenantTx;
use crate::error::DbResult;

/// What usage of a call is booked under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallBooking {
    /// Which call.
    pub call: CallId,
    /// Decides the period and the price of all its usage.
    pub billing_time: DateTime<Utc>,
    /// Number of ours that it runs over; none on the web.
    pub number: Option<NumberId>,
    /// Who talks.
    pub personality: Option<PersonalityId>,
    /// Whether the tenant's own key at the provider of models is used.
    pub own_models: bool,
}

/// How the usage of these calls is booked; calls that the tenant does not have are left out.
///
/// # Errors
/// Those of the database.
pub async fn list_bookings(tx: &mut TenantTx, calls: &[CallId]) -> Result<Vec<CallBooking>> {
    type Row = (Uuid, DateTime<Utc>, Option<Uuid>, Option<Uuid>, bool);
    let ids: Vec<Uuid> = calls.iter().map(|call| call.uuid()).collect();
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, coalesce(answered_at, started_at), phone_number_id, personality_id, models_payer = 'tenant'
         FROM phony.calls WHERE tenant_id = $1 AND id = ANY($2)",
    )
    .bind(tx.tenant().uuid())
    .bind(ids)
    .fetch_all(tx.connection())
    .await
    .db()?;
    Ok(rows
        .into_iter()
        .map(
            |(call, billing_time, number, personality, own_models)| CallBooking {
                call: CallId::from_uuid(call),
                billing_time,
                number: number.map(NumberId::from_uuid),
                personality: personality.map(PersonalityId::from_uuid),
                own_models,
            },
        )
        .collect())
}

/// Appends events; one that is there already, or whose call is not, changes nothing.
///
/// # Errors
/// Those of the database.
pub async fn append(tx: &mut TenantTx, events: &[(CallId, &Event)]) -> Result<u64> {
    if events.is_empty() {
        return Ok(0);
    }
    let keys = match tx.words() {
        Some(_) => {
            let mut with_words: Vec<CallId> = events
                .iter()
                .filter(|(_, event)| words::is_sealed(&event.body))
                .map(|(call, _)| *call)
                .collect();
            with_words.dedup();
            if with_words.is_empty() {
                Keys::new()
            } else {
                words::ensure_keys(tx, &with_words).await?
            }
        }
        None => Keys::new(),
    };
    let mut bodies = Vec::with_capacity(events.len());
    let mut sealed: Vec<Option<Vec<u8>>> = Vec::with_capacity(events.len());
    for (call, event) in events {
        let mut body = serde_json::to_value(event).map_err(Error::internal)?;
        strip_nul(&mut body);
        match keys.get(call).filter(|_| words::is_sealed(&event.body)) {
            Some(key) => {
                let plain = serde_json::to_vec(&body).map_err(Error::internal)?;
                sealed.push(Some(key.seal(place(event.seq), &plain)?));
                bodies.push(Value::Object(serde_json::Map::new()));
            }
            // Without a key there is no such call, and so no row.
            None => {
                sealed.push(None);
                bodies.push(body);
            }
        }
    }
    let calls: Vec<Uuid> = events.iter().map(|(call, _)| call.uuid()).collect();
    let seqs: Vec<i32> = events.iter().map(|(_, event)| place(event.seq)).collect();
    let times: Vec<DateTime<Utc>> = events.iter().map(|(_, event)| event.at).collect();
    let kinds: Vec<&str> = events.iter().map(|(_, event)| event.body.name()).collect();
    let done = sqlx::query(
        "INSERT INTO phony.call_events (tenant_id, call_id, seq, at, kind, body, body_sealed)
         SELECT $1, i.call_id, i.seq, i.at, i.kind, i.body, i.body_sealed
         FROM unnest($2::uuid[], $3::int4[], $4::timestamptz[], $5::text[], $6::jsonb[], $7::bytea[])
           AS i (call_id, seq, at, kind, body, body_sealed)
         WHERE EXISTS (SELECT FROM phony.calls c WHERE c.tenant_id = $1 AND c.id = i.call_id)
         ON CONFLICT DO NOTHING",
    )
    .bind(tx.tenant().uuid())
    .bind(calls)
    .bind(seqs)
    .bind(times)
    .bind(kinds)
    .bind(bodies)
    .bind(sealed)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(done.rows_affected())
}

/// As the column has it.
fn place(seq: u64) -> i32 {
    i32::try_from(seq).unwrap_or(i32::MAX)
}

/// Room after what is stored of a call, for what its conversation has still on the way.
const OUTSIDE_ROOM: i32 = 500;

/// Appends what somebody else than its conversation knows of a call, as the carrier. The call's row must be held.
/// A conversation that goes on counts from behind it.
///
/// # Errors
/// Those of the database.
pub async fn append_outside(
    tx: &mut TenantTx,
    call: CallId,
    at: DateTime<Utc>,
    offset_ms: u64,
    body: EventBody,
) -> Result<()> {
    let last: i32 = sqlx::query_scalar(
        "SELECT coalesce(max(seq), 0) FROM phony.call_events WHERE tenant_id = $1 AND call_id = $2",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .fetch_one(tx.connection())
    .await
    .db()?;
    let event = Event {
        seq: u64::try_from(last.saturating_add(OUTSIDE_ROOM)).unwrap_or_default(),
        at,
        offset_ms,
        body,
    };
    append(tx, &[(call, &event)]).await?;
    Ok(())
}

/// The newest event of a kind, if there is one that this build knows.
///
/// # Errors
/// Those of the database.
pub async fn find_last(tx: &mut TenantTx, call: CallId, kind: &str) -> Result<Option<Event>> {
    let row: Option<StoredEvent> = sqlx::query_as(
        "SELECT seq, body, body_sealed FROM phony.call_events
         WHERE tenant_id = $1 AND call_id = $2 AND kind = $3 ORDER BY seq DESC LIMIT 1",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(kind)
    .fetch_optional(tx.connection())
    .await
    .db()?;
    Ok(read(tx, call, row.into_iter().collect()).await?.pop())
}

/// Place, body, and the body where it is sealed.
type StoredEvent = (i32, Value, Option<Vec<u8>>);

/// Stored events as they were. One that this build does not know is passed over, and so is one whose key was erased.
async fn read(tx: &mut TenantTx, call: CallId, rows: Vec<StoredEvent>) -> Result<Vec<Event>> {
    let any_sealed = rows.iter().any(|(_, _, sealed)| sealed.is_some());
    let key = if any_sealed {
        words::find_keys(tx, &[call]).await?.remove(&call)
    } else {
        None
    };
    let mut events = Vec::with_capacity(rows.len());
    for (seq, body, sealed) in rows {
        let body = match (sealed, &key) {
            (None, _) => body,
            (Some(sealed), Some(key)) => {
                serde_json::from_slice(&key.open(seq, &sealed)?).map_err(Error::internal)?
            }
            (Some(_), None) => continue,
        };
        match serde_json::from_value(body) {
            Ok(event) => events.push(event),
            Err(cause) => {
                tracing::debug!(call.id = %call, seq, error = %cause, "a stored event is not known here");
            }
        }
    }
    Ok(events)
}

/// The database cannot hold the character NUL; a caller's words must not stop the ledger.
fn strip_nul(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('\0') => text.retain(|c| c != '\0'),
        Value::Array(values) => values.iter_mut().for_each(strip_nul),
        Value::Object(fields) => fields.values_mut().for_each(strip_nul),
        _ => {}
    }
}

/// Notes when a call's conversation began.
///
/// # Errors
/// Those of the database.
pub async fn note_started(tx: &mut TenantTx, call: CallId, at: DateTime<Utc>) -> Result<()> {
    sqlx::query(
        "UPDATE phony.calls SET status = 'in_progress', answered_at = coalesce(answered_at, $3)
         WHERE tenant_id = $1 AND id = $2 AND ended_at IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Notes when the caller was first spoken to.
///
/// # Errors
/// Those of the database.
pub async fn note_first_audio(tx: &mut TenantTx, call: CallId, at: DateTime<Utc>) -> Result<()> {
    sqlx::query(
        "UPDATE phony.calls SET first_audio_at = $3 WHERE tenant_id = $1 AND id = $2 AND first_audio_at IS NULL",
    )
    .bind(tx.tenant().uuid())
    .bind(call.uuid())
    .bind(at)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// Some stored events of a call.
#[derive(Debug)]
pub struct EventRows {
    /// Those that this build knows, in their order.
    pub events: Vec<Event>,
    /// Where to read on, when there may be more.
    pub next: Option<u64>,
}

/// Which events of a call.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// After this one.
    pub after: u64,
    /// Up to this one.
    pub up_to: Option<u64>,
    /// Only of these kinds; empty is any.
    pub kinds: &'a [&'a str],
    /// The last ones of them, where there are more than wanted; else the first ones.
    pub last: bool,
}

/// Up to `limit` events of a call after `seq`, in their order. One that a newer build has stored, which this one
/// does not know, is passed over: the rest of the call stays readable.
///
/// # Errors
/// Those of the database.
pub async fn list_events(tx: &mut TenantTx, call: CallId, after: u64, limit: i64) -> Result<EventRows> {
    let part = Part {
        after,
        up_to: None,
        kinds: &[],
        last: false,
    };
    list_part(tx, call, &part, limit).await
}

/// Up to `limit` events of a part of a call, in their order; as [`list_events`].
///
/// # Errors
/// Those of the database.
pub async fn list_part(tx: &mut TenantTx, call: CallId, part: &Part<'_>, limit: i64) -> Result<EventRows> {
    let sql = if part.last {
        "SELECT seq, body, body_sealed FROM phony.call_events
         WHERE tenant_id = $1 AND call_id = $2 AND seq > $3 AND seq <= $4 AND (cardinality($5::text[]) = 0 OR kind = ANY($5))
         ORDER BY seq DESC LIMIT $6"
    } else {
        "SELECT seq, body, body_sealed FROM phony.call_events
         WHERE tenant_id = $1 AND call_id = $2 AND seq > $3 AND seq <= $4 AND (cardinality($5::text[]) = 0 OR kind = ANY($5))
         ORDER BY seq LIMIT $6"
    };
    let kinds: Vec<String> = part.kinds.iter().map(|kind| (*kind).to_owned()).collect();
    let mut rows: Vec<StoredEvent> = sqlx::query_as(sql)
        .bind(tx.tenant().uuid())
        .bind(call.uuid())
        .bind(place(part.after))
        .bind(part.up_to.map_or(i32::MAX, place))
        .bind(kinds)
        .bind(limit)
        .fetch_all(tx.connection())
        .await
        .db()?;
    if part.last {
        rows.reverse();
    }
    let full = i64::try_from(rows.len()).is_ok_and(|count| count == limit);
    let next = rows
        .last()
        .filter(|_| full && !part.last)
        .and_then(|(seq, ..)| u64::try_from(*seq).ok());
    let events = read(tx, call, rows).await?;
    Ok(EventRows { events, next })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_character_nul_is_taken_out_and_nothing_else() {
        let mut value = serde_json::json!({"a": ["x\0y", {"b": "\\u0000"}], "c": 1});
        strip_nul(&mut value);
        assert_eq!(value, serde_json::json!({"a": ["xy", {"b": "\\u0000"}], "c": 1}));
    }
}
