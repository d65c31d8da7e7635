//! Requests and their repeats. What can be asked is in `resources`.

use std::net::IpAddr;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use reqwest::Method;
use reqwest::header;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_tungstenite::Connector;
use url::{Host, Url};

use crate::error::{ClientError, Problem};
use crate::{Result, socket};

/// Header that makes a repeat harmless.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// Largest answer that is read.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// Where an installation is and who asks.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// Its address, without `/v1`.
    pub url: String,
    /// An API key (`ph_live_…`) or an access token.
    pub api_key: SecretString,
    /// Whether the key may travel without encryption to another machine.
    pub allow_http: bool,
    /// How long each wait may take.
    pub limits: Limits,
}

/// How long each wait may take and how often a request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Until a connection is up.
    pub connect: Duration,
    /// For one whole request.
    pub request: Duration,
    /// How often a failed request is repeated.
    pub repeats: usize,
    /// Wait before the first repeat; it grows.
    pub first_wait: Duration,
    /// Longest wait before a repeat, also when the server asks for more.
    pub longest_wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            request: Duration::from_secs(30),
            repeats: 3,
            first_wait: Duration::from_millis(200),
            longest_wait: Duration::from_secs(10),
        }
    }
}

/// A client of one installation. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    limits: Limits,
    connector: Connector,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("base", &self.base.as_str())
            .finish_non_exhaustive()
    }
}

/// One request, ready to be made as often as it takes.
struct Ask {
    method: Method,
    url: Url,
    body: Option<Vec<u8>>,
    idempotency_key: Option<String>,
}

/// A failed try.
struct Failure {
    error: ClientError,
    may_repeat: bool,
    wait: Option<Duration>,
}

impl Client {
    /// Gets ready; nothing is asked yet.
    ///
    /// # Errors
    /// The address or the key cannot be used, or the system's certificates cannot be read.
    pub fn new(config: &ClientConfig) -> Result<Self> {
        let base = base_url(&config.url, config.allow_http)?;
        let unusable = |what: &str| ClientError::Configuration(what.to_owned());
        let mut key = header::HeaderValue::from_str(&format!("Bearer {}", config.api_key.expose_secret()))
            .map_err(|_| unusable("the API key has characters that no key has"))?;
        key.set_sensitive(true);
        let mut builder = reqwest::Client::builder()
            .connect_timeout(config.limits.connect)
            .timeout(config.limits.request)
            .user_agent(concat!("phony/", env!("CARGO_PKG_VERSION")))
            .default_headers([(header::AUTHORIZATION, key)].into_iter().collect())
            // A redirect would carry the key elsewhere.
            .redirect(reqwest::redirect::Policy::none());
        if is_loopback(&base) {
            builder = builder.no_proxy();
        }
        let http = builder
            .build()
            .map_err(|_| unusable("the system's certificates cannot be read"))?;
        let connector = socket::connector(base.scheme() == "https")?;
        Ok(Self {
            http,
            base,
            limits: config.limits,
            connector,
        })
    }

    /// The installation's address.
    #[must_use]
    pub fn url(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    pub(crate) fn connector(&self) -> Connector {
        self.connector.clone()
    }

    /// Address of a socket.
    pub(crate) fn socket_url(&self, path: &str) -> Url {
        let mut url = self.at(path);
        let scheme = if self.base.scheme() == "https" {
            "wss"
        } else {
            "ws"
        };
        // Both schemes are special ones, between which a change is always allowed.
        let _ = url.set_scheme(scheme);
        url
    }

    pub(crate) fn unreachable(&self, cause: impl std::fmt::Display) -> ClientError {
        ClientError::Unreachable {
            url: self.url().to_owned(),
            cause: cause.to_string(),
        }
    }

    pub(crate) fn unexpected(&self, detail: impl Into<String>) -> ClientError {
        ClientError::Unexpected {
            url: self.url().to_owned(),
            detail: detail.into(),
        }
    }

    fn at(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        url
    }

    /// GET with a query.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, Option<&str>)],
    ) -> Result<T> {
        let mut url = self.at(path);
        for (name, value) in query {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        self.json(Ask {
            method: Method::GET,
            url,
            body: None,
            idempotency_key: None,
        })
        .await
    }

    /// POST; the same key is the same deed, however often it is sent.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
        idempotency_key: &str,
    ) -> Result<T> {
        let body = serde_json::to_vec(body).map_err(|error| ClientError::Configuration(error.to_string()))?;
        self.json(Ask {
            method: Method::POST,
            url: self.at(path),
            body: Some(body),
            idempotency_key: Some(idempotency_key.to_owned()),
        })
        .await
    }

