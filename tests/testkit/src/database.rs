//! A database of one's own, cloned from a template that is migrated once.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};

use crate::addresses::{Addresses, with_path};

/// What every database needs before its migrations; the grants are not copied from a template.
const DATABASE_SQL: &str = include_str!("../../../infra/postgres/database.sql");

/// Held while the template is made, by whoever comes first.
const LOCK: i64 = 0x7465_7374;

/// Databases of tests that were killed go after this time.
const LEFT_BEHIND: Duration = Duration::from_secs(3600);

/// How long the end of a test waits for its database to go.
const LAST_WORD: Duration = Duration::from_secs(2);

/// A fresh, migrated database. It is dropped with this value.
#[derive(Debug)]
pub struct TestDb {
    /// Its name.
    pub name: String,
    /// As the API signs in: `phony_app`.
    pub app_url: String,
    /// As the worker signs in: `phony_worker`.
    pub worker_url: String,
    /// As migrations sign in: `phony_migrator`.
    pub migrator_url: String,
    /// As a superuser, whom row security does not bind: to look at what was written, never to run the product.
    pub admin_url: String,
    server: String,
}

impl TestDb {
    /// Makes one.
    ///
    /// # Panics
    /// When there is no server or the migrations fail; the message says what to do.
    #[expect(
        clippy::panic,
        reason = "only tests call it, and they have no other way to go on"
    )]
    pub async fn create() -> Self {
        match Self::try_create().await {
            Ok(database) => database,
            Err(error) => panic!("{error:#}"),
        }
    }

    /// [`TestDb::create`] for those who want the error.
    ///
    /// # Errors
    /// When there is no server or the migrations fail.
    pub async fn try_create() -> Result<Self> {
        let addresses = Addresses::find()?;
        let mut server = PgConnection::connect(&addresses.admin)
            .await
            .context("the test PostgreSQL does not answer; start it with: cargo xtask services")?;
        let template = template(&mut server, &addresses).await?;
        let name = fresh_name();
        run(
            &mut server,
            &format!("CREATE DATABASE {name} TEMPLATE {template}"),
        )
        .await?;
        let url = |base: &str| with_path(base, &name);
        let database = Self {
            app_url: url(&addresses.app),
            worker_url: url(&addresses.worker),
            migrator_url: url(&addresses.migrator),
            admin_url: url(&addresses.admin),
            server: addresses.admin.clone(),
            name: name.clone(),
        };
        server.close().await?;
        let mut inside = PgConnection::connect(&database.admin_url).await?;
        sqlx::raw_sql(DATABASE_SQL)
            .execute(&mut inside)
            .await
            .context("database.sql failed")?;
        inside.close().await?;
        Ok(database)
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // The runtime we are in may be the one that is ending, so the last word needs another.
        let (finished, done) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let dropped = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map(|runtime| runtime.block_on(drop_database(&server, &name)));
            // Nobody may be waiting any more.
            let _ = finished.send(dropped.is_ok());
        });
        // Dropping waits for every connection that is still signing in, and ours cannot go on while this thread
        // holds up its runtime. So no waiting for long: the server finishes what it has begun, and what stays is
        // swept later.
        let _ = done.recv_timeout(LAST_WORD);
    }
}

async fn drop_database(server: &str, name: &str) -> Result<()> {
    let mut connection = PgConnection::connect(server).await?;
    run(
        &mut connection,
        &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
    )
    .await
}

/// The name of the migrated template, made if it is not there.
async fn template(server: &mut PgConnection, addresses: &Addresses) -> Result<String> {
    let name = format!("phony_template_{:016x}", fingerprint());
    // Set last: a template whose making was interrupted is none.
    if is_template(server, &name).await? {
        return Ok(name);
    }
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(LOCK)
        .execute(&mut *server)
        .await?;
    let made = make_template(server, addresses, &name).await;
    sqlx::query("SELECT pg_advisory_unlock($1)")
        .bind(LOCK)
        .execute(&mut *server)
        .await?;
    made?;
    Ok(name)
}

async fn make_template(server: &mut PgConnection, addresses: &Addresses, name: &str) -> Result<()> {
    if is_template(server, name).await? {
        return Ok(());
    }
    sweep(server).await?;
    run(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
    run(server, &format!("CREATE DATABASE {name}")).await?;
    let mut inside = PgConnection::connect(&with_path(&addresses.admin, name)).await?;
    sqlx::raw_sql(DATABASE_SQL)
        .execute(&mut inside)
        .await
        .context("database.sql failed")?;
    inside.close().await?;
    phony_db::migrate::run(&with_path(&addresses.migrator, name))
        .await
        .context("the migrations failed")?;
    // Nobody may connect from now on: a connection would stop others from cloning.
    run(
        server,
        &format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false IS_TEMPLATE true"),
    )
    .await
}

async fn is_template(server: &mut PgConnection, name: &str) -> Result<bool> {
    let found: Option<bool> = sqlx::query_scalar("SELECT datistemplate FROM pg_database WHERE datname = $1")
        .bind(name)
        .fetch_optional(server)
        .await?;
    Ok(found.unwrap_or(false))
}

/// Drops what killed tests left behind; their names say when they were made.
async fn sweep(server: &mut PgConnection) -> Result<()> {
    let names: Vec<String> =
        sqlx::query_scalar(r"SELECT datname::text FROM pg_database WHERE datname LIKE 'phony\_test\_%'")
            .fetch_all(&mut *server)
            .await?;
    let limit = now().saturating_sub(LEFT_BEHIND).as_secs();
    for name in names {
        let made = name
            .split('_')
            .nth(2)
            .and_then(|word| u64::from_str_radix(word, 16).ok());
        if made.is_some_and(|made| made < limit) {
            run(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
        }
    }
    Ok(())
}

/// Statements that take no parameters; every name in them is ours.
async fn run(connection: &mut PgConnection, sql: &str) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(connection)
        .await
        .with_context(|| sql.to_owned())?;
    Ok(())
}

/// Changes with every migration that this binary would run, and with what comes before them.
fn fingerprint() -> u64 {
    let mut hasher = DefaultHasher::new();
    DATABASE_SQL.hash(&mut hasher);
    phony_db::migrate::checksums().hash(&mut hasher);
    hasher.finish()
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn fresh_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = now();
    format!(
        "phony_test_{:x}_{:x}_{:x}_{}",
        now.as_secs(),
        now.subsec_nanos(),
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    )
}
