//! The database: its private connections, and how transactions begin on them.

use std::sync::Arc;
use std::time::Duration;

use phony_kernel::TenantId;
use sqlx::postgres::PgConnectOptions;

use crate::calls::words::WordSealer;
use crate::connections::Connections;
use crate::error::DbResult;
use crate::read::TenantRead;
use crate::transaction::{Open, SystemTx, TenantTx, is_gone};

/// Connections that may turn out to be dead when they are taken, before the database counts as away.
pub(crate) const STALE_IN_A_ROW: u32 = 64;
/// How long the end of the program waits for borrowed connections.
const CLOSED_WITHIN: Duration = Duration::from_secs(5);

/// The database. The connections are private: a query needs a [`TenantTx`], a [`TenantRead`] or a [`SystemTx`].
#[derive(Clone, Debug)]
pub struct Db {
    connections: Connections,
    words: Option<Arc<dyn WordSealer>>,
}

impl Db {
    /// Opens a pool of at most `max_connections`.
    ///
    /// # Errors
    /// When the address cannot be read; connections are made when first needed.
    pub fn connect_lazy(url: &str, max_connections: u32) -> phony_kernel::Result<Self> {
        let options: PgConnectOptions = url.parse().db()?;
        let connections = Connections::lazy(options, max_connections).db()?;
        Ok(Self {
            connections,
            words: None,
        })
    }

    /// The same, with the words of calls sealed before they are written. Without it they stay in the clear, and sealed
    /// ones cannot be read.
    #[must_use]
    pub fn sealing_words(mut self, sealer: Arc<dyn WordSealer>) -> Self {
        self.words = Some(sealer);
        self
    }

    /// Opens a transaction that can see `tenant` and nobody else, in one round trip.
    ///
    /// # Errors
    /// `unavailable` when no connection is free within a second.
    pub async fn tenant(&self, tenant: TenantId) -> phony_kernel::Result<TenantTx> {
        // A typed uuid: nothing to escape.
        let begin = format!(
            "BEGIN; SELECT set_config('app.tenant_id','{}',true)",
            tenant.uuid()
        );
        let open = self.begin(&begin).await?;
        Ok(TenantTx {
            open,
            tenant,
            words: self.words.clone(),
        })
    }

    /// For single statements that read of `tenant`, each a transaction of its own in one exchange.
    #[must_use]
    pub fn read(&self, tenant: TenantId) -> TenantRead {
        TenantRead::new(self.connections.clone(), tenant)
    }

    /// Opens a read-only transaction that sees `tenant` as it stands now, however long it reads.
    ///
    /// # Errors
    /// `unavailable` when no connection is free within a second.
    pub async fn snapshot(&self, tenant: TenantId) -> phony_kernel::Result<TenantTx> {
        // A typed uuid: nothing to escape.
        let begin = format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT set_config('app.tenant_id','{}',true)",
            tenant.uuid()
        );
        let open = self.begin(&begin).await?;
        Ok(TenantTx {
            open,
            tenant,
            words: self.words.clone(),
        })
    }

    /// Opens a transaction without a tenant; `reason` says in the log why one is needed.
    ///
    /// # Errors
    /// `unavailable` when no connection is free within a second.
    pub async fn system(&self, reason: &'static str) -> phony_kernel::Result<SystemTx> {
        tracing::trace!(reason, "system transaction");
        Ok(SystemTx {
            open: self.begin("BEGIN").await?,
        })
    }

    /// Begins a transaction, on another connection when the first ones turn out to be dead: all of them are after
    /// a restart of the database.
    async fn begin(&self, begin: &str) -> phony_kernel::Result<Open> {
        let mut stale = 0;
        loop {
            let mut open = Open::new(self.connections.take().await.db()?);
            match open.run(begin).await {
                Ok(()) => return Ok(open),
                Err(error) if is_gone(&error) && stale < STALE_IN_A_ROW => {
                    open.discard();
                    stale += 1;
                }
                Err(error) => return Err(error).db(),
            }
        }
    }

    /// How connections are made; for one that is not borrowed.
    pub(crate) fn options(&self) -> &PgConnectOptions {
        self.connections.options()
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// `unavailable` when it does not.
    pub async fn ping(&self) -> phony_kernel::Result<()> {
        let mut tx = self.system("readiness").await?;
        sqlx::query("SELECT 1").execute(tx.connection()).await.db()?;
        tx.commit().await
    }

    /// Closes all connections, waiting a while for borrowed ones.
    pub async fn close(&self) {
        self.connections.close(CLOSED_WITHIN).await;
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
    use sqlx::PgConnection;

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
        let mut round = 0;
        while cancelled < CANCELLED {
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
                cancelled_after(round % 8, work(one)),
                cancelled_after(round % 7, work(other)),
            );
            cancelled += usize::from(a) + usize::from(b);
            let mut next = db.system("test").await.unwrap();
            assert_eq!(setting(next.connection()).await, "", "round {round}");
            // Commits whatever an earlier borrower left open, so that it shows below.
            next.commit().await.unwrap();
            round += 1;
            assert!(round < 4 * CANCELLED, "only {cancelled} were cancelled midway");
        }
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
    async fn a_transaction_ends_without_a_warning_of_the_server() {
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
    }

    #[tokio::test]
    async fn connections_that_the_server_has_ended_are_passed_over() {
        const CONNECTIONS: usize = 4;
        let servers = TestDb::create().await;
        let db = Db::connect_lazy(&servers.app_url, CONNECTIONS as u32).unwrap();
        let mut open = Vec::new();
        for _ in 0..CONNECTIONS {
            open.push(db.system("test").await.unwrap());
        }
        for tx in open {
            tx.commit().await.unwrap();
        }
        let mut admin = <PgConnection as sqlx::Connection>::connect(&servers.admin_url)
            .await
            .unwrap();
        let ended: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM (SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity
             WHERE usename = 'phony_app' AND datname = current_database()) ended",
        )
        .fetch_one(&mut admin)
        .await
        .unwrap();
        assert_eq!(usize::try_from(ended).unwrap(), CONNECTIONS);
        for _ in 0..CONNECTIONS {
            let tx = db.tenant(TenantId::new()).await.unwrap();
            tx.commit().await.unwrap();
        }
    }
}
