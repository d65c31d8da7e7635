//! One request, one stream of events, with limits on every wait. Dropping the stream drops the request.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use phony_outside::Guard;
use reqwest::header::HeaderMap;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::ChatEvent;
use super::decode::Decoder;
use super::error::{ChatError, ChatErrorKind, header};
use super::request::{ChatRequest, Dialect};

/// More of an error body is not read.
const MAX_ERROR_BODY: usize = 64 * 1024;

/// How long each wait may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeLimits {
    /// Until there is a connection.
    pub connect: Duration,
    /// From sending the request to the first byte of the reply.
    pub first_byte: Duration,
    /// Between two pieces of the reply.
    pub idle: Duration,
    /// For the figures, after the model has ended.
    pub figures: Duration,
}

impl Default for TimeLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            first_byte: Duration::from_secs(10),
            idle: Duration::from_secs(10),
            figures: Duration::from_secs(1),
        }
    }
}

/// Where a provider is and how it wants to be asked.
#[derive(Debug, Clone)]
pub struct ChatConfig {
    /// Up to and with `/v1`.
    pub base_url: String,
    /// Sent as a bearer token; some servers need none.
    pub api_key: Option<SecretString>,
    /// How long each wait may take.
    pub limits: TimeLimits,
    /// What the server wants otherwise than OpenAI's does.
    pub dialect: Dialect,
    /// For a server that a tenant has named: where it may be.
    pub guard: Option<Guard>,
}

impl ChatConfig {
    /// A server that speaks as OpenAI's does, with our usual limits.
    #[must_use]
    pub fn new(base_url: impl Into<String>, api_key: Option<SecretString>) -> Self {
        Self {
            base_url: base_url.into(),
            api_key,
            limits: TimeLimits::default(),
            dialect: Dialect::default(),
            guard: None,
        }
    }
}

/// The events of one reply. After an error or [`ChatEvent::Finished`] nothing follows; after a cancellation it
/// ends without either.
pub type ChatStream = BoxStream<'static, Result<ChatEvent, ChatError>>;

/// A client of one provider. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct ChatClient {
    http: reqwest::Client,
    endpoint: reqwest::Url,
    models: reqwest::Url,
    api_key: Option<SecretString>,
    limits: TimeLimits,
    dialect: Dialect,
}

impl ChatClient {
    /// A client with its own pool of connections.
    ///
    /// # Errors
    /// The base URL is not a web address, or the system's certificates cannot be read.
    pub fn new(config: ChatConfig) -> Result<Self, ChatError> {
        let unusable = |error: &dyn std::fmt::Display| ChatError::new(ChatErrorKind::BadRequest, error);
        let endpoint = format!("{}/chat/completions", config.base_url.trim_end_matches('/'));
        let endpoint = reqwest::Url::parse(&endpoint).map_err(|error| unusable(&error))?;
        let models = format!("{}/models", config.base_url.trim_end_matches('/'));
        let models = reqwest::Url::parse(&models).map_err(|error| unusable(&error))?;
        let builder = match config.guard {
            Some(guard) => {
                guard
                    .check(endpoint.as_str())
                    .map_err(|refused| unusable(&refused))?;
                guard.builder()
            }
            None => reqwest::Client::builder(),
        };
        let mut builder = builder
            .connect_timeout(config.limits.connect)
            .pool_idle_timeout(Duration::from_secs(90))
            .tcp_nodelay(true)
            // A compressed stream comes in lumps, and a redirect would carry the talk elsewhere.
            .no_gzip()
            .redirect(reqwest::redirect::Policy::none());
        if is_loopback(&endpoint) {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| unusable(&error))?;
        let ChatConfig {
            api_key,
            limits,
            dialect,
            ..
        } = config;
        Ok(Self {
            http,
            endpoint,
            models,
            api_key,
            limits,
            dialect,
        })
    }

    /// The cheapest question that needs the key.
    pub(super) fn ask_for_models(&self) -> reqwest::RequestBuilder {
        let ask = self.http.get(self.models.clone());
        match &self.api_key {
            Some(key) => ask.bearer_auth(key.expose_secret()),
            None => ask,
        }
    }

    /// From a question to the first byte of its answer.
    pub(super) fn answers_within(&self) -> Duration {
        self.limits.first_byte
    }

    /// Asks for a reply. Nothing is sent before the stream is read for the first time.
    #[must_use]
    pub fn stream(&self, request: &ChatRequest, cancel: CancellationToken) -> ChatStream {
        let body = request.to_body(&self.dialect);
        let mut ask = self
            .http
            .post(self.endpoint.clone())
            .header("accept", "text/event-stream")
            .json(&body);
        if let Some(key) = &self.api_key {
            ask = ask.bearer_auth(key.expose_secret());
        }
        let reply = Reply {
            phase: Phase::Asking(Box::new(ask)),
            limits: self.limits,
            decoder: Decoder::new(),
            ready: VecDeque::new(),
            asked_at: Instant::now(),
            request_id: None,
        };
        stream::unfold((reply, cancel), |(mut reply, cancel)| async move {
            let event = tokio::select! {
                biased;
                () = cancel.cancelled() => None,
                event = reply.next() => event,
            };
            event.map(|event| (event, (reply, cancel)))
        })
        .boxed()
    }
}

