//! The catalogue lint finds nothing, and finds each way to break the wall.

use phony_testkit::TestDb;
use sqlx::{Connection as _, PgConnection, Row as _};

const LINT: &str = include_str!("../../../../../tests/sql/lint.sql");

/// Ways to break the wall, each undone again.
const MUTANTS: [&str; 30] = [
    "ALTER TABLE phony.calls NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE phony.calls DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE phony.user_credentials DISABLE ROW LEVEL SECURITY",
    "CREATE POLICY extra ON phony.calls USING (true)",
    "CREATE POLICY extra ON phony.sessions FOR SELECT TO phony_worker USING (true)",
    "DROP POLICY tenant_isolation ON phony.calls",
    "ALTER POLICY tenant_isolation ON phony.calls USING (true)",
    "ALTER POLICY tenant_isolation ON phony.calls WITH CHECK (true)",
    "ALTER POLICY tenant_isolation ON phony.calls USING (tenant_id = phony.current_tenant())",
    "ALTER POLICY gate_read ON phony.calls TO PUBLIC",
    "ALTER POLICY via_membership ON phony.users TO PUBLIC",
    "CREATE TABLE phony.naked (tenant_id uuid NOT NULL, id uuid NOT NULL, PRIMARY KEY (tenant_id, id))",
    "SET LOCAL ROLE phony_owner; CREATE TABLE phony.naked (tenant_id uuid PRIMARY KEY); RESET ROLE",
    "CREATE VIEW phony.plain AS SELECT * FROM phony.calls",
    "ALTER VIEW phony.live_calls RESET (security_invoker)",
    "CREATE MATERIALIZED VIEW phony.copy AS SELECT 1 AS one",
    "ALTER TABLE phony.calls OWNER TO phony_migrator",
    "ALTER TABLE phony.calls ADD UNIQUE (id);
     ALTER TABLE phony.usage_events ADD FOREIGN KEY (call_id) REFERENCES phony.calls (id)",
    "ALTER TABLE phony.outbox DROP CONSTRAINT outbox_pkey; ALTER TABLE phony.outbox ADD PRIMARY KEY (id, tenant_id)",
    "ALTER TABLE phony.outbox DROP CONSTRAINT outbox_pkey; ALTER TABLE phony.outbox ALTER tenant_id DROP NOT NULL",
    "CREATE FUNCTION phony.peek() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
    "ALTER FUNCTION phony.gate_key OWNER TO phony_owner",
    "ALTER FUNCTION phony.gate_key RESET search_path",
    "GRANT EXECUTE ON FUNCTION phony.gate_key TO PUBLIC",
    "GRANT SELECT ON phony.calls TO PUBLIC",
    "GRANT TRUNCATE ON phony.calls TO phony_app",
    "ALTER ROLE phony_app BYPASSRLS",
    "ALTER ROLE phony_migrator INHERIT",
    "GRANT phony_owner TO phony_app",
    "GRANT phony_gate TO phony_owner",
];

async fn lint(connection: &mut PgConnection) -> Vec<String> {
    let rows = sqlx::query(LINT).fetch_all(connection).await.unwrap();
    rows.iter()
        .map(|row| format!("{}: {}", row.get::<String, _>(0), row.get::<String, _>(1)))
        .collect()
}

#[tokio::test]
async fn the_catalogue_has_no_hole_and_the_lint_sees_every_hole_made_in_it() {
    let servers = TestDb::create().await;
    let mut admin = PgConnection::connect(&servers.admin_url).await.unwrap();
    assert_eq!(lint(&mut admin).await, Vec::<String>::new());
    for mutant in MUTANTS {
        let mut tx = admin.begin().await.unwrap();
        sqlx::raw_sql(mutant).execute(&mut *tx).await.unwrap();
        assert!(!lint(&mut tx).await.is_empty(), "not seen: {mutant}");
        tx.rollback().await.unwrap();
    }
    assert_eq!(lint(&mut admin).await, Vec::<String>::new(), "all was undone");
}
