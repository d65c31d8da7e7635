//! A fresh database and a fresh Redis for programs that are not written in Rust.
//!
//! Prints their addresses as one line of JSON and keeps them until its standard input closes. A line that comes in
//! is run as SQL by the superuser, to bring about what otherwise takes long, and answered with `ok`.

use std::io::Write as _;

use anyhow::{Context, Result};
use phony_testkit::{TestDb, try_redis_url};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let database = TestDb::try_create().await?;
    let addresses = json!({
        "DATABASE_URL": database.app_url,
        "DATABASE_WORKER_URL": database.worker_url,
        "DATABASE_MIGRATION_URL": database.migrator_url,
        "REDIS_URL": try_redis_url().await?,
    });
    tell(&addresses.to_string())?;
    let mut connection = PgConnection::connect(&database.admin_url).await?;
    for line in std::io::stdin().lines() {
        let line = line.context("standard input cannot be read")?;
        sqlx::raw_sql(AssertSqlSafe(line))
            .execute(&mut connection)
            .await?;
        tell("ok")?;
    }
    connection.close().await?;
    drop(database);
    Ok(())
}

fn tell(line: &str) -> Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .context("standard output is closed")
}
