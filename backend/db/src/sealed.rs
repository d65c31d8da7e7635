//! Every column that holds sealed values, walked in pages so that their keys can be wrapped anew.

use phony_kernel::Result;
use sqlx::AssertSqlSafe;

use crate::TenantTx;
use crate::error::DbResult;

/// A column of a tenant's table that holds sealed values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedColumn {
    /// Table, without its schema; as the values were sealed for.
    pub table: &'static str,
    /// Column; as the values were sealed for.
    pub column: &'static str,
    /// SQL of the text that the values were sealed for as their record, one of a row's own and never changed.
    pub record: &'static str,
}

/// All of them. Whoever seals a new column adds it here, or its values are lost with the old key.
pub const COLUMNS: &[SealedColumn] = &[
    SealedColumn {
        table: "call_keys",
        column: "key_sealed",
        record: "call_id::text",
    },
    SealedColumn {
        table: "carrier_accounts",
        column: "token_enc",
        record: "account_sid",
    },
    SealedColumn {
        table: "number_keys",
        column: "key_sealed",
        record: "version::text",
    },
    SealedColumn {
        table: "provider_credentials",
        column: "secret_sealed",
        record: "provider",
    },
    SealedColumn {
        table: "sso_connections",
        column: "secret_sealed",
        record: "id::text",
    },
];

/// A sealed value with the record that it belongs to.
pub type SealedValue = (String, Vec<u8>);

/// Up to `limit` values of a column after a record, in the order of the records.
///
/// # Errors
/// When the database does not answer.
pub async fn list(tx: &mut TenantTx, at: &SealedColumn, after: &str, limit: i64) -> Result<Vec<SealedValue>> {
    let SealedColumn {
        table,
        column,
        record,
    } = at;
    // Names of ours only.
    let sql = format!(
        "SELECT {record} COLLATE \"C\", {column} FROM phony.{table}
         WHERE tenant_id = $1 AND {column} IS NOT NULL AND {record} COLLATE \"C\" > $2 ORDER BY 1 LIMIT $3"
    );
    sqlx::query_as(AssertSqlSafe(sql))
        .bind(tx.tenant().uuid())
        .bind(after)
        .bind(limit)
        .fetch_all(tx.connection())
        .await
        .db()
}

/// Puts a value in the place of another; false when that has changed meanwhile.
///
/// # Errors
/// When the database refuses.
pub async fn replace(
    tx: &mut TenantTx,
    at: &SealedColumn,
    record: &str,
    before: &[u8],
    anew: &[u8],
) -> Result<bool> {
    // Names of ours only.
    let sql = format!(
        "UPDATE phony.{} SET {} = $4 WHERE tenant_id = $1 AND {} = $2 AND {} = $3",
        at.table, at.column, at.record, at.column
    );
    let done = sqlx::query(AssertSqlSafe(sql))
        .bind(tx.tenant().uuid())
        .bind(record)
        .bind(before)
        .bind(anew)
        .execute(tx.connection())
        .await
        .db()?;
    Ok(done.rows_affected() > 0)
}
