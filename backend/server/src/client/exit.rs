//! What the command tells its caller when it ends.

use std::process::ExitCode;

use phony_client::{ClientError, Problem};
use phony_kernel::call::EndedReason;

/// The same, for `--help`.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0    done; of a followed call: answered, and ended in order
  1    something failed
  2    the command line or the settings are not right
  3    the key is not good, or may not do this
  4    refused: an input, a policy or a limit of the company
  5    the installation cannot be reached or cannot serve just now; worth another try
  6    the call reached nobody: busy, no answer, rejected, cancelled, a mailbox without a message
  130  interrupted";

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    Done,
    Failed,
    Usage,
    NotAuthorised,
    Refused,
    NotReachable,
    NobodyReached,
    Interrupted,
}

impl Exit {
    fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotAuthorised => 3,
            Self::Refused => 4,
            Self::NotReachable => 5,
            Self::NobodyReached => 6,
            Self::Interrupted => 130,
        }
    }

    /// Of a failed request.
    pub(super) fn of_error(error: &ClientError) -> Self {
        match error {
            ClientError::Configuration(_) => Self::Usage,
            ClientError::Unreachable { .. } => Self::NotReachable,
            ClientError::Unexpected { .. } => Self::Failed,
            // Also where it may be allowed later, as by the hours.
            ClientError::Refused(problem) if problem.code.starts_with("blocked_") => Self::Refused,
            ClientError::Refused(problem) => match problem.status {
                401 => Self::NotAuthorised,
                403 if is_right_missing(problem) => Self::NotAuthorised,
                429 | 502..=504 => Self::NotReachable,
                400..=499 => Self::Refused,
                _ => Self::Failed,
            },
        }
    }

    /// Of a call that is over; without a reason nobody knows how.
    pub(super) fn of_call(reason: Option<EndedReason>) -> Self {
        use EndedReason as R;
        match reason {
            Some(
                R::CallerHangup
                | R::AgentHangup
                | R::SupervisorHangup
                | R::ApiHangup
                | R::Transferred
                | R::TransferCompleted
                | R::TakenOver
                | R::VoicemailLeft
                // A rule of the company ended a talk that took place.
                | R::SilenceTimeout
                | R::MaxDuration
                | R::MaxCost,
            ) => Self::Done,
            Some(
                R::DialBusy
                | R::DialNoAnswer
                | R::DialFailed
                | R::DialRejected
                | R::DialInvalid
                | R::Canceled
                | R::VoicemailHangup
                | R::IvrHangup
                | R::Screened,
            ) => Self::NobodyReached,
            Some(
                R::BlockedDestination
                | R::BlockedConsent
                | R::BlockedFraud
                | R::BlockedFunds
                | R::BlockedConcurrency
                | R::VerificationFailed,
            ) => Self::Refused,
            _ => Self::Failed,
        }
    }
}

/// Whether who asks may not, as against that nobody in the company may.
pub(super) fn is_right_missing(problem: &Problem) -> bool {
    matches!(
        problem.code.as_str(),
        "forbidden" | "step_up_required" | "tenant_suspended"
    )
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_documented() {
        for exit in [
            Exit::Done,
            Exit::Failed,
            Exit::Usage,
            Exit::NotAuthorised,
            Exit::Refused,
            Exit::NotReachable,
            Exit::NobodyReached,
            Exit::Interrupted,
        ] {
            let line = format!("\n  {:<5}", exit.code());
            assert!(EXIT_CODES.contains(&line), "{line}");
        }
    }

    #[test]
    fn a_refusal_tells_what_to_do_next() {
        let coded = |status, code: &str| {
            Exit::of_error(&ClientError::Refused(Box::new(Problem {
                status,
                code: code.to_owned(),
                ..Problem::default()
            })))
        };
        let of = |status| coded(status, "x");
        assert_eq!([of(401), coded(403, "forbidden")], [Exit::NotAuthorised; 2]);
        assert_eq!(
            [coded(403, "plan_limit"), coded(429, "blocked_hours")],
            [Exit::Refused; 2]
        );
        assert_eq!([of(400), of(402), of(404), of(409), of(422)], [Exit::Refused; 5]);
        assert_eq!([of(429), of(502), of(503)], [Exit::NotReachable; 3]);
        assert_eq!(of(500), Exit::Failed);
    }

    #[test]
    fn the_outcome_of_a_call_is_told() {
        let of = |word: &str| Exit::of_call(EndedReason::from_stored(word));
        assert_eq!(of("agent_hangup"), Exit::Done);
        assert_eq!(of("voicemail_left"), Exit::Done);
        assert_eq!(of("dial_no_answer"), Exit::NobodyReached);
        assert_eq!(of("blocked_destination"), Exit::Refused);
        assert_eq!(of("engine_error"), Exit::Failed);
        assert_eq!(of("a word of tomorrow"), Exit::Failed);
    }
}
