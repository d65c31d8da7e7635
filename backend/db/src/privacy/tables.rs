//! Which tables of a tenant are in the copy of its data, row by row, and why the others are not.

use phony_kernel::Result;
use serde_json::Value;
use sqlx::AssertSqlSafe;

use crate::TenantTx;
use crate::error::DbResult;

/// A table of which every row of the tenant is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopiedTable {
    /// Its name, without the schema.
    pub name: &'static str,
    /// Columns that would let somebody in, or say nothing without our keys.
    pub without: &'static [&'static str],
}

const fn all(name: &'static str) -> CopiedTable {
    CopiedTable { name, without: &[] }
}

const fn but(name: &'static str, without: &'static [&'static str]) -> CopiedTable {
    CopiedTable { name, without }
}

/// Tables that are copied row by row.
pub const COPIED: &[CopiedTable] = &[
    but("api_keys", &["key_hash"]),
    all("budget_alerts"),
    all("budgets"),
    but("carrier_accounts", &["token_enc"]),
    all("carrier_callbacks"),
    but("contact_consents", &["e164_hmac"]),
    all("credit_entries"),
    but("do_not_call", &["e164_hmac"]),
    but("exports", &["storage_key"]),
    but("invitations", &["token_hash"]),
    all("invoice_lines"),
    all("invoiced_usage"),
    all("invoices"),
    but("mailed_links", &["token_hash"]),
    all("memberships"),
    all("national_lists"),
    all("number_pool_members"),
    all("number_pools"),
    all("outbound_stops"),
    all("personalities"),
    all("personality_versions"),
    but("phone_numbers", &["purchase_key"]),
    all("privacy_erasures"),
    but("privacy_exports", &["storage_key"]),
    all("provider_costs"),
    but("provider_credentials", &["secret_sealed"]),
    all("rated_usage"),
    all("recording_acts"),
    but("recordings", &["storage_key"]),
    but("sessions", &["refresh_hash", "prev_hash", "successor_enc"]),
    but("sso_connections", &["secret_sealed"]),
    all("sso_domains"),
    all("subscriptions"),
    all("tenant_policies"),
    all("usage_events"),
    all("usage_hourly"),
    all("usage_quarantine"),
];

/// Tables that are not, with the reason.
pub const NOT_COPIED: &[(&str, &str)] = &[
    ("audit_log", "it has files of its own"),
    (
        "call_events",
        "what was said and done is in the files of the calls, opened",
    ),
    ("call_keys", "keys; what they seal is copied opened"),
    ("calls", "they have files of their own"),
    ("contacts", "they have files of their own"),
    (
        "idempotency_keys",
        "answers kept for a day; each says what another table says",
    ),
    (
        "national_list_numbers",
        "keyed hashes of numbers on a public list",
    ),
    ("number_keys", "keys"),
    ("outbox", "work in hand; what it is about is in the other tables"),
];

/// Opens a table to be read some rows at a time, with [`next`], until the transaction ends. One is open at a time.
///
/// # Errors
/// Those of the database.
pub async fn open(tx: &mut TenantTx, table: &CopiedTable) -> Result<()> {
    let without: String = table
        .without
        .iter()
        .map(|column| format!(" - '{column}'"))
        .collect();
    // Names of ours only. A cursor takes no parameters; which tenant it is, the transaction knows.
    let sql = format!(
        "DECLARE copied NO SCROLL CURSOR FOR
         SELECT to_jsonb(t) - 'tenant_id'{without} FROM phony.{} t
         WHERE tenant_id = (SELECT phony.current_tenant())",
        table.name
    );
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(tx.connection())
        .await
        .db()?;
    Ok(())
}

/// The next rows of the table that is open, up to `limit`; none at its end, which closes it.
///
/// # Errors
/// Those of the database.
pub async fn next(tx: &mut TenantTx, limit: u32) -> Result<Vec<Value>> {
    let sql = format!("FETCH FORWARD {limit} FROM copied");
    let rows: Vec<Value> = sqlx::query_scalar(AssertSqlSafe(sql))
        .persistent(false)
        .fetch_all(tx.connection())
        .await
        .db()?;
    if rows.is_empty() {
        sqlx::raw_sql("CLOSE copied")
            .execute(tx.connection())
            .await
            .db()?;
    }
    Ok(rows)
}
