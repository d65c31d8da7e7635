//! Opens sessions. One client for a provider: it reads the system's certificates once.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use phony_outside::Guard;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{Connector, client_async_tls_with_config, connect_async_tls_with_config};
use url::Url;

use super::error::{RealtimeError, RealtimeErrorKind};
use super::protocol::{SessionConfig, SessionInfo};
use super::session::RealtimeSession;

/// Where OpenAI serves it.
pub const DEFAULT_URL: &str = "wss://api.openai.com/v1/realtime";

/// A session has its own: the library's default would be half of what a call may take.
const READ_BUFFER: usize = 8 * 1024;
/// A session's settings with all its functions fit, and no more audio than the server will miss.
const MAX_UNSENT: usize = 1024 * 1024;
/// A reply's whole text fits, and many seconds of audio.
const MAX_MESSAGE: usize = 4 * 1024 * 1024;

/// How long each wait may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RealtimeLimits {
    /// Until the socket is up.
    pub connect: Duration,
    /// From a socket that is up to a session with our settings.
    pub start: Duration,
    /// How long the server may take nothing.
    pub send: Duration,
    /// Silence on the socket after which it is asked for a sign of life.
    pub ping_after: Duration,
    /// For that sign.
    pub pong_within: Duration,
    /// For saying goodbye.
    pub close: Duration,
}

impl Default for RealtimeLimits {
    /// A caller waits at the other end, so a dead line is found sooner than the provider asks for.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            start: Duration::from_secs(3),
            send: Duration::from_secs(5),
            ping_after: Duration::from_secs(5),
            pong_within: Duration::from_secs(5),
            close: Duration::from_secs(1),
        }
    }
}

/// Where a provider is.
#[derive(Debug, Clone)]
pub struct RealtimeConfig {
    /// `wss://…/v1/realtime`, without the model; `ws` for a server of one's own.
    pub url: String,
    /// Sent as a bearer token; some servers need none.
    pub api_key: Option<SecretString>,
    /// How long each wait may take.
    pub limits: RealtimeLimits,
    /// For a server that a tenant has named: where it may be.
    pub guard: Option<Guard>,
}

impl RealtimeConfig {
    /// With our usual limits.
    #[must_use]
    pub fn new(url: impl Into<String>, api_key: Option<SecretString>) -> Self {
        Self {
            url: url.into(),
            api_key,
            limits: RealtimeLimits::default(),
            guard: None,
        }
    }
}

/// A client of one provider. Cheap to clone.
#[derive(Clone)]
pub struct RealtimeClient {
    url: Url,
    authorization: Option<HeaderValue>,
    limits: RealtimeLimits,
    connector: Connector,
    guard: Option<Guard>,
}

impl std::fmt::Debug for RealtimeClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RealtimeClient")
            .field("host", &self.url.host_str())
            .finish_non_exhaustive()
    }
}

impl RealtimeClient {
    /// Gets ready to connect; reads the system's certificates, so not for a thread that serves calls.
    ///
    /// # Errors
    /// The URL or the key cannot be used, or there are no certificates.
    pub fn new(config: &RealtimeConfig) -> Result<Self, RealtimeError> {
        let unusable = |param: &str| RealtimeError {
            param: Some(param.into()),
            ..RealtimeError::new(RealtimeErrorKind::Configuration)
        };
        let url = Url::parse(&config.url).map_err(|_| unusable("url"))?;
        let connector = match url.scheme() {
            "ws" => Connector::Plain,
            "wss" => Connector::Rustls(Arc::new(tls().ok_or_else(|| unusable("certificates"))?)),
            _ => return Err(unusable("url")),
        };
        let authorization = match &config.api_key {
            Some(key) => {
                let value = HeaderValue::from_str(&format!("Bearer {}", key.expose_secret()));
                let mut value = value.map_err(|_| unusable("api_key"))?;
                value.set_sensitive(true);
                Some(value)
            }
            None => None,
        };
        Ok(Self {
            url,
            authorization,
            limits: config.limits,
            connector,
            guard: config.guard,
        })
    }

    /// Opens a socket. Most refusals come behind it, as the first event: see [`Self::open`].
    ///
    /// # Errors
    /// There is no socket, or not in time.
    pub async fn connect(&self, model: &str) -> Result<RealtimeSession, RealtimeError> {
        let request = self.request(model)?;
        let limits = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            // Every message goes out at once; what the network does not take waits up to the bound.
            .write_buffer_size(0)
            .max_write_buffer_size(MAX_UNSENT)
            .max_message_size(Some(MAX_MESSAGE))
            .max_frame_size(Some(MAX_MESSAGE));
        let connecting = async {
            let connector = Some(self.connector.clone());
            let Some(guard) = &self.guard else {
                return connect_async_tls_with_config(request, Some(limits), true, connector).await;
            };
            // To an address that was looked at, with the name kept for TLS.
            let stream = self.reach(guard).await?;
            client_async_tls_with_config(request, stream, Some(limits), connector).await
        };
        match timeout(self.limits.connect, Box::pin(connecting)).await {
            Ok(Ok((socket, _))) => Ok(RealtimeSession::new(socket, self.limits)),
            Ok(Err(error)) => Err(RealtimeError::from_socket(&error, true)),
            Err(_) => Err(RealtimeError::new(RealtimeErrorKind::Connect)),
        }
    }

    /// Opens a session and waits until its settings are in force: only then may the caller's audio go in.
    ///
    /// # Errors
    /// There is no socket, the session is refused, or it takes too long.
    pub async fn open(
        &self,
        model: &str,
        config: &SessionConfig,
    ) -> Result<(RealtimeSession, SessionInfo), RealtimeError> {
        config.check()?;
        let mut session = self.connect(model).await?;
        match timeout(self.limits.start, session.set_up(config)).await {
            Ok(info) => Ok((session, info?)),
            Err(_) => Err(RealtimeError::new(RealtimeErrorKind::StartTimeout)),
        }
    }

    async fn reach(&self, guard: &Guard) -> io::Result<TcpStream> {
        let host = self.url.host_str().unwrap_or_default();
        let port = self.url.port_or_known_default().unwrap_or(443);
        let addresses = guard
            .resolve(host, port)
            .await
            .map_err(|refused| io::Error::new(io::ErrorKind::AddrNotAvailable, refused))?;
        let stream = TcpStream::connect(addresses.as_slice()).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    fn request(&self, model: &str) -> Result<Request, RealtimeError> {
        let mut url = self.url.clone();
        url.query_pairs_mut().append_pair("model", model);
        let request = url.as_str().into_client_request();
        let mut request = request.map_err(|error| RealtimeError::from_socket(&error, true))?;
        if let Some(authorization) = &self.authorization {
            request
                .headers_mut()
                .insert("authorization", authorization.clone());
        }
        Ok(request)
    }
}

/// The system's certificates; `None` if there are none.
fn tls() -> Option<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    let (usable, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if usable == 0 {
        return None;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .ok()?;
    Some(config.with_root_certificates(roots).with_no_client_auth())
}
