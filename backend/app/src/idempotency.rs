//! Repeats of one request have one effect: the key's row and the effect are one transaction.
//!
//! A use case whose effect is in the database alone uses [`once`]. One that calls another party between two
//! transactions uses [`begin`] in the first and [`complete`] or [`abandon`] in the last.

use chrono::{DateTime, TimeDelta, Utc};
use phony_db::idempotency as rows;
use phony_db::{Db, TenantTx};
use phony_kernel::{Error, Kind, Result, TenantId};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// How long an answer is kept.
pub const KEPT: TimeDelta = TimeDelta::hours(24);
/// After this time a request that never ended was left behind by a process that died.
pub const LEFT_BEHIND: TimeDelta = TimeDelta::seconds(60);

/// Old requests that a new one sweeps away.
const SWEPT: i64 = 4;

/// The `Idempotency-Key` of one request, with what tells a repeat from another request.
#[derive(Debug, Clone)]
pub struct RequestKey {
    route: &'static str,
    key: String,
    fingerprint: [u8; 32],
}

/// The answer of an idempotent operation, fresh or stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// HTTP status.
    pub status: u16,
    /// JSON text. For a stored refusal it holds `code`, `detail` and `errors`.
    pub body: String,
    /// Whether this is the stored answer of an earlier request.
    pub replayed: bool,
}

/// Whether a request is the first of its key.
#[derive(Debug)]
pub enum Begun {
    /// It is; the effect is to be had now.
    Fresh,
    /// One began, and nobody came back to end it. What it did has to be looked up before anything is done.
    LeftBehind,
    /// It is not; this was answered.
    Replay(Outcome),
}

impl RequestKey {
    /// Reads a key that must be there. `route` is method and path pattern, `POST /v1/numbers`; `body` is the
    /// request as read, with the ids of its path if it has any.
    ///
    /// # Errors
    /// `idempotency_key_required`, `idempotency_key_invalid`.
    pub fn required(header: Option<&str>, route: &'static str, body: &impl Serialize) -> Result<Self> {
        Self::optional(header, route, body)?.ok_or_else(|| {
            Error::new(
                Kind::Malformed,
                "idempotency_key_required",
                "send an Idempotency-Key header: a repeat with the same key has no second effect",
            )
        })
    }

    /// Reads a key that may be there.
    ///
    /// # Errors
    /// `idempotency_key_invalid`.
    pub fn optional(
        header: Option<&str>,
        route: &'static str,
        body: &impl Serialize,
    ) -> Result<Option<Self>> {
        let Some(key) = header.map(unquoted) else {
            return Ok(None);
        };
        if !(1..=255).contains(&key.len()) || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::new(
                Kind::Malformed,
                "idempotency_key_invalid",
                "the Idempotency-Key must have 1 to 255 visible ASCII characters",
            ));
        }
        let body = serde_json::to_value(body).map_err(Error::internal)?;
        let mut hasher = Sha256::new();
        hasher.update(route.as_bytes());
        hasher.update([0]);
        digest(&body, &mut hasher);
        Ok(Some(Self {
            route,
            key: key.to_owned(),
            fingerprint: hasher.finalize().into(),
        }))
    }

    /// The key as sent, for use cases that look up what a request left behind.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.key
    }
}

/// The header may be written as a quoted string.
fn unquoted(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(text)
}

/// Hashes JSON so that the order of an object's fields does not matter.
fn digest(value: &Value, hasher: &mut Sha256) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            hasher.update(b"{");
            for (name, value) in fields {
                hasher.update(Value::from(name.as_str()).to_string());
                hasher.update(b":");
                digest(value, hasher);
                hasher.update(b",");
            }
            hasher.update(b"}");
        }
        Value::Array(values) => {
            hasher.update(b"[");
            for value in values {
                digest(value, hasher);
                hasher.update(b",");
            }
            hasher.update(b"]");
        }
        scalar => hasher.update(scalar.to_string()),
    }
}

