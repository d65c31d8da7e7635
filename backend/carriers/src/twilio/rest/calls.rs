//! Calls: made, looked at, ended.

use std::borrow::Cow;

use phony_kernel::E164;
use serde::{Deserialize, Deserializer};

use super::{Effect, RestError, TwilioClient, codes, lenient, segment};
use crate::twilio::status::CarrierStatus;

/// Where the carrier gets its orders when the call is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instructions {
    /// Asked there, by POST.
    Url(String),
    /// Given at once; at most 4,000 characters, with absolute addresses only.
    Twiml(String),
}

/// News of a call that the carrier can send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallEvent {
    /// It is being dialled.
    Initiated,
    /// The far end rings.
    Ringing,
    /// It was answered.
    Answered,
    /// It is over, whatever the outcome.
    Completed,
}

impl CallEvent {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Initiated, Self::Ringing, Self::Answered, Self::Completed];

    fn as_str(self) -> &'static str {
        match self {
            Self::Initiated => "initiated",
            Self::Ringing => "ringing",
            Self::Answered => "answered",
            Self::Completed => "completed",
        }
    }
}

/// A call to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCall {
    /// Who is called.
    pub to: E164,
    /// A number of ours.
    pub from: E164,
    /// What happens when it is answered.
    pub instructions: Instructions,
    /// Where news of it go. Put an id of ours into the path: a call made twice by accident is known by it.
    pub status_callback: Option<String>,
    /// Which news.
    pub status_events: Vec<CallEvent>,
    /// How long it rings.
    pub ring_timeout_seconds: Option<u32>,
    /// Longest call.
    pub time_limit_seconds: Option<u32>,
}

/// A call as the carrier has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CallResource {
    /// Its id (`CA…`).
    pub sid: String,
    /// Where it stands.
    #[serde(deserialize_with = "status")]
    pub status: CarrierStatus,
    /// `inbound`, `outbound-api`, `outbound-dial`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub direction: Option<String>,
    /// Seconds from answer to end, once it is over.
    #[serde(default, rename = "duration", deserialize_with = "lenient::number")]
    pub duration_seconds: Option<i64>,
    /// What the carrier charges, a negative decimal; known minutes after the end.
    #[serde(default, deserialize_with = "lenient::text")]
    pub price: Option<String>,
    /// Currency of the price, ISO 4217.
    #[serde(default, deserialize_with = "lenient::text")]
    pub price_unit: Option<String>,
    /// What an answering-machine check found.
    #[serde(default, deserialize_with = "lenient::text")]
    pub answered_by: Option<String>,
}

/// What came of an update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallUpdate {
    /// The carrier did it.
    Done(CallResource),
    /// The call was over already.
    AlreadyOver,
}

impl TwilioClient {
    /// One call.
    ///
    /// # Errors
    /// The carrier refused, or could not be reached.
    pub async fn fetch_call(&self, call_sid: &str) -> Result<CallResource, RestError> {
        self.get(&format!("/Calls/{}", segment(call_sid)?), &[]).await
    }

    /// Makes a call. Never sent twice when the outcome is unknown.
    ///
    /// # Errors
    /// The carrier refused, or could not be reached; see [`RestError::ambiguous`].
    pub async fn create_call(&self, call: &NewCall) -> Result<CallResource, RestError> {
        let mut form: Vec<(&'static str, Cow<'_, str>)> = vec![
            ("To", call.to.as_str().into()),
            ("From", call.from.as_str().into()),
        ];
        match &call.instructions {
            Instructions::Url(url) => form.extend([("Url", url.into()), ("Method", "POST".into())]),
            Instructions::Twiml(xml) => form.push(("Twiml", xml.into())),
        }
        if let Some(url) = &call.status_callback {
            form.extend([
                ("StatusCallback", url.into()),
                ("StatusCallbackMethod", "POST".into()),
            ]);
            form.extend(
                call.status_events
                    .iter()
                    .map(|event| ("StatusCallbackEvent", event.as_str().into())),
            );
        }
        form.extend(
            call.ring_timeout_seconds
                .map(|seconds| ("Timeout", seconds.to_string().into())),
        );
        form.extend(
            call.time_limit_seconds
                .map(|seconds| ("TimeLimit", seconds.to_string().into())),
        );
        self.post("/Calls", &form, Effect::Create).await
    }

    /// Ends a call, whether it still waits, rings or talks.
    ///
    /// # Errors
    /// The carrier refused, or could not be reached. A call that is over is no error.
    pub async fn end_call(&self, call_sid: &str) -> Result<CallUpdate, RestError> {
        self.update_call(call_sid, &[("Status", "completed".into())])
            .await
    }

    /// Gives a live call new orders at once, whatever it is doing.
    ///
    /// # Errors
    /// The carrier refused, or could not be reached. A call that is over is no error.
    pub async fn redirect_call(&self, call_sid: &str, to: &Instructions) -> Result<CallUpdate, RestError> {
        match to {
            Instructions::Url(url) => {
                self.update_call(call_sid, &[("Url", url.into()), ("Method", "POST".into())])
                    .await
            }
            Instructions::Twiml(xml) => self.update_call(call_sid, &[("Twiml", xml.into())]).await,
        }
    }

    async fn update_call(
        &self,
        call_sid: &str,
        form: &[(&'static str, Cow<'_, str>)],
    ) -> Result<CallUpdate, RestError> {
        let path = format!("/Calls/{}", segment(call_sid)?);
        match self.post(&path, form, Effect::Repeatable).await {
            Ok(call) => Ok(CallUpdate::Done(call)),
            Err(error) if error.code == Some(codes::CALL_STATE) => Ok(CallUpdate::AlreadyOver),
            Err(error) => Err(error),
        }
    }
}

fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CarrierStatus, D::Error> {
    Ok(lenient::text(deserializer)?.map_or(CarrierStatus::Unknown, |word| CarrierStatus::read(&word)))
}
