//! Client of the carrier's REST API: accounts, numbers, calls, conferences and recordings.
//!
//! Reads are tried again after a passing fault, writes only when the carrier has certainly not acted (429).
//! A create whose outcome is unknown is never sent twice: it is reported as ambiguous, to be looked up.

use std::fmt;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;

mod account;
mod calls;
mod conferences;
mod error;
mod forks;
mod lenient;
mod lists;
mod machine;
mod number_search;
mod numbers;
mod participants;
mod recordings;
mod subaccounts;

pub use account::Account;
pub use calls::{CallEvent, CallFilter, CallResource, CallUpdate, Instructions, NewCall};
pub use conferences::Conference;
pub use error::{RestError, codes};
pub use forks::{ForkResource, StartFork};
pub use machine::{MachineDetection, MachineMode};
pub use number_search::{AvailableNumber, AvailableSearch, NumberKind};
pub use numbers::{BuyNumber, Capabilities, IncomingNumber, NumberToBuy, NumberUpdate, NumberWebhooks};
pub use participants::{NewParticipant, Participant, ParticipantUpdate};
pub use recordings::{
    RecordingChannels, RecordingFormat, RecordingOutcome, RecordingResource, RecordingTrack, RecordingUpdate,
    StartRecording,
};
pub use subaccounts::{Subaccount, SubaccountStatus};

/// More of an answer is not read.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;
/// When the carrier wants us to wait longer, the caller of the client decides.
const LONGEST_WAIT: Duration = Duration::from_secs(8);

/// Where the carrier is, who we are to it, and how patient we are.
#[derive(Debug, Clone)]
pub struct RestConfig {
    /// `https://api.twilio.com`, or the simulator.
    pub base_url: String,
    /// Account that signs in (`AC…`).
    pub account_sid: String,
    /// Its token.
    pub auth_token: SecretString,
    /// Until there is a connection.
    pub connect_timeout: Duration,
    /// For one try, all in all.
    pub total_timeout: Duration,
    /// How often a passing fault is tried again.
    pub retries: usize,
    /// Wait before the second try; later ones wait longer.
    pub first_retry_delay: Duration,
}

impl RestConfig {
    /// Our usual patience.
    #[must_use]
    pub fn new(
        base_url: impl Into<String>,
        account_sid: impl Into<String>,
        auth_token: SecretString,
    ) -> Self {
        Self {
            base_url: base_url.into(),
            account_sid: account_sid.into(),
            auth_token,
            connect_timeout: Duration::from_secs(3),
            total_timeout: Duration::from_secs(12),
            retries: 3,
            first_retry_delay: Duration::from_millis(500),
        }
    }
}

/// The client. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct TwilioClient {
    http: reqwest::Client,
    base: String,
    login_sid: String,
    auth_token: SecretString,
    account_sid: String,
    retries: usize,
    first_retry_delay: Duration,
}

/// What it means for the world when a request arrives twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing.
    Read,
    /// The same as arriving once.
    Repeatable,
    /// Something is made, or bought, twice.
    Create,
}

/// One request, ready to be sent as often as it takes.
struct Ask {
    method: Method,
    url: String,
    form: Option<String>,
    effect: Effect,
}

