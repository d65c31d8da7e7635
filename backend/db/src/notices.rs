//! What one connection tells others when its transaction is committed. A notice may be lost with a connection: who waits
//! for one looks now and then as well.

use phony_kernel::Result;
use sqlx::postgres::{PgListener, PgPoolOptions};

use crate::Db;
use crate::error::DbResult;

/// A call waits for its turn.
pub const CALL_QUEUED: &str = "phony_call_queued";

/// Notices of one kind, on a connection of its own.
#[derive(Debug)]
pub struct Notices(PgListener);

impl Db {
    /// Waits for notices from now on.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn listen(&self, channel: &str) -> Result<Notices> {
        let one = PgPoolOptions::new()
            .max_connections(1)
            .connect_lazy_with(self.options().clone());
        let mut listener = PgListener::connect_with(&one).await.db()?;
        listener.listen(channel).await.db()?;
        Ok(Notices(listener))
    }
}

impl Notices {
    /// The next one; those that wait behind it count as the same. Nothing is lost when nobody waits to the end.
    ///
    /// # Errors
    /// When the connection is gone and no other can be made.
    pub async fn next(&mut self) -> Result<()> {
        self.0.recv().await.db()?;
        while self.0.next_buffered().is_some() {}
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use phony_testkit::TestDb;
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_notice_comes_with_the_commit_and_once_for_many() {
        let servers = TestDb::create().await;
        let db = Db::connect_lazy(&servers.app_url, 2).unwrap();
        let mut notices = db.listen(CALL_QUEUED).await.unwrap();
        let mut tx = db.system("test").await.unwrap();
        for _ in 0..3 {
            sqlx::query("SELECT pg_notify($1, '')")
                .bind(CALL_QUEUED)
                .execute(tx.connection())
                .await
                .unwrap();
        }
        let early = timeout(Duration::from_millis(100), notices.next()).await;
        assert!(early.is_err(), "nothing before the commit");
        tx.commit().await.unwrap();
        timeout(Duration::from_secs(60), notices.next())
            .await
            .unwrap()
            .unwrap();
        let more = timeout(Duration::from_millis(100), notices.next()).await;
        assert!(more.is_err(), "three of one transaction are one");
    }
}
