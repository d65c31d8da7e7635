//! The connections themselves: made when first needed, kept while they are good, given out at most so many at once.
//!
//! Not sqlx's own pool: that one asks every connection on its way back whether it lives, which is one exchange in
//! four, and transactions here leave theirs clean or not at all.

use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{Manager, Metrics, Object, Pool, PoolError, QueueMode, RecycleError, RecycleResult};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection};
use tokio::time::Instant;

/// How long somebody waits for a free connection, and for a server that refuses new ones.
const ACQUIRED_WITHIN: Duration = Duration::from_secs(1);
/// How long a server that has accepted may take to let us in.
const MADE_WITHIN: Duration = Duration::from_secs(3);
/// A connection is renewed after this time, so that the server's memory for it is given back.
const LIFETIME: Duration = Duration::from_secs(30 * 60);
/// Connections idle for so long are closed when the next one is given out.
const IDLE: Duration = Duration::from_secs(10 * 60);
/// Wait between two tries to connect.
const RETRY_AFTER: Duration = Duration::from_millis(50);

/// A borrowed connection; goes back when it is dropped.
pub(crate) type Connection = Object<Maker>;

/// At most so many connections. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Connections(Pool<Maker>);

/// Makes connections.
#[derive(Debug)]
pub(crate) struct Maker(PgConnectOptions);

impl Maker {
    /// Connects, again and again for a while when the server is starting or full.
    async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        let begun = Instant::now();
        loop {
            match self.0.connect().await {
                Err(error) if passes(&error) && begun.elapsed() < ACQUIRED_WITHIN => {
                    tokio::time::sleep(RETRY_AFTER).await;
                }
                done => return done,
            }
        }
    }
}

/// Whether the server is likely to be there in a moment: nobody listens yet, starting up, all connections taken.
fn passes(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(error) => matches!(
            error.kind(),
            std::io::ErrorKind::ConnectionRefused
                | std::io::ErrorKind::ConnectionReset
                | std::io::ErrorKind::ConnectionAborted
        ),
        sqlx::Error::Database(error) => matches!(error.code().as_deref(), Some("53300" | "57P03")),
        _ => false,
    }
}

impl Manager for Maker {
    type Type = PgConnection;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<PgConnection, sqlx::Error> {
        self.connect().await
    }

    async fn recycle(&self, _: &mut PgConnection, metrics: &Metrics) -> RecycleResult<sqlx::Error> {
        if metrics.age() > LIFETIME || metrics.last_used() > IDLE {
            return Err(RecycleError::message("a connection of old age"));
        }
        Ok(())
    }
}

impl Connections {
    /// At most `most` connections, the first of them made when it is needed.
    pub(crate) fn lazy(options: PgConnectOptions, most: u32) -> Result<Self, sqlx::Error> {
        Pool::builder(Maker(options))
            .max_size(usize::try_from(most).unwrap_or(usize::MAX))
            .queue_mode(QueueMode::Lifo)
            .wait_timeout(Some(ACQUIRED_WITHIN))
            .create_timeout(Some(MADE_WITHIN))
            .runtime(Runtime::Tokio1)
            .build()
            .map(Self)
            .map_err(|error| sqlx::Error::Configuration(Box::new(error)))
    }

    /// How connections are made.
    pub(crate) fn options(&self) -> &PgConnectOptions {
        &self.0.manager().0
    }

    /// Takes a connection.
    ///
    /// # Errors
    /// `PoolTimedOut` when none is free, or can be made, in time.
    pub(crate) async fn take(&self) -> Result<Connection, sqlx::Error> {
        self.0.get().await.map_err(|error| match error {
            PoolError::Backend(error) => error,
            PoolError::Closed => sqlx::Error::PoolClosed,
            PoolError::Timeout(_) | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
                sqlx::Error::PoolTimedOut
            }
        })
    }

    /// Gives out no more, and waits until all that are out have come back, at most `patience`.
    pub(crate) async fn close(&self, patience: Duration) {
        self.0.close();
        let back = async {
            while self.0.status().size > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        if tokio::time::timeout(patience, back).await.is_err() {
            tracing::warn!("connections are still in use while the database is let go");
        }
    }
}

/// Takes a connection out of its pool for good; the socket closes with it.
pub(crate) fn discard(connection: Connection) {
    drop(Object::take(connection));
}
