//! Every table with every verb, as the catalogue lists them: own rows only.

use phony_db::privacy::tables as copied;
use phony_testkit::TestDb;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Postgres, Transaction};
use uuid::Uuid;

const DENIED: &str = "42501";

/// A tenant's table, with what this test needs to write to it.
#[derive(Debug)]
struct Table {
    name: String,
    /// `tenant_id`, but for the table of tenants.
    tenant_column: String,
    /// Columns that must be given, and an expression for each.
    columns: Vec<(String, String)>,
}

impl Table {
    fn insert(&self, tenant: Uuid) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        let values: Vec<String> = self
            .columns
            .iter()
            .map(|(name, value)| {
                if *name == self.tenant_column {
                    format!("'{tenant}'")
                } else {
                    value.clone()
                }
            })
            .collect();
        format!(
            "INSERT INTO {} ({}) VALUES ({})",
            self.name,
            names.join(", "),
            values.join(", ")
        )
    }
}

/// What the test has been through, so that an empty catalogue does not pass.
#[derive(Debug, Default)]
struct Tally {
    allowed: u32,
    denied: u32,
}

async fn tables(admin: &mut PgConnection) -> Vec<Table> {
    let found: Vec<(String, String, Vec<String>, Vec<String>)> = sqlx::query_as(
        "SELECT c.oid::regclass::text,
           CASE WHEN c.relname = 'tenants' THEN 'id' ELSE 'tenant_id' END,
           array_agg(a.attname::text ORDER BY a.attnum), array_agg(format_type(a.atttypid, NULL) ORDER BY a.attnum)
         FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         WHERE c.relnamespace = 'phony'::regnamespace AND c.relkind IN ('r', 'p')
           AND c.relname NOT IN ('users', 'user_credentials', 'identities') AND a.attnotnull AND NOT a.atthasdef
         GROUP BY c.oid, c.relname ORDER BY 1",
    )
    .fetch_all(admin)
    .await
    .unwrap();
    found
        .into_iter()
        .map(|(name, tenant_column, names, types)| Table {
            name,
            tenant_column,
            columns: names
                .into_iter()
                .zip(types.iter().map(|kind| any_value(kind)))
                .collect(),
        })
        .collect()
}

fn any_value(kind: &str) -> String {
    match kind {
        "uuid" => "gen_random_uuid()",
        "text" => "md5(random()::text)",
        "character" => "'USD'",
        "integer" | "bigint" => "(random() * 1000000000)::int",
        "numeric" => "1",
        "boolean" => "false",
        "bytea" => "decode(md5(random()::text), 'hex')",
        "jsonb" => "'{}'",
        "date" => "current_date - (random() * 100000)::int",
        "timestamp with time zone" => "now()",
        "text[]" | "integer[]" => "'{}'",
        other => panic!("no value for the type {other}"),
    }
    .to_owned()
}

/// Only row security is under test: values need not make sense, nor rows fit together.
async fn drop_constraints(admin: &mut PgConnection) {
    sqlx::raw_sql(
        "DO $$ DECLARE k record; BEGIN
           FOR k IN SELECT conrelid::regclass AS t, conname FROM pg_constraint
             WHERE connamespace = 'phony'::regnamespace AND contype IN ('f', 'c', 'x') AND conrelid <> 0
           LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', k.t, k.conname); END LOOP;
           FOR k IN SELECT tgrelid::regclass AS t, tgname FROM pg_trigger WHERE NOT tgisinternal
           LOOP EXECUTE format('DROP TRIGGER %I ON %s', k.tgname, k.t); END LOOP;
         END $$",
    )
    .execute(admin)
    .await
    .unwrap();
}

async fn begin(connection: &mut PgConnection, tenant: Option<Uuid>) -> Transaction<'_, Postgres> {
    let mut tx = connection.begin().await.unwrap();
    if let Some(tenant) = tenant {
        sqlx::query("SELECT set_config('app.tenant_id', $1, true)")
            .bind(tenant.to_string())
            .execute(&mut *tx)
            .await
            .unwrap();
    }
    tx
}

/// Runs one statement in a transaction of its own, undone: rows, or the SQLSTATE.
async fn run(connection: &mut PgConnection, tenant: Option<Uuid>, sql: String) -> Result<u64, String> {
    let mut tx = begin(connection, tenant).await;
    let done = sqlx::query(AssertSqlSafe(sql)).execute(&mut *tx).await;
    tx.rollback().await.unwrap();
    done.map(|done| done.rows_affected())
        .map_err(|error| error.as_database_error().unwrap().code().unwrap().into_owned())
}