enum Phase {
    Asking(Box<reqwest::RequestBuilder>),
    Reading {
        response: Box<reqwest::Response>,
        begun: bool,
    },
    Over,
}

struct Reply {
    phase: Phase,
    limits: TimeLimits,
    decoder: Decoder,
    ready: VecDeque<Result<ChatEvent, ChatError>>,
    asked_at: Instant,
    request_id: Option<String>,
}

impl Reply {
    async fn next(&mut self) -> Option<Result<ChatEvent, ChatError>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            let step = match std::mem::replace(&mut self.phase, Phase::Over) {
                Phase::Asking(ask) => self.ask(*ask).await,
                Phase::Reading { response, begun } => self.read(response, begun).await,
                Phase::Over => return None,
            };
            if let Err(error) = step {
                self.phase = Phase::Over;
                self.ready
                    .push_back(Err(error.with_request_id(self.request_id.as_deref())));
            }
        }
    }

    fn first_byte_deadline(&self) -> Instant {
        self.asked_at + self.limits.first_byte
    }

    async fn ask(&mut self, ask: reqwest::RequestBuilder) -> Result<(), ChatError> {
        self.asked_at = Instant::now();
        let deadline = self.first_byte_deadline();
        let response = timeout_at(deadline, ask.send())
            .await
            .map_err(|_| ChatError::new(ChatErrorKind::FirstByteTimeout, "no answer in time"))?
            .map_err(|error| network(&error))?;
        let status = response.status();
        let headers = response.headers().clone();
        self.request_id = header(&headers, "x-request-id").map(str::to_owned);
        if !status.is_success() {
            let body = error_body(response, deadline).await;
            return Err(ChatError::from_response(status.as_u16(), &headers, &body));
        }
        if is_something_else(&headers) {
            return Err(ChatError::new(
                ChatErrorKind::Protocol,
                "answer is not an event stream",
            ));
        }
        self.phase = Phase::Reading {
            response: Box::new(response),
            begun: false,
        };
        Ok(())
    }

    async fn read(&mut self, mut response: Box<reqwest::Response>, begun: bool) -> Result<(), ChatError> {
        let (deadline, late) = if !begun {
            (self.first_byte_deadline(), ChatErrorKind::FirstByteTimeout)
        } else if self.decoder.is_ending() {
            (Instant::now() + self.limits.figures, ChatErrorKind::IdleTimeout)
        } else {
            (Instant::now() + self.limits.idle, ChatErrorKind::IdleTimeout)
        };
        let mut events = Vec::new();
        let outcome = match timeout_at(deadline, response.chunk()).await {
            Ok(Ok(Some(bytes))) => {
                let taken = self.decoder.push(&bytes, &mut events);
                if taken.is_ok() && !self.decoder.is_over() {
                    self.phase = Phase::Reading {
                        response,
                        begun: true,
                    };
                }
                taken
            }
            Ok(Ok(None)) => self.decoder.finish(true, &mut events),
            Ok(Err(_)) => self.decoder.finish(false, &mut events),
            // All words are there: figures that do not come are not worth an error.
            Err(_) if self.decoder.is_ending() => self.decoder.finish(false, &mut events),
            Err(_) => Err(ChatError::new(late, "reply stalled")),
        };
        for mut event in events {
            if let ChatEvent::Started(started) = &mut event {
                started.request_id.clone_from(&self.request_id);
                started.waited_ms = u64::try_from(self.asked_at.elapsed().as_millis()).unwrap_or(u64::MAX);
            }
            self.ready.push_back(Ok(event));
        }
        outcome
    }
}

fn network(error: &reqwest::Error) -> ChatError {
    let kind = if error.is_connect() {
        ChatErrorKind::Connect
    } else if error.is_builder() {
        ChatErrorKind::BadRequest
    } else {
        ChatErrorKind::Disconnected
    };
    // The URL and the cause behind it are not repeated: a base URL may hold a credential.
    ChatError::new(
        kind,
        if error.is_timeout() {
            "connection timed out"
        } else {
            "request failed"
        },
    )
}

/// As much of an error's body as comes in time.
async fn error_body(mut response: reqwest::Response, deadline: Instant) -> Vec<u8> {
    let mut read = Vec::new();
    while let Ok(Ok(Some(bytes))) = timeout_at(deadline, response.chunk()).await {
        read.extend_from_slice(&bytes);
        if read.len() >= MAX_ERROR_BODY {
            break;
        }
    }
    read
}

/// Whether the answer says outright that it is a page or one whole object; anything else is given a chance.
fn is_something_else(headers: &HeaderMap) -> bool {
    let kind = header(headers, "content-type")
        .unwrap_or_default()
        .to_ascii_lowercase();
    kind.starts_with("text/html") || kind.starts_with("application/json")
}

fn is_loopback(url: &reqwest::Url) -> bool {
    matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}
