//! The two kinds of transaction that others may have. Neither hands its tenant to who borrows the connection next.

use std::sync::Arc;

use phony_kernel::TenantId;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::calls::words::WordSealer;
use crate::connections::{self, Connection};
use crate::error::DbResult;

/// A transaction that sees one tenant and nobody else.
#[derive(Debug)]
pub struct TenantTx {
    pub(crate) open: Open,
    pub(crate) tenant: TenantId,
    pub(crate) words: Option<Arc<dyn WordSealer>>,
}

/// A transaction without a tenant: it reaches the gate functions and the price list, no tenant's rows.
#[derive(Debug)]
pub struct SystemTx {
    pub(crate) open: Open,
}

/// Whether it is the connection that is at an end and not what was asked: broken, or closed by the server
/// (SQLSTATE class 57P, `admin_shutdown` and its kin).
pub(crate) fn is_gone(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| code.starts_with("57P")),
        _ => false,
    }
}

/// A borrowed connection that has begun a transaction, or may have. Only one that is known to be outside of it goes
/// back as it is; any other would hand its tenant to the next borrower.
#[derive(Debug)]
pub(crate) struct Open(Option<Connection>);

impl Open {
    pub(crate) fn new(connection: Connection) -> Self {
        Self(Some(connection))
    }

    #[expect(clippy::expect_used, reason = "taken out only by what consumes it")]
    fn connection(&mut self) -> &mut PgConnection {
        self.0.as_mut().expect("an open transaction has its connection")
    }

    pub(crate) async fn run(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        // Typed ids and fixed words only: see the callers.
        let sql = AssertSqlSafe(sql.to_owned());
        sqlx::raw_sql(sql).execute(self.connection()).await.map(|_| ())
    }

    /// Ends the transaction by `sql`; the connection is clean then, or is not used again.
    async fn end(mut self, sql: &str) -> phony_kernel::Result<()> {
        let ended = self.run(sql).await;
        match ended {
            Ok(()) => drop(self.0.take()),
            Err(_) => self.discard(),
        }
        ended.db()
    }

    /// Nobody uses this connection again.
    pub(crate) fn discard(&mut self) {
        if let Some(connection) = self.0.take() {
            connections::discard(connection);
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let Some(mut connection) = self.0.take() else {
            return;
        };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            // Nothing can be said to the server any more; it sees the socket close.
            connections::discard(connection);
            return;
        };
        runtime.spawn(async move {
            // Warns only when a cancelled BEGIN never reached the server.
            if sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await.is_err() {
                connections::discard(connection);
            }
        });
    }
}

impl TenantTx {
    /// Whose rows it sees.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// What seals the words of calls.
    pub(crate) fn words(&self) -> Option<Arc<dyn WordSealer>> {
        self.words.clone()
    }

    /// For queries of this crate.
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        self.open.connection()
    }

    /// Makes all its writes lasting.
    ///
    /// # Errors
    /// When the database refuses; then none is.
    pub async fn commit(self) -> phony_kernel::Result<()> {
        self.open.end("COMMIT").await
    }

    /// Undoes all its writes and waits until its locks are gone; dropping it does so a little later.
    ///
    /// # Errors
    /// When the connection broke; then the server undoes them.
    pub async fn rollback(self) -> phony_kernel::Result<()> {
        self.open.end("ROLLBACK").await
    }
}

impl SystemTx {
    /// For queries of this crate.
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        self.open.connection()
    }

    /// Makes all its writes lasting.
    ///
    /// # Errors
    /// When the database refuses; then none is.
    pub async fn commit(self) -> phony_kernel::Result<()> {
        self.open.end("COMMIT").await
    }
}
