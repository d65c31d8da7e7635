//! A Redis database of one's own.

use std::time::Duration;

use anyhow::{Context, Result};
use redis::AsyncConnectionConfig;
use redis::aio::MultiplexedConnection;

use crate::addresses::{Addresses, with_path};

/// The private Redis has 4096 logical databases; number 0 counts who has which.
const DATABASES: i64 = 4095;

/// How long its answers are waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// The address of an empty logical database that no other running test has.
///
/// Pub/sub channels are common to all databases of a server: name them by ids.
///
/// # Panics
/// When there is no server; the message says how to start one.
#[expect(
    clippy::panic,
    reason = "only tests call it, and they have no other way to go on"
)]
pub async fn redis_url() -> String {
    match try_redis_url().await {
        Ok(url) => url,
        Err(error) => panic!("{error:#}"),
    }
}

/// [`redis_url`] for those who want the error.
///
/// # Errors
/// When there is no server.
pub async fn try_redis_url() -> Result<String> {
    let base = Addresses::find()?.redis;
    let mut connection = patient(&with_path(&base, "0"))
        .await
        .context("the test Redis does not answer; start it with: cargo xtask services")?;
    let turn: i64 = redis::cmd("INCR")
        .arg("phony:testkit:turn")
        .query_async(&mut connection)
        .await?;
    let url = with_path(&base, &(1 + turn % DATABASES).to_string());
    let mut own = patient(&url).await?;
    // Somebody had this number a few thousand tests ago.
    let _: () = redis::cmd("FLUSHDB").query_async(&mut own).await?;
    Ok(url)
}

/// A connection to a database of [`redis_url`], for tests that look into it.
///
/// # Panics
/// When there is no server.
#[expect(
    clippy::panic,
    reason = "only tests call it, and they have no other way to go on"
)]
pub async fn redis_connection(url: &str) -> MultiplexedConnection {
    match patient(url).await {
        Ok(connection) => connection,
        Err(error) => panic!("{error:#}"),
    }
}

/// A machine that is busy with many tests takes longer than the half second that is usual.
async fn patient(url: &str) -> Result<MultiplexedConnection> {
    let patient = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(PATIENCE))
        .set_response_timeout(Some(PATIENCE));
    let client = redis::Client::open(url)?;
    Ok(client
        .get_multiplexed_async_connection_with_config(&patient)
        .await?)
}
