//! Calls: made, looked at, listed, ended.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use phony_kernel::E164;
use serde::{Deserialize, Deserializer};

use super::lists::{followed, known};
use super::machine::MachineDetection;
use super::recordings::StartRecording;
use super::{Effect, RestError, TwilioClient, codes, lenient, segment};
use crate::twilio::status::CarrierStatus;

/// Calls that one list gives at most.
const MOST_LISTED: usize = 1_000;

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

    pub(super) fn as_str(self) -> &'static str {
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
    /// How long it rings; the carrier rings five seconds longer.
    pub timeout_s: Option<u32>,
    /// Longest call.
    pub time_limit_s: Option<u32>,
    /// Whether the carrier finds out who answered.
    pub machine_detection: Option<MachineDetection>,
    /// Keys pressed as soon as it is answered: digits, `*`, `#`, and `w` for half a second.
    pub send_digits: Option<String>,
    /// Recorded from the answer on.
    pub record: Option<StartRecording>,
}

impl NewCall {
    /// A call with nothing but what it must have.
    #[must_use]
    pub fn new(to: E164, from: E164, instructions: Instructions) -> Self {
        Self {
            to,
            from,
            instructions,
            status_callback: None,
            status_events: Vec::new(),
            timeout_s: None,
            time_limit_s: None,
            machine_detection: None,
            send_digits: None,
            record: None,
        }
    }
}

/// Which calls are listed; what is `None` does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallFilter {
    /// Who was called.
    pub to: Option<E164>,
    /// Who called.
    pub from: Option<E164>,
    /// Where they stand.
    pub status: Option<CarrierStatus>,
    /// Only those asked for at this time or later. One whose time the carrier does not tell is listed as well.
    pub started_after: Option<DateTime<Utc>>,
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
    /// Who was called, as the carrier writes it.
    #[serde(default, deserialize_with = "lenient::text")]
    pub to: Option<String>,
    /// Who called, as the carrier writes it.
    #[serde(default, deserialize_with = "lenient::text")]
    pub from: Option<String>,
    /// When it was asked for.
    #[serde(default, rename = "date_created", deserialize_with = "lenient::time")]
    pub created_at: Option<DateTime<Utc>>,
    /// When it was dialled or answered; not known while it waits.
    #[serde(default, rename = "start_time", deserialize_with = "lenient::time")]
    pub started_at: Option<DateTime<Utc>>,
    /// Milliseconds it waited, or will wait, for its turn.
    #[serde(default, rename = "queue_time", deserialize_with = "lenient::number")]
    pub queue_ms: Option<i64>,
}

#[derive(Deserialize)]
struct CallPage {
    calls: Vec<serde_json::Value>,
    #[serde(default)]
    next_page_uri: Option<String>,
}

/// What came of an update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallUpdate {
    /// The carrier did it.
    Done(Box<CallResource>),
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
            call.timeout_s
                .map(|seconds| ("Timeout", seconds.to_string().into())),
        );
        form.extend(
            call.time_limit_s
                .map(|seconds| ("TimeLimit", seconds.to_string().into())),
        );
        form.extend(call.send_digits.as_ref().map(|keys| ("SendDigits", keys.into())));
        if let Some(detection) = &call.machine_detection {
            detection.write_for_call(&mut form);
        }
        if let Some(recording) = &call.record {
            recording.write_for_call(&mut form);
        }
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

    /// Ends a call that has not been answered; one that talks goes on. What it came to is in the answer's status.
    ///
    /// # Errors
    /// The carrier refused, or could not be reached. A call that is over is no error.
    pub async fn cancel_call(&self, call_sid: &str) -> Result<CallUpdate, RestError> {
        self.update_call(call_sid, &[("Status", "canceled".into())]).await
    }

    /// Calls of this account, newest first, at most 1,000. After a create of unknown outcome this tells whether there is
    /// a call.
    ///
    /// # Errors
    /// The carrier refused, or could not be reached.
    pub async fn list_calls(&self, filter: &CallFilter) -> Result<Vec<CallResource>, RestError> {
        let mut query: Vec<(&'static str, Cow<'_, str>)> = Vec::new();
        query.extend(filter.to.as_ref().map(|number| ("To", number.as_str().into())));
        query.extend(
            filter
                .from
                .as_ref()
                .map(|number| ("From", number.as_str().into())),
        );
        query.extend(filter.status.map(|status| ("Status", status.as_str().into())));
        query.push(("PageSize", "100".into()));
        // The carrier's own filter goes by the time of dialling, which a call that waits does not have.
        let recent = |call: &CallResource| match (filter.started_after, call.created_at.or(call.started_at)) {
            (Some(after), Some(at)) => at >= after,
            _ => true,
        };
        let mut found: Vec<CallResource> = Vec::new();
        let mut next = Some(self.query_url("/Calls", &query)?);
        while let Some(url) = next {
            let page: CallPage = self.get_url(url).await?;
            let calls = known(page.calls);
            let older = calls.iter().any(|call| !recent(call));
            found.extend(calls.into_iter().filter(recent));
            next = followed(&self.base, page.next_page_uri).filter(|_| !older && found.len() < MOST_LISTED);
        }
        found.truncate(MOST_LISTED);
        Ok(found)
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
            Ok(call) => Ok(CallUpdate::Done(Box::new(call))),
            Err(error) if error.code == Some(codes::CALL_STATE) => Ok(CallUpdate::AlreadyOver),
            Err(error) => Err(error),
        }
    }
}

fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CarrierStatus, D::Error> {
    Ok(lenient::text(deserializer)?.map_or(CarrierStatus::Unknown, |word| CarrierStatus::read(&word)))
}
