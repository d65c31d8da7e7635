//! The private pool and the two kinds of transaction that others may have.

use std::time::Duration;

use phony_kernel::{Result, TenantId};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Postgres, Transaction};

use crate::error::DbResult;

/// The database. The pool is private: a query needs a [`TenantTx`] or a [`SystemTx`].
#[derive(Clone, Debug)]
pub struct Db {
    pool: PgPool,
}

/// A transaction that sees one tenant and nobody else.
#[derive(Debug)]
pub struct TenantTx {
    tx: Transaction<'static, Postgres>,
    tenant: TenantId,
}

/// A transaction without a tenant: it reaches the gate functions and the price list, no tenant's rows.
#[derive(Debug)]
pub struct SystemTx {
    tx: Transaction<'static, Postgres>,
}

impl Db {
    /// Opens a pool of at most `max_connections`.
    ///
    /// # Errors
    /// When the address cannot be read; connections are made when first needed.
    pub fn connect_lazy(url: &str, max_connections: u32) -> Result<Self> {
        let options: PgConnectOptions = url.parse().db()?;
        let pool = PgPoolOptions::new()
            .max_connections(max_connections)
            .acquire_timeout(Duration::from_secs(1))
            // A request dropped during BEGIN can leave its connection inside a transaction; without this the
            // next borrower would continue it, with the other tenant set.
            .after_release(|connection, _| {
                Box::pin(async move {
                    sqlx::query("ROLLBACK").execute(connection).await?;
                    Ok(true)
                })
            })
            .connect_lazy_with(options);
        Ok(Self { pool })
    }

    /// Opens a transaction that can see `tenant` and nobody else, in one round trip.
    ///
    /// # Errors
    /// `unavailable` when no connection is free within a second.
    pub async fn tenant(&self, tenant: TenantId) -> Result<TenantTx> {
        // A typed uuid: nothing to escape.
        let begin = format!(
            "BEGIN; SELECT set_config('app.tenant_id','{}',true)",
            tenant.uuid()
        );
        let tx = self.pool.begin_with(AssertSqlSafe(begin)).await.db()?;
        Ok(TenantTx { tx, tenant })
    }

    /// Opens a read-only transaction that sees `tenant` as it stands now, however long it reads.
    ///
    /// # Errors
    /// `unavailable` when no connection is free within a second.
    pub async fn snapshot(&self, tenant: TenantId) -> Result<TenantTx> {
        // A typed uuid: nothing to escape.
        let begin = format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT set_config('app.tenant_id','{}',true)",
            tenant.uuid()
        );
        let tx = self.pool.begin_with(AssertSqlSafe(begin)).await.db()?;
        Ok(TenantTx { tx, tenant })
    }

    /// Opens a transaction without a tenant; `reason` says in the log why one is needed.
    ///
    /// # Errors
    /// `unavailable` when no connection is free within a second.
    pub async fn system(&self, reason: &'static str) -> Result<SystemTx> {
        tracing::trace!(reason, "system transaction");
        Ok(SystemTx {
            tx: self.pool.begin().await.db()?,
        })
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// `unavailable` when it does not.
    pub async fn ping(&self) -> Result<()> {
        let mut tx = self.system("readiness").await?;
        sqlx::query("SELECT 1").execute(tx.connection()).await.db()?;
        Ok(())
    }

    /// Closes the pool, waiting for borrowed connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

impl TenantTx {
    /// Whose rows it sees.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// For queries of this crate.
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    /// Makes all its writes lasting.
    ///
    /// # Errors
    /// When the database refuses; then none is.
    pub async fn commit(self) -> Result<()> {
        self.tx.commit().await.db()
    }

    /// Undoes all its writes and waits until its locks are gone; dropping it does so a little later.
    ///
    /// # Errors
    /// When the connection broke; then the server undoes them.
    pub async fn rollback(self) -> Result<()> {
        self.tx.rollback().await.db()
    }
}

impl SystemTx {
    /// For queries of this crate.
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    /// Makes all its writes lasting.
    ///
    /// # Errors
    /// When the database refuses; then none is.
    pub async fn commit(self) -> Result<()> {
        self.tx.commit().await.db()
    }
}
