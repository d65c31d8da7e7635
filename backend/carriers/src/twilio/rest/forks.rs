//! Forks of a call's sound, as the carrier names copies of it: begun and stopped while the call goes on.
//!
//! They go one way, to us. A call whose own stream goes both ways can have none beside it.

use std::borrow::Cow;

use serde::Deserialize;

use super::{Effect, RestError, TwilioClient, codes, segment};

/// A fork to be begun, of both ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartFork {
    /// Where the sound goes: `wss://…`, without a query.
    pub url: String,
    /// By which it is stopped; one of a name at a time.
    pub name: String,
    /// Given along as the parameter `token`.
    pub token: String,
}

/// A fork as the carrier has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ForkResource {
    /// The carrier's id (`MZ…`).
    pub sid: String,
}

impl TwilioClient {
    /// Begins a fork of the sound of a call that talks. Never sent twice when the outcome is unknown.
    ///
    /// # Errors
    /// The carrier refused (the call is over: see [`RestError::is_over`]), or could not be reached.
    pub async fn start_fork(&self, call_sid: &str, start: &StartFork) -> Result<ForkResource, RestError> {
        let form: Vec<(&'static str, Cow<'_, str>)> = vec![
            ("Url", start.url.as_str().into()),
            ("Name", start.name.as_str().into()),
            ("Track", "both_tracks".into()),
            ("Parameter1.Name", "token".into()),
            ("Parameter1.Value", start.token.as_str().into()),
        ];
        let path = format!("/Calls/{}/Streams", segment(call_sid)?);
        self.post(&path, &form, Effect::Create).await
    }

    /// Stops a fork. One that is over already is no error.
    ///
    /// # Errors
    /// The carrier refused, or could not be reached.
    pub async fn stop_fork(&self, call_sid: &str, fork: &str) -> Result<(), RestError> {
        let path = format!("/Calls/{}/Streams/{}", segment(call_sid)?, segment(fork)?);
        let form: Vec<(&'static str, Cow<'_, str>)> = vec![("Status", "stopped".into())];
        match self.post::<ForkResource>(&path, &form, Effect::Repeatable).await {
            Err(error) if error.code != Some(codes::CALL_STATE) && !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }
}
