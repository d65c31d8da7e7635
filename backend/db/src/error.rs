//! Database errors as ours: a fixed public text, the cause kept for the log.

use phony_kernel::{Error, Kind};

/// Turns a database error into ours; used through [`DbResult::db`].
#[track_caller]
fn convert(cause: sqlx::Error) -> Error {
    let (kind, code, text) = match &cause {
        sqlx::Error::RowNotFound => (Kind::NotFound, "not_found", "there is no such object"),
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_) => {
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
        // Judged before it came here, as a rule; what slips through is still the sender's value and not our fault.
        sqlx::Error::Database(error) if error.code().is_some_and(|code| code.starts_with("22")) => (
            Kind::Invalid,
            "invalid_value",
            "a value is out of the range that can be kept",
        ),
        _ => (Kind::Internal, "internal", "something went wrong on our side"),
    };
    Error::new(kind, code, text).caused_by(cause)
}

/// States of the server that pass by themselves: out of reach (08), read-only or idle too long (25), no sign-in or
/// no database while a new primary is prepared (28, 3D), deadlock or serialization (40), out of connections or
/// memory (53), lock not granted in time (55P03), stopped or starting (57), disk (58), trouble inside (XX).
fn is_passing(code: &str) -> bool {
    matches!(
        code.get(..2),
        Some("08" | "25" | "28" | "3D" | "40" | "53" | "57" | "58" | "XX")
    ) || code == "55P03"
}

/// Whether it is the data itself that the database will never take (22, 23), or that cannot be written at all;
/// any other failure may be over when somebody has looked after the database.
#[must_use]
pub fn is_data_fault(error: &Error) -> bool {
    let Some(cause) = error
        .cause()
        .and_then(|cause| cause.downcast_ref::<sqlx::Error>())
    else {
        return error.kind() != Kind::Unavailable;
    };
    match cause {
        sqlx::Error::Database(error) => error
            .code()
            .is_some_and(|code| matches!(code.get(..2), Some("22" | "23"))),
        sqlx::Error::Encode(_) => true,
        _ => false,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_of_a_failover_pass() {
        for code in [
            "25006", "25P03", "28000", "28P01", "3D000", "58030", "XX000", "57P01", "08006",
        ] {
            assert!(is_passing(code), "{code}");
        }
        for code in ["22008", "23505", "42501", "42P01", "P0001"] {
            assert!(!is_passing(code), "{code}");
        }
    }

    #[test]
    fn a_connection_that_breaks_is_no_fault_of_the_data() {
        let broken: Result<(), _> = Err(sqlx::Error::WorkerCrashed);
        let error = broken.db().unwrap_err();
        assert_eq!(error.kind(), Kind::Unavailable);
        assert!(!is_data_fault(&error));
        let odd: Result<(), _> = Err(sqlx::Error::ColumnNotFound("x".to_owned()));
        assert!(!is_data_fault(&odd.db().unwrap_err()));
        assert!(is_data_fault(&Error::internal(anyhow::anyhow!("no such word"))));
    }
}
