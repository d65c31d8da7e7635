//! Brings the schema up to date. The migrations are part of the binary; they run as `phony_migrator`.

use phony_kernel::{Error, Result};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, Row};

use crate::error::DbResult;

/// Oldest server we accept, as `server_version_num`: earlier ones leak statistics past row security.
pub const OLDEST_SERVER: i32 = 150_014;

/// Where it is noted which migrations have run.
const BOOKS: &str = "phony_migrations.applied";

/// Keeps two servers that start at once from migrating at once.
const LOCK: i64 = 0x70_68_6f_6e_79;

/// Checks the server and runs the migrations that have not run yet. `migration_url` signs in as `phony_migrator`.
///
/// # Errors
/// When the server is too old, cannot be reached, or a migration fails; a failed migration leaves nothing behind.
pub async fn run(migration_url: &str) -> Result<()> {
    let options: PgConnectOptions = migration_url.parse().db()?;
    let mut connection = options.connect().await.db()?;
    check_version(&mut connection).await?;
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(LOCK)
        .execute(&mut connection)
        .await
        .db()?;
    open_books(&mut connection).await?;
    let mut migrator = migrator();
    migrator.dangerous_set_table_name(BOOKS);
    migrator.run(&mut connection).await.map_err(|cause| {
        Error::internal(anyhow::Error::new(cause).context("the schema could not be brought up to date"))
    })?;
    // Closing the connection gives the lock back.
    connection.close().await.db()
}

fn migrator() -> sqlx::migrate::Migrator {
    sqlx::migrate!("../../migrations")
}

/// What tells the schema that this binary makes from any other: the checksums of its migrations, in their order.
#[must_use]
pub fn checksums() -> Vec<Vec<u8>> {
    let migrator = migrator();
    migrator
        .iter()
        .map(|migration| migration.checksum.to_vec())
        .collect()
}

/// Refuses a server older than [`OLDEST_SERVER`].
///
/// # Errors
/// When it is older, or cannot be reached.
pub async fn check_server(url: &str) -> Result<()> {
    let options: PgConnectOptions = url.parse().db()?;
    let mut connection = options.connect().await.db()?;
    check_version(&mut connection).await?;
    connection.close().await.db()
}

async fn check_version(connection: &mut PgConnection) -> Result<()> {
    let row = sqlx::query("SELECT current_setting('server_version_num')::int AS version")
        .fetch_one(connection)
        .await
        .db()?;
    let version: i32 = row.try_get("version").db()?;
    if version < OLDEST_SERVER {
        return Err(Error::internal(anyhow::anyhow!(
            "postgresql {}.{} is too old, 15.14 or newer is needed",
            version / 10_000,
            version % 10_000
        )));
    }
    Ok(())
}

/// The notes have a schema of their own. Where whoever prepared the database did not make it, the owner does:
/// the migrator itself may create nothing.
async fn open_books(connection: &mut PgConnection) -> Result<()> {
    sqlx::raw_sql(
        "DO $$ BEGIN
           IF to_regnamespace('phony_migrations') IS NULL THEN
             SET LOCAL ROLE phony_owner;
             CREATE SCHEMA phony_migrations AUTHORIZATION phony_owner;
             GRANT USAGE, CREATE ON SCHEMA phony_migrations TO phony_migrator;
           END IF;
         END $$",
    )
    .execute(connection)
    .await
    .db()?;
    Ok(())
}
