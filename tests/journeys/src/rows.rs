//! Fingerprints of everything stored, to prove that a refused request changed nothing.

use std::collections::BTreeMap;

use sqlx::AssertSqlSafe;

use crate::product::Product;

/// What changes by itself while nobody asks for anything: leases are prolonged, uses are noted, numbers are
/// compared with the carrier, the outbox is worked off.
const RESTLESS: &str =
    "'{lease_until,last_used_at,checked_at,owner_instance,attempts,failure,done_at,next_attempt_at}'::text[]";

/// Number of rows and fingerprint of their contents, by table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows(BTreeMap<String, (i64, String)>);

/// As long as it lives a table of the product cannot be read or written: for the product, a database that is away.
#[derive(Debug)]
pub struct Away(sqlx::PgConnection);

impl Away {
    /// The database is there again.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn is_back(mut self) {
        sqlx::raw_sql("ROLLBACK")
            .execute(&mut self.0)
            .await
            .expect("a rollback");
    }
}

impl Product {
    /// Takes a table away from the product.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn away(&self, table: &'static str) -> Away {
        let mut connection = self.admin_connection().await;
        let lock = format!("BEGIN; LOCK TABLE phony.{table} IN ACCESS EXCLUSIVE MODE");
        sqlx::raw_sql(AssertSqlSafe(lock))
            .execute(&mut connection)
            .await
            .expect("a lock");
        Away(connection)
    }

    /// Names come from the catalogue, quoted by it.
    async fn tables(&self) -> Vec<String> {
        sqlx::query_scalar(
            "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = 'phony' AND c.relkind IN ('r', 'p') ORDER BY 1",
        )
        .fetch_all(&mut self.admin_connection().await)
        .await
        .expect("the tables")
    }

    /// Every table of the product in which a text is found, over all tenants.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn tables_with(&self, text: &str) -> Vec<String> {
        let mut connection = self.admin_connection().await;
        let mut found = Vec::new();
        for table in self.tables().await {
            let sql =
                format!("SELECT EXISTS (SELECT FROM {table} t WHERE position($1 IN to_jsonb(t)::text) > 0)");
            let there = sqlx::query_scalar(AssertSqlSafe(sql))
                .bind(text)
                .fetch_one(&mut connection)
                .await;
            if there.expect("yes or no") {
                found.push(table);
            }
        }
        found
    }

    /// The rows of every table of the product, over all tenants.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn rows(&self) -> Rows {
        let mut connection = self.admin_connection().await;
        let mut rows = BTreeMap::new();
        for table in self.tables().await {
            let query = format!(
                "SELECT count(*), coalesce(md5(string_agg(r, '' ORDER BY r)), '')
                 FROM (SELECT (to_jsonb(t) - {RESTLESS})::text AS r FROM {table} t) AS every"
            );
            let found = sqlx::query_as(AssertSqlSafe(query))
                .fetch_one(&mut connection)
                .await;
            rows.insert(table, found.expect("a count"));
        }
        Rows(rows)
    }
}

impl Rows {
    /// How many rows a table has, `phony.calls`.
    #[must_use]
    pub fn count(&self, table: &str) -> i64 {
        self.0.get(table).map_or(0, |(count, _)| *count)
    }

    /// Tables whose rows differ.
    #[must_use]
    pub fn changed_since(&self, before: &Self) -> Vec<&str> {
        let changed = self
            .0
            .iter()
            .filter(|(table, rows)| before.0.get(*table) != Some(rows));
        changed.map(|(table, _)| table.as_str()).collect()
    }
}