fn in_progress() -> Error {
    Error::new(
        Kind::Conflict,
        "idempotency_in_progress",
        "the first request with this key is still running",
    )
    .retry_after(1)
}

/// Finds out whether this request is the first of its key, and if so notes that it runs.
///
/// # Errors
/// `idempotency_in_progress` while the first one runs, `idempotency_mismatch` when it was another request.
pub async fn begin(tx: &mut TenantTx, key: &RequestKey, now: DateTime<Utc>) -> Result<Begun> {
    // Looked at before anything is locked: an answered request is answered again without waiting for anybody.
    if let Known::Answered(outcome) = look(tx, key, now).await? {
        return Ok(Begun::Replay(outcome));
    }
    if !rows::try_lock(tx, key.route, &key.key).await? {
        return Err(in_progress());
    }
    let begun = match look(tx, key, now).await? {
        Known::Answered(outcome) => return Ok(Begun::Replay(outcome)),
        Known::LeftBehind => Begun::LeftBehind,
        Known::No => Begun::Fresh,
    };
    // More go than come, so the table stays as large as a day's requests.
    rows::delete_old(tx, now - KEPT, SWEPT).await?;
    rows::put(tx, key.route, &key.key, &key.fingerprint, now).await?;
    Ok(begun)
}

/// What the table knows of a request.
enum Known {
    No,
    LeftBehind,
    Answered(Outcome),
}

async fn look(tx: &mut TenantTx, key: &RequestKey, now: DateTime<Utc>) -> Result<Known> {
    let stored = rows::find(tx, key.route, &key.key).await?;
    let Some(stored) = stored.filter(|row| now - row.created_at < KEPT) else {
        return Ok(Known::No);
    };
    if stored.fingerprint != key.fingerprint {
        return Err(Error::new(
            Kind::Invalid,
            "idempotency_mismatch",
            "this Idempotency-Key was used for another request",
        ));
    }
    match stored.status {
        Some(status) => Ok(Known::Answered(Outcome {
            status: u16::try_from(status).map_err(Error::internal)?,
            body: String::from_utf8(stored.body.unwrap_or_default()).map_err(Error::internal)?,
            replayed: true,
        })),
        None if now - stored.created_at < LEFT_BEHIND => Err(in_progress()),
        None => Ok(Known::LeftBehind),
    }
}

/// Stores the answer with the effect.
///
/// # Errors
/// When the database refuses.
pub async fn complete(
    tx: &mut TenantTx,
    key: &RequestKey,
    status: u16,
    body: &impl Serialize,
) -> Result<Outcome> {
    let body = serde_json::to_string(body).map_err(Error::internal)?;
    rows::finish(tx, key.route, &key.key, status, body.as_bytes()).await?;
    Ok(Outcome {
        status,
        body,
        replayed: false,
    })
}

/// Stores a refusal as the answer, if it is one that a repeat would meet again; otherwise forgets the request,
/// so that it may be made again.
///
/// # Errors
/// When the database refuses.
pub async fn abandon(tx: &mut TenantTx, key: &RequestKey, error: &Error) -> Result<()> {
    let Some(status) = lasting_status(error) else {
        return rows::forget(tx, key.route, &key.key).await;
    };
    let body = json!({ "code": error.code(), "detail": error.public(), "errors": error.fields() });
    complete(tx, key, status, &body).await.map(|_| ())
}

/// The status of a refusal that is stored: too many requests and our own failures are not.
fn lasting_status(error: &Error) -> Option<u16> {
    if error.retryable() {
        return None;
    }
    match error.kind() {
        Kind::Malformed => Some(400),
        Kind::PaymentRequired => Some(402),
        Kind::Forbidden => Some(403),
        Kind::NotFound => Some(404),
        Kind::Conflict => Some(409),
        Kind::PreconditionFailed => Some(412),
        Kind::Invalid => Some(422),
        _ => None,
    }
}

