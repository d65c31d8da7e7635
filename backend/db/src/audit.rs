//! The audit log: one chain of hashes a tenant, only ever added to. How it is read is in [`log`].

pub mod log;
mod origin;

use chrono::{DateTime, SubsecRound as _, Utc};
use phony_kernel::{Result, TenantId};
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::Row;

pub use origin::acting_from;

use crate::TenantTx;
use crate::error::DbResult;

/// One thing that was done.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// `usr_…`, `key_…` or `system`.
    pub actor: &'a str,
    /// What was done, `session.reuse`.
    pub action: &'a str,
    /// To what, `ses_…`.
    pub target: &'a str,
    /// More of it; never a secret.
    pub detail: &'a serde_json::Value,
}

/// Adds an entry. Writers of one tenant wait for each other, so the chain has no fork. What a person or a key does says
/// from which address, see [`acting_from`].
///
/// # Errors
/// When the database refuses.
pub async fn record(tx: &mut TenantTx, entry: &Entry<'_>, at: DateTime<Utc>) -> Result<()> {
    let detail = origin::with_address(entry.actor, entry.detail);
    let entry = &Entry {
        detail: &detail,
        ..*entry
    };
    let tenant = tx.tenant().uuid();
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('audit:' || $1::text, 0))")
        .bind(tenant)
        .execute(tx.connection())
        .await
        .db()?;
    let last =
        sqlx::query("SELECT seq, hash FROM phony.audit_log WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1")
            .bind(tenant)
            .fetch_optional(tx.connection())
            .await
            .db()?;
    let (seq, prev_hash): (i64, Vec<u8>) = match last {
        Some(row) => (row.try_get::<i64, _>("seq").db()? + 1, row.try_get("hash").db()?),
        None => (0, genesis(tx.tenant())),
    };
    // As the row keeps it, so that the row proves the hash.
    let at = at.trunc_subsecs(6);
    let hash = link(&prev_hash, seq, at, entry);
    sqlx::query(
        "INSERT INTO phony.audit_log (tenant_id, seq, at, actor, action, target, detail, prev_hash, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(tenant)
    .bind(seq)
    .bind(at)
    .bind(entry.actor)
    .bind(entry.action)
    .bind(entry.target)
    .bind(entry.detail)
    .bind(prev_hash)
    .bind(hash)
    .execute(tx.connection())
    .await
    .db()?;
    Ok(())
}

/// What the first entry of a tenant is chained to.
#[must_use]
pub fn genesis(tenant: TenantId) -> Vec<u8> {
    let mut hasher = Sha256::new();
    hasher.update(b"phony-audit-v1:");
    hasher.update(tenant.uuid().as_bytes());
    hasher.finalize().to_vec()
}

/// The hash of an entry behind `prev_hash`. Each text goes in with its length, so no two entries read alike.
#[must_use]
pub fn link(prev_hash: &[u8], seq: i64, at: DateTime<Utc>, entry: &Entry<'_>) -> Vec<u8> {
    let mut hasher = Sha256::new();
    hasher.update(prev_hash);
    hasher.update(seq.to_be_bytes());
    hasher.update(at.timestamp_micros().to_be_bytes());
    let mut detail = String::new();
    write_sorted(entry.detail, &mut detail);
    for text in [entry.actor, entry.action, entry.target, &detail] {
        hasher.update(u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
        hasher.update(text);
    }
    hasher.finalize().to_vec()
}

/// Compact, the keys of every object in their order: the same text for the same value, however it was kept.
fn write_sorted(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            text.push('{');
            for (place, (name, value)) in fields.into_iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write_sorted(value, text);
            }
            text.push('}');
        }
        Value::Array(values) => {
            text.push('[');
            for (place, value) in values.iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                write_sorted(value, text);
            }
            text.push(']');
        }
        plain => text.push_str(&plain.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use phony_testkit::TestDb;
    use serde_json::json;
    use sqlx::{Connection as _, PgConnection};
    use uuid::Uuid;

    use super::*;
    use crate::Db;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn the_chain_is_the_published_one() {
        let tenant = TenantId::from_uuid(Uuid::from_u128(0x0a));
        let first = genesis(tenant);
        assert_eq!(
            hex(&first),
            "1e36494bd8167939f5cfa2bb54b64dab5a8a1ac4b5d06eb9c774b5d90e973881"
        );
        let entry = Entry {
            actor: "user:u1",
            action: "api_key.create",
            target: "api_key:k1",
            detail: &json!({ "scopes": ["calls:read"] }),
        };
        let at = DateTime::from_timestamp_micros(1_795_262_400_000_000).unwrap();
        assert_eq!(
            hex(&link(&first, 0, at, &entry)),
            "ef771730c06d33bb4d1156de77d6287637a0c4f653d9565e52519ba5f05ff085"
        );
    }

    #[test]
    fn keys_are_sorted_at_every_depth() {
        let mut text = String::new();
        write_sorted(&json!({ "b": [{ "z": 1, "a": "\"x\"" }], "a": null }), &mut text);
        assert_eq!(text, r#"{"a":null,"b":[{"a":"\"x\"","z":1}]}"#);
    }

    type Stored = (i64, DateTime<Utc>, Value, Vec<u8>, Vec<u8>);

    #[tokio::test]
    async fn stored_rows_prove_their_hashes() {
        let servers = TestDb::create().await;
        let db = Db::connect_lazy(&servers.app_url, 2).unwrap();
        let mut admin = PgConnection::connect(&servers.admin_url).await.unwrap();
        let tenant = TenantId::new();
        sqlx::query("INSERT INTO phony.tenants (id, slug, name, plan) VALUES ($1, 'acme', 'Acme', 'basic')")
            .bind(tenant.uuid())
            .execute(&mut admin)
            .await
            .unwrap();
        let details = [json!({ "zoo": 1, "a": { "y": [], "b": "é" } }), json!({})];
        for detail in &details {
            let mut tx = db.tenant(tenant).await.unwrap();
            let entry = Entry {
                actor: "usr_1",
                action: "number.released",
                target: "num_1",
                detail,
            };
            record(&mut tx, &entry, Utc::now()).await.unwrap();
            tx.commit().await.unwrap();
        }
        let rows: Vec<Stored> = sqlx::query_as(
            "SELECT seq, at, detail, prev_hash, hash FROM phony.audit_log WHERE tenant_id = $1 ORDER BY seq",
        )
        .bind(tenant.uuid())
        .fetch_all(&mut admin)
        .await
        .unwrap();
        let mut before = genesis(tenant);
        for (place, (seq, at, detail, prev_hash, hash)) in rows.into_iter().enumerate() {
            assert_eq!((seq, &prev_hash), (i64::try_from(place).unwrap(), &before));
            let entry = Entry {
                actor: "usr_1",
                action: "number.released",
                target: "num_1",
                detail: &detail,
            };
            assert_eq!(hash, link(&prev_hash, seq, at, &entry));
            before = hash;
        }
    }
}
