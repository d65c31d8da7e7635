//! Migrations: from nothing, by two at once, and again.

use phony_testkit::TestDb;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

const DATABASE_SQL: &str = include_str!("../../../../../infra/postgres/database.sql");

#[tokio::test]
async fn two_servers_that_start_at_once_migrate_once() {
    let servers = TestDb::create().await;
    let name = format!("{}_m", servers.name);
    let mut server = PgConnection::connect(&servers.admin_url).await.unwrap();
    let there = |url: &str| url.replace(&servers.name, &name);
    sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .execute(&mut server)
        .await
        .unwrap();

    let mut admin = PgConnection::connect(&there(&servers.admin_url)).await.unwrap();
    sqlx::raw_sql(DATABASE_SQL).execute(&mut admin).await.unwrap();
    // Whoever prepared the database may have left the schema of the books out.
    sqlx::raw_sql("DROP SCHEMA phony_migrations")
        .execute(&mut admin)
        .await
        .unwrap();
    let url = there(&servers.migrator_url);
    phony_db::migrate::check_server(&url).await.unwrap();
    let (one, other) = tokio::join!(phony_db::migrate::run(&url), phony_db::migrate::run(&url));
    one.unwrap();
    other.unwrap();
    phony_db::migrate::run(&url).await.unwrap();
    let failed: i64 =
        sqlx::query_scalar("SELECT count(*) FILTER (WHERE NOT success) FROM phony_migrations.applied")
            .fetch_one(&mut admin)
            .await
            .unwrap();
    assert_eq!(failed, 0);
    admin.close().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)")))
        .execute(&mut server)
        .await
        .unwrap();
}
