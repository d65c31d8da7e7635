//! Why a command did not succeed, in words for a person or as one line for a program.

use std::io;

use phony_client::{ClientError, Problem};
use serde_json::{Value, json};

use super::exit::{Exit, is_right_missing};
use super::terminal::{Paint, clean};

/// Why a command did not succeed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The command line or the settings are not right.
    Usage(String),
    /// The installation did not do it.
    Client(ClientError),
    /// Nobody reads any more, or nothing can be written.
    Output(io::Error),
}

/// Result of a command.
pub(super) type Outcome<T = Exit> = Result<T, Failure>;

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl Failure {
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::Client(error) => Exit::of_error(error),
            // `phony tail | head` has had enough; that is no failure.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
            Self::Output(_) => Exit::Failed,
        }
    }

    /// For a person; `None` when there is nobody to tell.
    pub(super) fn shown(&self, paint: Paint) -> Option<String> {
        let head = paint.red("error:");
        match self {
            Self::Usage(text) => Some(format!("{head} {text}")),
            Self::Client(ClientError::Refused(problem)) => Some(format!("{head} {}", refusal(problem))),
            Self::Client(error @ ClientError::Unreachable { .. }) => Some(format!(
                "{head} {}\n  PHONY_URL or --url says where the installation is",
                clean(&error.to_string())
            )),
            Self::Client(error) => Some(format!("{head} {}", clean(&error.to_string()))),
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => None,
            Self::Output(error) => Some(format!("{head} the output cannot be written: {error}")),
        }
    }

    /// For a program: always in the form of the API's refusals.
    pub(super) fn json(&self) -> Option<Value> {
        let own = |code: &str, detail: &str| Some(json!({ "code": code, "detail": detail }));
        match self {
            Self::Usage(text) => own("usage", text),
            Self::Client(ClientError::Refused(problem)) => serde_json::to_value(problem).ok(),
            Self::Client(error @ ClientError::Configuration(_)) => own("usage", &error.to_string()),
            Self::Client(error @ ClientError::Unreachable { .. }) => own("not_reachable", &error.to_string()),
            Self::Client(error @ ClientError::Unexpected { .. }) => {
                own("unexpected_answer", &error.to_string())
            }
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => None,
            Self::Output(error) => own("output", &error.to_string()),
        }
    }
}

/// A refusal as a person reads it: what, which field, whom to ask.
fn refusal(problem: &Problem) -> String {
    let mut text = format!("{}: {}", clean(&problem.title), clean(&problem.detail));
    let widest = problem
        .errors
        .iter()
        .map(|fault| fault.param.chars().count())
        .max();
    for fault in &problem.errors {
        let (param, width) = (clean(&fault.param), widest.unwrap_or_default());
        text += &format!("\n  {param:<width$}  {}", clean(&fault.detail));
    }
    if let Some(upstream) = &problem.upstream {
        text += &format!("\n  the other side said: {}", clean(upstream));
    }
    match problem.status {
        401 => text += "\n  PHONY_API_KEY or --key-file holds the key; keys are made under Settings",
        403 if is_right_missing(problem) => text += "\n  the scopes of a key are chosen when it is made",
        _ => {}
    }
    text += &format!("\n  code {}", clean(&problem.code));
    if !problem.request_id.is_empty() {
        text += &format!(", request {}", clean(&problem.request_id));
    }
    text
}

#[cfg(test)]
mod tests {
    use phony_client::ProblemField;

    use super::*;

    fn fault(param: &str, detail: &str) -> ProblemField {
        ProblemField {
            param: param.to_owned(),
            code: "x".to_owned(),
            detail: detail.to_owned(),
        }
    }

    #[test]
    fn a_refusal_names_every_field_and_the_request() {
        let failure = Failure::Client(ClientError::Refused(Box::new(Problem {
            title: "Unprocessable Entity".to_owned(),
            status: 422,
            code: "validation_failed".to_owned(),
            detail: "some fields are not acceptable".to_owned(),
            errors: vec![
                fault("to", "must be a phone number"),
                fault("variables.name", "is\u{1b}[31m missing"),
            ],
            request_id: "req_1".to_owned(),
            ..Problem::default()
        })));
        assert_eq!(
            failure.shown(Paint::off()).unwrap(),
            "error: Unprocessable Entity: some fields are not acceptable\n  \
             to              must be a phone number\n  \
             variables.name  is[31m missing\n  \
             code validation_failed, request req_1"
        );
        assert_eq!(failure.exit(), Exit::Refused);
        assert_eq!(failure.json().unwrap()["errors"][0]["param"], "to");
    }

    #[test]
    fn a_reader_that_has_gone_is_told_nothing() {
        let failure = Failure::Output(io::ErrorKind::BrokenPipe.into());
        assert_eq!((failure.exit(), failure.shown(Paint::off())), (Exit::Done, None));
    }
}
