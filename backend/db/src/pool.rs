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
            // next borrower would continue it, with the other tenant set. ROLLBACK alone warns each time that
            // there was nothing to roll back; so this warns, or fails and closes, only when there was.
            .after_release(|connection, _| {
                Box::pin(async move {
                    sqlx::raw_sql("BEGIN; ROLLBACK").execute(connection).await?;
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

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Poll;

    use phony_testkit::TestDb;

    use super::*;

    async fn setting(connection: &mut PgConnection) -> String {
        sqlx::query_scalar("SELECT coalesce(current_setting('app.tenant_id', true), '')")
            .fetch_one(connection)
            .await
            .unwrap()
    }

    /// Polls `future` at most `polls` times, then drops it where it stands.
    async fn cancelled_after<F: Future>(polls: usize, future: F) -> bool {
        let mut future = pin!(future);
        let mut left = polls;
        poll_fn(|context| {
            if left == 0 {
                return Poll::Ready(true);
            }
            left -= 1;
            future.as_mut().poll(context).map(|_| false)
        })
        .await
    }

    #[tokio::test]
    async fn the_tenant_is_gone_after_commit_and_after_rollback() {
        let servers = TestDb::create().await;
        let db = Db::connect_lazy(&servers.app_url, 1).unwrap();
        for commit in [true, false] {
            let tenant = TenantId::new();
            let mut tx = db.tenant(tenant).await.unwrap();
            assert_eq!(setting(tx.connection()).await, tenant.uuid().to_string());
            if commit {
                tx.commit().await.unwrap();
            } else {
                drop(tx);
            }
            let mut next = db.system("test").await.unwrap();
            assert_eq!(setting(next.connection()).await, "");
            let refused = sqlx::query("SELECT 1 FROM phony.calls")
                .execute(next.connection())
                .await
                .unwrap_err();
            let code = refused
                .as_database_error()
                .and_then(|error| error.code())
                .unwrap();
            assert_eq!(code, "42501");
        }
    }

    #[tokio::test]
    async fn cancelled_transactions_leave_no_tenant_and_no_writes_behind() {
        const CANCELLED: usize = 2_000;
        let servers = TestDb::create().await;
        let db = Db::connect_lazy(&servers.app_url, 4).unwrap();
        let mut cancelled = 0;
        for round in 0..CANCELLED {
            let (one, other) = (TenantId::new(), TenantId::new());
            let work = async |tenant: TenantId| {
                let mut tx = db.tenant(tenant).await.unwrap();
                sqlx::query("INSERT INTO phony.tenants (id, slug, name, plan) VALUES ($1, $2, 'x', 'basic')")
                    .bind(tenant.uuid())
                    .bind(tenant.uuid().simple().to_string())
                    .execute(tx.connection())
                    .await
                    .unwrap();
                sqlx::query("SELECT pg_sleep(0.0001)")
                    .execute(tx.connection())
                    .await
                    .unwrap();
                tx
            };
            // Two at a time, each dropped somewhere between its first step and its last.
            let (a, b) = tokio::join!(
                cancelled_after(round % 13, work(one)),
                cancelled_after(round % 11, work(other)),
            );
            cancelled += usize::from(a) + usize::from(b);
            let mut next = db.system("test").await.unwrap();
            assert_eq!(setting(next.connection()).await, "", "round {round}");
            // Commits whatever an earlier borrower left open, so that it shows below.
            next.commit().await.unwrap();
        }
        assert!(cancelled >= CANCELLED, "only {cancelled} were cancelled midway");
        let mut admin = <PgConnection as sqlx::Connection>::connect(&servers.admin_url)
            .await
            .unwrap();
        let written: i64 = sqlx::query_scalar("SELECT count(*) FROM phony.tenants")
            .fetch_one(&mut admin)
            .await
            .unwrap();
        assert_eq!(written, 0);
    }

    /// Counts what the server warns of.
    #[derive(Default)]
    struct Notices(Arc<AtomicUsize>);

    impl tracing::Subscriber for Notices {
        fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
            metadata.target() == "sqlx::postgres::notice"
        }
        fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
            tracing::span::Id::from_u64(1)
        }
        fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
        fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
        fn event(&self, _: &tracing::Event<'_>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        fn enter(&self, _: &tracing::span::Id) {}
        fn exit(&self, _: &tracing::span::Id) {}
    }

    #[tokio::test]
    async fn a_clean_connection_goes_back_without_a_word_and_another_with_one() {
        let servers = TestDb::create().await;
        let db = Db::connect_lazy(&servers.app_url, 1).unwrap();
        let count = Arc::new(AtomicUsize::new(0));
        let _counting = tracing::subscriber::set_default(Notices(count.clone()));
        for commit in [true, false] {
            let tx = db.tenant(TenantId::new()).await.unwrap();
            if commit {
                tx.commit().await.unwrap();
            } else {
                drop(tx);
            }
            drop(db.system("test").await.unwrap());
        }
        db.ping().await.unwrap();
        assert_eq!(count.load(Ordering::Relaxed), 0);
        let mut left_open = db.pool.acquire().await.unwrap();
        sqlx::raw_sql("BEGIN").execute(&mut *left_open).await.unwrap();
        drop(left_open);
        db.ping().await.unwrap();
        assert_eq!(count.load(Ordering::Relaxed), 1);
    }
}