/// A column that the role may update, if there is one.
async fn updatable(connection: &mut PgConnection, table: &str) -> Option<String> {
    sqlx::query_scalar(
        "SELECT attname::text FROM pg_attribute
         WHERE attrelid = $1::regclass AND attnum > 0 AND has_column_privilege(attrelid, attnum, 'UPDATE')
         ORDER BY attname = 'tenant_id', attnum LIMIT 1",
    )
    .bind(table)
    .fetch_optional(connection)
    .await
    .unwrap()
}

async fn may(connection: &mut PgConnection, table: &str, verb: &str) -> bool {
    sqlx::query_scalar("SELECT has_table_privilege($1, $2)")
        .bind(table)
        .bind(verb)
        .fetch_one(connection)
        .await
        .unwrap()
}

async fn check(
    connection: &mut PgConnection,
    role: &str,
    table: &Table,
    own: Uuid,
    foreign: Uuid,
    tally: &mut Tally,
) {
    let (name, column) = (&table.name, &table.tenant_column);
    let denied = Err(DENIED.to_owned());
    let foreign_only = format!("WHERE {column} = '{foreign}'");
    let what = |verb: &str| format!("{role}: {verb} {name}");
    let mut statements = Vec::new();
    if may(connection, name, "SELECT").await {
        statements.push(("read", format!("SELECT 1 FROM {name}")));
    }
    if let Some(field) = updatable(connection, name).await {
        statements.push(("change", format!("UPDATE {name} SET {field} = {field}")));
    }
    if may(connection, name, "DELETE").await {
        statements.push(("delete", format!("DELETE FROM {name}")));
    }
    for (verb, sql) in statements {
        assert_eq!(
            run(connection, Some(own), sql.clone()).await,
            Ok(1),
            "{}, all",
            what(verb)
        );
        let narrowed = run(connection, Some(own), format!("{sql} {foreign_only}")).await;
        assert_eq!(narrowed, Ok(0), "{}, of the other", what(verb));
        assert_eq!(
            run(connection, None, sql).await,
            denied,
            "{}, without a tenant",
            what(verb)
        );
        tally.allowed += 1;
        tally.denied += 2;
    }
    let inserts: bool = sqlx::query_scalar("SELECT has_any_column_privilege($1, 'INSERT')")
        .bind(name)
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    // Of these a tenant has one row, which is there already.
    if inserts && !["phony.tenants", "phony.sso_connections"].contains(&name.as_str()) {
        assert_eq!(
            run(connection, Some(own), table.insert(own)).await,
            Ok(1),
            "{}",
            what("insert")
        );
        tally.allowed += 1;
    }
    // Whether for want of a grant or by the policy, these fail everywhere.
    let moved = format!("UPDATE {name} SET {column} = '{foreign}'");
    for (verb, tenant, sql) in [
        ("insert as the other", Some(own), table.insert(foreign)),
        ("move to the other", Some(own), moved),
        ("insert without a tenant", None, table.insert(own)),
    ] {
        assert_eq!(run(connection, tenant, sql).await, denied, "{}", what(verb));
        tally.denied += 1;
    }
    for verb in ["TRUNCATE", "REFERENCES", "TRIGGER"] {
        assert!(!may(connection, name, verb).await, "{}", what(verb));
    }
}

#[tokio::test]
async fn every_table_shows_and_takes_own_rows_only() {
    let servers = TestDb::create().await;
    let mut admin = PgConnection::connect(&servers.admin_url).await.unwrap();
    drop_constraints(&mut admin).await;
    let tables = tables(&mut admin).await;
    assert!(tables.len() >= 25, "the catalogue has {} tables", tables.len());
    let (acme, globex) = (Uuid::now_v7(), Uuid::now_v7());
    for table in &tables {
        for tenant in [acme, globex] {
            sqlx::query(AssertSqlSafe(table.insert(tenant)))
                .execute(&mut admin)
                .await
                .unwrap();
        }
    }
    let mut tally = Tally::default();
    for (role, url) in [
        ("phony_app", &servers.app_url),
        ("phony_worker", &servers.worker_url),
    ] {
        let mut connection = PgConnection::connect(url).await.unwrap();
        for table in &tables {
            check(&mut connection, role, table, acme, globex, &mut tally).await;
            check(&mut connection, role, table, globex, acme, &mut tally).await;
        }
    }
    assert!(tally.allowed > 200 && tally.denied > 600, "{tally:?}");
}