    async fn json<T: DeserializeOwned>(&self, ask: Ask) -> Result<T> {
        let longest_wait = self.limits.longest_wait;
        let backoff = ExponentialBuilder::default()
            .with_min_delay(self.limits.first_wait)
            .with_max_delay(longest_wait)
            .with_max_times(self.limits.repeats)
            .with_jitter();
        let answer = (|| self.once(&ask))
            .retry(backoff)
            .when(|failure: &Failure| failure.may_repeat)
            .adjust(|failure: &Failure, delay| {
                let wait = delay?.max(failure.wait.unwrap_or_default());
                (wait <= longest_wait).then_some(wait)
            })
            .await
            .map_err(|failure| failure.error)?;
        serde_json::from_slice(&answer).map_err(|error| {
            self.unexpected(format!(
                "the body of {} is not as documented: {error}",
                ask.url.path()
            ))
        })
    }

    async fn once(&self, ask: &Ask) -> Result<Vec<u8>, Failure> {
        let mut request = self.http.request(ask.method.clone(), ask.url.clone());
        if let Some(body) = &ask.body {
            request = request
                .header(header::CONTENT_TYPE, "application/json")
                .body(body.clone());
        }
        if let Some(key) = &ask.idempotency_key {
            request = request.header(IDEMPOTENCY_KEY, key);
        }
        let faulty = |error: &reqwest::Error| Failure {
            may_repeat: !error.is_builder(),
            error: self.unreachable(root_cause(error)),
            wait: None,
        };
        let mut response = request.send().await.map_err(|error| faulty(&error))?;
        let status = response.status();
        let wait = response
            .headers()
            .get(header::RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .map(Duration::from_secs);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| faulty(&error))? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(Failure {
                    error: self.unexpected("the answer is too large"),
                    may_repeat: false,
                    wait: None,
                });
            }
            body.extend_from_slice(&chunk);
        }
        if status.is_success() {
            return Ok(body);
        }
        let problem = serde_json::from_slice::<Problem>(&body)
            .ok()
            .filter(|problem| !problem.code.is_empty());
        // A balancer before the installation answers 502 to 504 in its own words.
        let gateway = matches!(status.as_u16(), 502..=504);
        Err(match problem {
            Some(problem) => Failure {
                may_repeat: problem.retryable || gateway,
                error: ClientError::Refused(Box::new(problem)),
                wait,
            },
            None if gateway => Failure {
                error: self.unreachable(format!("what stands before it says {status}")),
                may_repeat: true,
                wait,
            },
            None => Failure {
                error: self.unexpected(format!("{} {} answered {status}", ask.method, ask.url.path())),
                may_repeat: false,
                wait: None,
            },
        })
    }
}

/// The innermost cause says what happened; those around it say that something did.
fn root_cause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it took too long".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

fn base_url(text: &str, allow_http: bool) -> Result<Url> {
    let bad = |why: &str| ClientError::Configuration(format!("`{text}` cannot be used as an address: {why}"));
    let url = Url::parse(text).map_err(|_| bad("it is not a URL such as https://phony.example.com"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(bad("it begins with neither https:// nor http://"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err(bad("only the plain address is taken, the key comes apart"));
    }
    if url.scheme() == "http" && !allow_http && !is_loopback(&url) {
        return Err(bad(
            "http would send the key unencrypted; use https, or --allow-http in a network of your own",
        ));
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_travels_encrypted_or_not_beyond_this_machine() {
        for good in [
            "https://phony.example.com",
            "http://localhost:24187",
            "http://127.0.0.1:1/",
            "http://[::1]:24187",
        ] {
            assert!(base_url(good, false).is_ok(), "{good}");
        }
        for bad in [
            "phony.example.com",
            "ftp://phony.example.com",
            "http://phony.example.com",
            "https://u:p@phony.example.com",
            "https://phony.example.com/?key=1",
            "",
        ] {
            assert!(base_url(bad, false).is_err(), "{bad}");
        }
        assert!(base_url("http://phony:24187", true).is_ok());
    }

    #[test]
    fn an_installation_may_live_under_a_path() {
        let client = Client::new(&ClientConfig {
            url: "https://example.com/phony/".to_owned(),
            api_key: "ph_live_x".to_owned().into(),
            allow_http: false,
            limits: Limits::default(),
        })
        .unwrap();
        assert_eq!(
            client.at("/v1/calls").as_str(),
            "https://example.com/phony/v1/calls"
        );
        assert_eq!(
            client.socket_url("/v1/live").as_str(),
            "wss://example.com/phony/v1/live"
        );
        assert!(!format!("{client:?}").contains("ph_live_x"));
    }
}
