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
    /// How the value lies in the column.
    pub form: SealedForm,
}

/// How a sealed value lies in its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealedForm {
    /// As bytes, alone.
    Bytes,
    /// In base64, as the field `sealed` of a JSON object.
    Json,
}

impl SealedColumn {
    /// SQL of the value.
    fn value(&self) -> String {
        match self.form {
            SealedForm::Bytes => self.column.to_owned(),
            SealedForm::Json => format!("decode({} ->> 'sealed', 'base64')", self.column),
        }
    }

    /// SQL of the column with `$4` for its value.
    fn changed(&self) -> String {
        match self.form {
            SealedForm::Bytes => "$4".to_owned(),
            // The encoder breaks lines.
            SealedForm::Json => format!(
                "jsonb_set({}, '{{sealed}}', to_jsonb(translate(encode($4::bytea, 'base64'), E'\\n', '')))",
                self.column
            ),
        }
    }
}

/// All of them. Whoever seals a new column adds it here, or its values are lost with the old key.
pub const COLUMNS: &[SealedColumn] = &[
    SealedColumn {
        table: "call_keys",
        column: "key_sealed",
        record: "call_id::text",
        form: SealedForm::Bytes,
    },
    SealedColumn {
        table: "carrier_accounts",
        column: "token_enc",
        record: "account_sid",
        form: SealedForm::Bytes,
    },
    SealedColumn {
        table: "number_keys",
        column: "key_sealed",
        record: "version::text",
        form: SealedForm::Bytes,
    },
    SealedColumn {
        table: "outbox",
        column: "payload",
        record: "payload ->> 'mail_id'",
        form: SealedForm::Json,
    },
    SealedColumn {
        table: "provider_credentials",
        column: "secret_sealed",
        record: "provider",
        form: SealedForm::Bytes,
    },
    SealedColumn {
        table: "sso_connections",
        column: "secret_sealed",
        record: "id::text",
        form: SealedForm::Bytes,
    },
];

/// A sealed value with the record that it belongs to.
pub type SealedValue = (String, Vec<u8>);

/// Up to `limit` values of a column after a record, in the order of the records.
///
/// # Errors
/// When the database does not answer.
pub async fn list(tx: &mut TenantTx, at: &SealedColumn, after: &str, limit: i64) -> Result<Vec<SealedValue>> {
    let (value, SealedColumn { table, record, .. }) = (at.value(), at);
    // Names of ours only.
    let sql = format!(
        "SELECT {record} COLLATE \"C\", {value} FROM phony.{table}
         WHERE tenant_id = $1 AND {value} IS NOT NULL AND {record} COLLATE \"C\" > $2 ORDER BY 1 LIMIT $3"
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
        "UPDATE phony.{} SET {} = {} WHERE tenant_id = $1 AND {} = $2 AND {} = $3",
        at.table,
        at.column,
        at.changed(),
        at.record,
        at.value()
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
