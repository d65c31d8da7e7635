//! Database errors as ours: a fixed public text, the cause kept for the log.

use phony_kernel::{Error, Kind};

/// Turns a database error into ours; used through [`DbResult::db`].
#[track_caller]
fn convert(cause: sqlx::Error) -> Error {
    let (kind, code, text) = match &cause {
        sqlx::Error::RowNotFound => (Kind::NotFound, "not_found", "there is no such object"),
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => {
            return Error::unavailable(cause);
        }
        sqlx::Error::Database(error) if error.code().is_some_and(|code| is_passing(&code)) => {
            return Error::unavailable(cause);
        }
        sqlx::Error::Database(error) if error.is_unique_violation() => (
            Kind::Conflict,
            "already_exists",
            "an object with this value already exists",
        ),
        sqlx::Error::Database(error) if error.is_foreign_key_violation() => {
            (Kind::NotFound, "not_found", "there is no such object")
        }
        _ => (Kind::Internal, "internal", "something went wrong on our side"),
    };
    Error::new(kind, code, text).caused_by(cause)
}

/// States of the server that pass by themselves: deadlock or serialization (40), out of connections or memory (53),
/// lock not granted in time (55P03), stopped or starting (57), out of reach (08).
fn is_passing(code: &str) -> bool {
    matches!(code.get(..2), Some("08" | "40" | "53" | "57")) || code == "55P03"
}

/// Result of a query, in our errors.
pub trait DbResult<T> {
    /// Converts the error, keeping the place of the call.
    ///
    /// # Errors
    /// The converted one.
    fn db(self) -> Result<T, Error>;
}

impl<T> DbResult<T> for Result<T, sqlx::Error> {
    #[track_caller]
    fn db(self) -> Result<T, Error> {
        match self {
            Ok(value) => Ok(value),
            Err(cause) => Err(convert(cause)),
        }
    }
}
