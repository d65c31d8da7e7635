//! Whether a provider takes a key, found out by a question that costs nothing: which models it has.

use super::ChatClient;

/// How a provider answers a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// It takes it.
    Good,
    /// It does not, or is no provider of models.
    Refused,
    /// It does not answer, or is in trouble itself.
    Unreachable,
}

impl ChatClient {
    /// Tries the key.
    pub async fn probe(&self) -> Probe {
        let asked = self.ask_for_models().send();
        let answer = match tokio::time::timeout(self.answers_within(), asked).await {
            Ok(Ok(answer)) => answer.status(),
            Ok(Err(cause)) => {
                tracing::debug!(error = %cause.without_url(), "a provider of models does not answer");
                return Probe::Unreachable;
            }
            Err(_) => return Probe::Unreachable,
        };
        if answer.is_success() {
            Probe::Good
        } else if answer.is_server_error() || answer.as_u16() == 429 {
            Probe::Unreachable
        } else {
            Probe::Refused
        }
    }
}
