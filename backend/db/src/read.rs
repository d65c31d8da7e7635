//! A read of one row of a tenant in one exchange with the database.
//!
//! A transaction costs three: to begin, to read, to end. A statement sent alone is a transaction by itself; one that
//! enters the tenant in its first step and reads in its second sees what a [`TenantTx`](crate::TenantTx) would.

use phony_kernel::{Result, TenantId};
use sqlx::Postgres;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;

use crate::connections::{self, Connections};
use crate::error::DbResult as _;
use crate::pool::STALE_IN_A_ROW;
use crate::transaction::is_gone;

/// Makes a statement enter the tenant `$1` before its rows are read. The setting ends with the statement, as it is
/// local to a transaction.
///
/// The reading part can only run for a row of the entering part, whose column it needs (`LATERAL`), and `OFFSET 0`
/// keeps the planner from tearing it apart. Were it ever read first, row security would refuse it: no tenant is set.
macro_rules! as_tenant {
    ($($read:tt)+) => {
        concat!(
            "SELECT found.* FROM set_config('app.tenant_id', $1::uuid::text, true) AS entered(tenant),
             LATERAL (SELECT asked.* FROM (",
            $($read)+,
            ") asked WHERE entered.tenant <> '' OFFSET 0) found"
        )
    };
}
pub(crate) use as_tenant;

/// Reads single rows of one tenant, each as it is at that moment. For several that must fit together, and for
/// everything that writes, there is [`TenantTx`](crate::TenantTx).
#[derive(Debug)]
pub struct TenantRead {
    connections: Connections,
    tenant: TenantId,
}

impl TenantRead {
    pub(crate) fn new(connections: Connections, tenant: TenantId) -> Self {
        Self { connections, tenant }
    }

    /// Runs one statement made by [`as_tenant`]; `bound` binds what comes after the tenant. Asked again on another
    /// connection when the first ones turn out to be dead.
    pub(crate) async fn row<'q>(
        &self,
        statement: &'static str,
        bound: impl Fn(Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments>,
    ) -> Result<Option<PgRow>> {
        let mut stale = 0;
        loop {
            let mut connection = self.connections.take().await.db()?;
            let query = bound(sqlx::query(statement).bind(self.tenant.uuid()));
            match query.fetch_optional(&mut *connection).await {
                Err(error) if is_gone(&error) => {
                    connections::discard(connection);
                    stale += 1;
                    if stale > STALE_IN_A_ROW {
                        return Err(error).db();
                    }
                }
                done => return done.db(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use phony_testkit::TestDb;
    use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};
    use uuid::Uuid;

    use crate::Db;

    use super::*;

    const NAME: &str = as_tenant!("SELECT t.id, t.name FROM phony.tenants t WHERE t.id = $2");
    const SETTING: &str = as_tenant!("SELECT current_setting('app.tenant_id') AS setting");

    async fn tenants(servers: &TestDb, names: &[&str]) -> Vec<TenantId> {
        let mut admin = PgConnection::connect(&servers.admin_url).await.unwrap();
        let mut made = Vec::new();
        for name in names {
            let id = TenantId::new();
            sqlx::query("INSERT INTO phony.tenants (id, slug, name, plan) VALUES ($1, $2, $3, 'basic')")
                .bind(id.uuid())
                .bind(id.uuid().simple().to_string())
                .bind(name)
                .execute(&mut admin)
                .await
                .unwrap();
            made.push(id);
        }
        made
    }

    async fn name(db: &Db, reader: TenantId, of: TenantId) -> Option<String> {
        let read = db.read(reader);
        let row = read.row(NAME, |query| query.bind(of.uuid())).await.unwrap()?;
        assert_eq!(row.get::<Uuid, _>("id"), of.uuid());
        Some(row.get("name"))
    }

    #[tokio::test]
    async fn a_row_of_another_tenant_is_not_seen_and_the_setting_ends_with_the_statement() {
        let servers = TestDb::create().await;
        let [one, other] = tenants(&servers, &["one", "other"]).await[..] else {
            panic!("two were asked for")
        };
        // One connection, and more rounds than it takes the server to keep a plan for good.
        let db = Db::connect_lazy(&servers.app_url, 1).unwrap();
        for _ in 0..12 {
            assert_eq!(name(&db, one, one).await.as_deref(), Some("one"));
            assert_eq!(name(&db, other, one).await, None);
            assert_eq!(name(&db, other, other).await.as_deref(), Some("other"));
            let row = db.read(one).row(SETTING, |query| query).await.unwrap().unwrap();
            assert_eq!(row.get::<String, _>("setting"), one.uuid().to_string());
            let mut next = db.system("test").await.unwrap();
            let refused = sqlx::query("SELECT 1 FROM phony.tenants")
                .execute(next.connection())
                .await
                .unwrap_err();
            let code = refused
                .as_database_error()
                .and_then(|error| error.code().map(String::from));
            assert_eq!(code.as_deref(), Some("42501"));
        }
    }

    #[tokio::test]
    async fn every_plan_enters_the_tenant_before_it_reads() {
        let servers = TestDb::create().await;
        let mut admin = PgConnection::connect(&servers.admin_url).await.unwrap();
        let tenant = TenantId::new().uuid();
        // Whatever way of joining the planner prefers.
        for off in [
            "nestloop",
            "hashjoin",
            "mergejoin",
            "indexscan",
            "seqscan",
            "material",
        ] {
            sqlx::raw_sql(AssertSqlSafe(format!("SET enable_{off} = off")))
                .execute(&mut admin)
                .await
                .unwrap();
            let explain = AssertSqlSafe(format!(
                "EXPLAIN {}",
                NAME.replace("$1", &format!("'{tenant}'"))
                    .replace("$2", &format!("'{tenant}'"))
            ));
            let plan: Vec<String> = sqlx::query_scalar(explain).fetch_all(&mut admin).await.unwrap();
            let plan = plan.join("\n");
            assert!(plan.trim_start().starts_with("Nested Loop"), "{plan}");
            let entered = plan.find("Function Scan on set_config").unwrap();
            assert!(entered < plan.find("tenants").unwrap(), "{plan}");
        }
    }

    #[tokio::test]
    async fn reads_that_are_dropped_midway_harm_nobody() {
        let servers = TestDb::create().await;
        let [one, other] = tenants(&servers, &["one", "other"]).await[..] else {
            panic!("two were asked for")
        };
        let db = Db::connect_lazy(&servers.app_url, 2).unwrap();
        for round in 0_u64..500 {
            let dropped =
                tokio::time::timeout(std::time::Duration::from_micros(round % 400), name(&db, one, one));
            let _ = dropped.await;
            assert_eq!(
                name(&db, other, other).await.as_deref(),
                Some("other"),
                "round {round}"
            );
        }
    }

    #[tokio::test]
    async fn connections_that_the_server_has_ended_are_passed_over() {
        let servers = TestDb::create().await;
        let [one] = tenants(&servers, &["one"]).await[..] else {
            panic!("one was asked for")
        };
        let db = Db::connect_lazy(&servers.app_url, 3).unwrap();
        let (a, b, c) = tokio::join!(name(&db, one, one), name(&db, one, one), name(&db, one, one));
        assert!(a.is_some() && b.is_some() && c.is_some());
        let mut admin = PgConnection::connect(&servers.admin_url).await.unwrap();
        sqlx::query("SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE usename = 'phony_app' AND datname = current_database()")
            .execute(&mut admin)
            .await
            .unwrap();
        assert_eq!(name(&db, one, one).await.as_deref(), Some("one"));
    }
}