impl TwilioClient {
    /// A client with its own pool of connections.
    ///
    /// # Errors
    /// The base URL is not a web address, or the system's certificates cannot be read.
    pub fn new(config: RestConfig) -> Result<Self, RestError> {
        let url =
            url::Url::parse(&config.base_url).map_err(|_| RestError::unusable("base url is not a url"))?;
        segment(&config.account_sid)?;
        let mut builder = reqwest::Client::builder()
            .connect_timeout(config.connect_timeout)
            .timeout(config.total_timeout)
            .user_agent("phony")
            // A redirect would carry our credentials elsewhere.
            .redirect(reqwest::redirect::Policy::none());
        if matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")) {
            builder = builder.no_proxy();
        }
        Ok(Self {
            http: builder
                .build()
                .map_err(|_| RestError::unusable("http client cannot be built"))?,
            base: config.base_url.trim_end_matches('/').to_owned(),
            login_sid: config.account_sid.clone(),
            auth_token: config.auth_token,
            account_sid: config.account_sid,
            retries: config.retries,
            first_retry_delay: config.first_retry_delay,
        })
    }

    /// The same sign-in, acting on a subaccount.
    ///
    /// # Errors
    /// That is no account id.
    pub fn for_account(&self, account_sid: &str) -> Result<Self, RestError> {
        segment(account_sid)?;
        Ok(Self {
            account_sid: account_sid.to_owned(),
            ..self.clone()
        })
    }

    /// The account this client acts on.
    #[must_use]
    pub fn account_sid(&self) -> &str {
        &self.account_sid
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, query: &Pairs<'_>) -> Result<T, RestError> {
        self.get_url(self.query_url(path, query)?).await
    }

    fn query_url(&self, path: &str, query: &Pairs<'_>) -> Result<String, RestError> {
        Ok(match encode(query)? {
            query if query.is_empty() => self.url(path),
            query => format!("{}?{query}", self.url(path)),
        })
    }

    async fn get_url<T: DeserializeOwned>(&self, url: String) -> Result<T, RestError> {
        let ask = Ask {
            method: Method::GET,
            url,
            form: None,
            effect: Effect::Read,
        };
        read(&self.send(&ask).await?, Effect::Read)
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        form: &Pairs<'_>,
        effect: Effect,
    ) -> Result<T, RestError> {
        self.post_url(self.url(path), form, effect).await
    }

    async fn post_url<T: DeserializeOwned>(
        &self,
        url: String,
        form: &Pairs<'_>,
        effect: Effect,
    ) -> Result<T, RestError> {
        let ask = Ask {
            method: Method::POST,
            url,
            form: Some(encode(form)?),
            effect,
        };
        read(&self.send(&ask).await?, effect)
    }

    /// Begins to read something that is no JSON and may be large. One try: whoever reads may begin anew.
    async fn open(&self, url: &str, most: Duration) -> Result<reqwest::Response, RestError> {
        let request = self
            .http
            .get(url)
            .basic_auth(&self.login_sid, Some(self.auth_token.expose_secret()))
            .timeout(most);
        let response = request
            .send()
            .await
            .map_err(|error| RestError::network(&error, Effect::Read))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let headers = response.headers().clone();
        let body = whole(response, Effect::Read).await?;
        Err(RestError::from_answer(
            status.as_u16(),
            &headers,
            &body,
            Effect::Read,
        ))
    }

    async fn delete(&self, path: &str) -> Result<(), RestError> {
        let ask = Ask {
            method: Method::DELETE,
            url: self.url(path),
            form: None,
            effect: Effect::Repeatable,
        };
        self.send(&ask).await.map(drop)
    }

    fn url(&self, path: &str) -> String {
        format!(
            "{}/2010-04-01/Accounts/{}{path}.json",
            self.base, self.account_sid
        )
    }

    async fn send(&self, ask: &Ask) -> Result<Vec<u8>, RestError> {
        let backoff = ExponentialBuilder::default()
            .with_min_delay(self.first_retry_delay)
            .with_max_delay(LONGEST_WAIT)
            .with_max_times(self.retries)
            .with_jitter();
        let may_repeat =
            |error: &RestError| error.is_rate_limited() || (ask.effect == Effect::Read && error.retryable);
        (|| self.send_once(ask))
            .retry(backoff)
            .when(may_repeat)
            .adjust(|error, delay| {
                let wait = delay?.max(error.retry_after.unwrap_or_default());
                (wait <= LONGEST_WAIT).then_some(wait)
            })
            .notify(|error, delay| {
                tracing::debug!(
                    delay_ms = delay.as_millis(),
                    "carrier request is tried again: {error}"
                );
            })
            .await
    }

    async fn send_once(&self, ask: &Ask) -> Result<Vec<u8>, RestError> {
        let mut request = self
            .http
            .request(ask.method.clone(), &ask.url)
            .basic_auth(&self.login_sid, Some(self.auth_token.expose_secret()));
        if let Some(form) = &ask.form {
            request = request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form.clone());
        }
        let response = request
            .send()
            .await
            .map_err(|error| RestError::network(&error, ask.effect))?;
        let status = response.status();
        let headers = response.headers().clone();
        let body = whole(response, ask.effect).await?;
        if status.is_success() {
            return Ok(body);
        }
        Err(RestError::from_answer(
            status.as_u16(),
            &headers,
            &body,
            ask.effect,
        ))
    }
}

impl fmt::Debug for TwilioClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwilioClient")
            .field("account_sid", &self.account_sid)
            .finish_non_exhaustive()
    }
}

/// Parameters in the order they are sent; a name may repeat.
type Pairs<'a> = [(&'static str, std::borrow::Cow<'a, str>)];

fn encode(pairs: &Pairs<'_>) -> Result<String, RestError> {
    serde_urlencoded::to_string(pairs).map_err(|_| RestError::unusable("parameters cannot be written"))
}

/// An answer up to its limit.
async fn whole(mut response: reqwest::Response, effect: Effect) -> Result<Vec<u8>, RestError> {
    let mut body = Vec::new();
    while let Some(bytes) = response
        .chunk()
        .await
        .map_err(|error| RestError::network(&error, effect))?
    {
        body.extend_from_slice(&bytes);
        if body.len() > MAX_ANSWER_BYTES {
            return Err(RestError::unreadable(effect));
        }
    }
    Ok(body)
}

fn read<T: DeserializeOwned>(body: &[u8], effect: Effect) -> Result<T, RestError> {
    serde_json::from_slice(body).map_err(|_| RestError::unreadable(effect))
}

/// A piece of a path: only what ids are made of, so that none can leave its place.
fn segment(text: &str) -> Result<&str, RestError> {
    let good = !text.is_empty() && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if good {
        Ok(text)
    } else {
        Err(RestError::unusable("is not an id of the carrier"))
    }
}
