//! What a test may rely on.

use phony_testkit::{TestDb, redis_connection, redis_url};
use sqlx::{Connection, PgConnection};

async fn ask(url: &str, sql: &'static str) -> Result<String, sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::query_scalar(sql).fetch_one(&mut connection).await
}

#[tokio::test]
async fn a_database_is_migrated_and_has_its_grants() {
    let database = TestDb::create().await;
    let who = "SELECT current_user::text";
    assert_eq!(ask(&database.app_url, who).await.unwrap(), "phony_app");
    assert_eq!(ask(&database.worker_url, who).await.unwrap(), "phony_worker");
    assert_eq!(ask(&database.migrator_url, who).await.unwrap(), "phony_migrator");
    let table = "SELECT to_regclass('phony.tenants')::text";
    assert_eq!(ask(&database.app_url, table).await.unwrap(), "phony.tenants");
    assert!(
        ask(&database.app_url, "CREATE TEMP TABLE t (a int)")
            .await
            .is_err(),
        "PUBLIC may not have TEMP"
    );
}

#[tokio::test]
async fn two_databases_are_two_and_go_when_dropped() {
    let (one, two) = tokio::join!(TestDb::create(), TestDb::create());
    assert_ne!(one.name, two.name);
    let (url, name) = (two.admin_url.clone(), one.name.clone());
    drop(one);
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_database WHERE datname = $1")
        .bind(name)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn each_redis_is_empty_and_apart() {
    let (one, two) = tokio::join!(redis_url(), redis_url());
    assert_ne!(one, two);
    let mut one = redis_connection(&one).await;
    let mut two = redis_connection(&two).await;
    let _: () = redis::cmd("SET")
        .arg("k")
        .arg("v")
        .query_async(&mut one)
        .await
        .unwrap();
    let keys: i64 = redis::cmd("DBSIZE").query_async(&mut two).await.unwrap();
    assert_eq!(keys, 0);
}