/// Runs `effect` in one transaction with the key's row, or returns the stored answer. Without a key the effect
/// is had each time.
///
/// # Errors
/// Those of [`begin`] and of `effect`; when the latter is lasting, repeats get it as a stored [`Outcome`].
pub async fn once<T: Serialize>(
    db: &Db,
    tenant: TenantId,
    key: Option<&RequestKey>,
    now: DateTime<Utc>,
    status: u16,
    effect: impl AsyncFnOnce(&mut TenantTx) -> Result<T>,
) -> Result<Outcome> {
    let mut tx = db.tenant(tenant).await?;
    let Some(key) = key else {
        let body = serde_json::to_string(&effect(&mut tx).await?).map_err(Error::internal)?;
        tx.commit().await?;
        return Ok(Outcome {
            status,
            body,
            replayed: false,
        });
    };
    if let Begun::Replay(outcome) = begin(&mut tx, key, now).await? {
        return Ok(outcome);
    }
    // A request left behind had no effect: it would have been committed with its answer.
    match effect(&mut tx).await {
        Ok(value) => {
            let outcome = complete(&mut tx, key, status, &value).await?;
            tx.commit().await?;
            Ok(outcome)
        }
        Err(error) => {
            tx.rollback().await?;
            if let Err(fault) = keep_refusal(db, tenant, key, now, &error).await {
                // The refusal stands all the same; a repeat is judged anew.
                tracing::warn!(error = ?fault, "a refusal could not be kept for repeats");
            }
            Err(error)
        }
    }
}

async fn keep_refusal(
    db: &Db,
    tenant: TenantId,
    key: &RequestKey,
    now: DateTime<Utc>,
    error: &Error,
) -> Result<()> {
    if lasting_status(error).is_none() {
        return Ok(());
    }
    let mut tx = db.tenant(tenant).await?;
    match begin(&mut tx, key, now).await? {
        Begun::Fresh | Begun::LeftBehind => {
            abandon(&mut tx, key, error).await?;
            tx.commit().await
        }
        // Between the two transactions a repeat was faster; its answer stays.
        Begun::Replay(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(header: &str, body: &Value) -> Result<Option<RequestKey>> {
        RequestKey::optional(Some(header), "POST /v1/things", body)
    }

    #[test]
    fn the_order_of_fields_does_not_matter_and_all_else_does() {
        let read = |text: &str| {
            key("k", &serde_json::from_str(text).unwrap())
                .unwrap()
                .unwrap()
                .fingerprint
        };
        assert_eq!(
            read(r#"{"a":1,"b":{"c":[1,2],"d":null}}"#),
            read(r#"{"b":{"d":null,"c":[1,2]},"a":1}"#)
        );
        for other in [
            r#"{"a":1}"#,
            r#"{"a":"1"}"#,
            r#"{"a":[1]}"#,
            r#"[{"a":1}]"#,
            r#"{"a":{"1":1}}"#,
        ] {
            assert_ne!(read(r#"{"a":1,"b":2}"#), read(other), "{other}");
        }
        assert_ne!(read("[1,2]"), read("[2,1]"));
        let other_route = RequestKey::required(Some("k"), "POST /v1/others", &json!({})).unwrap();
        assert_ne!(read("{}"), other_route.fingerprint);
    }

    #[test]
    fn a_key_has_one_to_255_visible_characters() {
        for good in ["k", "\"quoted\"", " padded ", &"x".repeat(255), "a-b_c/1:2"] {
            assert!(key(good, &Value::Null).unwrap().is_some(), "{good}");
        }
        for bad in ["", "\"\"", "two words", "tab\there", "é", &"x".repeat(256)] {
            assert_eq!(
                key(bad, &Value::Null).unwrap_err().code(),
                "idempotency_key_invalid",
                "{bad}"
            );
        }
        let missing = RequestKey::required(None, "POST /v1/things", &Value::Null).unwrap_err();
        assert_eq!(missing.code(), "idempotency_key_required");
    }
}