#[tokio::test]
async fn append_only_tables_are_never_changed() {
    let servers = TestDb::create().await;
    for url in [&servers.app_url, &servers.worker_url] {
        let mut connection = PgConnection::connect(url).await.unwrap();
        for table in [
            "call_events",
            "audit_log",
            "usage_events",
            "rated_usage",
            "invoiced_usage",
            "credit_entries",
            "budget_alerts",
            "provider_costs",
            "personality_versions",
            "carrier_callbacks",
            "tenant_policies",
        ] {
            let table = format!("phony.{table}");
            assert!(may(&mut connection, &table, "INSERT").await, "{table}");
            // Callbacks of calls that were settled long ago are cleared out, what was said in a call that was erased or
            // kept long enough, old entries of the log, and what a company has said that is closed.
            let cleared = [
                "phony.carrier_callbacks",
                "phony.call_events",
                "phony.audit_log",
                "phony.personality_versions",
            ];
            let cleared_out = cleared.contains(&table.as_str()) && url == &servers.worker_url;
            assert_eq!(
                may(&mut connection, &table, "DELETE").await,
                cleared_out,
                "{table}"
            );
            assert_eq!(updatable(&mut connection, &table).await, None, "{table}");
        }
    }
}

#[tokio::test]
async fn a_copy_of_a_company_knows_every_table_and_leaves_out_what_opens_doors() {
    let servers = TestDb::create().await;
    let mut admin = PgConnection::connect(&servers.admin_url).await.unwrap();
    let found: Vec<String> = sqlx::query_scalar(
        "SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
         WHERE c.relnamespace = 'phony'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1",
    )
    .fetch_all(&mut admin)
    .await
    .unwrap();
    let mut listed: Vec<&str> = copied::COPIED.iter().map(|table| table.name).collect();
    listed.extend(copied::NOT_COPIED.iter().map(|(name, _)| *name));
    listed.sort_unstable();
    assert_eq!(listed, found, "a new table is copied, or it is said why not");
    for table in copied::COPIED {
        let columns: Vec<String> = sqlx::query_scalar(
            "SELECT attname::text FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0",
        )
        .bind(format!("phony.{}", table.name))
        .fetch_all(&mut admin)
        .await
        .unwrap();
        for column in &columns {
            let opens = ["_sealed", "_enc", "_hash", "_hmac", "storage_key"];
            if opens.iter().any(|end| column.ends_with(end)) && column != "subject_hmac" {
                assert!(
                    table.without.contains(&column.as_str()),
                    "{}.{column}",
                    table.name
                );
            }
        }
        for column in table.without {
            assert!(
                columns.iter().any(|name| name == column),
                "{}.{column}",
                table.name
            );
        }
    }
}

#[tokio::test]
async fn people_are_seen_through_a_membership_only_and_views_show_own_rows() {
    let servers = TestDb::create().await;
    let mut admin = PgConnection::connect(&servers.admin_url).await.unwrap();
    drop_constraints(&mut admin).await;
    let (acme, globex) = (Uuid::now_v7(), Uuid::now_v7());
    let tables = tables(&mut admin).await;
    let table = |name: &str| {
        tables
            .iter()
            .find(|table| table.name == format!("phony.{name}"))
            .unwrap()
    };
    for tenant in [acme, globex] {
        let user = Uuid::now_v7();
        let person = format!("INSERT INTO phony.users (id, email) VALUES ('{user}', '{user}@x.test')");
        let member = format!(
            "INSERT INTO phony.memberships (tenant_id, user_id, role) VALUES ('{tenant}', '{user}', 'admin')"
        );
        for sql in [person, member, table("calls").insert(tenant)] {
            sqlx::query(AssertSqlSafe(sql)).execute(&mut admin).await.unwrap();
        }
    }
    let mut app = PgConnection::connect(&servers.app_url).await.unwrap();
    for object in ["phony.users", "phony.live_calls"] {
        let sql = format!("SELECT 1 FROM {object}").replace("1 FROM phony.users", "id FROM phony.users");
        for tenant in [acme, globex] {
            assert_eq!(run(&mut app, Some(tenant), sql.clone()).await, Ok(1), "{object}");
        }
        assert_eq!(
            run(&mut app, Some(Uuid::now_v7()), sql.clone()).await,
            Ok(0),
            "{object}"
        );
        assert_eq!(run(&mut app, None, sql).await, Err(DENIED.to_owned()), "{object}");
    }
    for sql in [
        "INSERT INTO phony.users (id, email) VALUES (gen_random_uuid(), 'a@x.test')",
        "UPDATE phony.users SET email = 'a@x.test'",
        "DELETE FROM phony.users",
    ] {
        assert_eq!(
            run(&mut app, Some(acme), sql.to_owned()).await,
            Err(DENIED.to_owned()),
            "{sql}"
        );
    }
}
