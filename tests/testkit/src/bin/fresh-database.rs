//! A fresh database and a fresh Redis for programs that are not written in Rust.
//!
//! Prints their addresses as one line of JSON and keeps them until its standard input closes.

use std::io::{Read as _, Write as _};

use anyhow::{Context, Result};
use phony_testkit::{TestDb, try_redis_url};
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let database = TestDb::try_create().await?;
    let addresses = json!({
        "DATABASE_URL": database.app_url,
        "DATABASE_WORKER_URL": database.worker_url,
        "DATABASE_MIGRATION_URL": database.migrator_url,
        "REDIS_URL": try_redis_url().await?,
    });
    let mut out = std::io::stdout();
    writeln!(out, "{addresses}").context("standard output is closed")?;
    out.flush().context("standard output is closed")?;
    std::io::stdin()
        .read_to_end(&mut Vec::new())
        .context("standard input cannot be read")?;
    drop(database);
    Ok(())
}
