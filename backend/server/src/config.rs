//! Configuration from environment variables, read once, judged as a whole.
//!
//! Every bad or missing value is told at once, a line each; secrets never appear in a message.

mod fallback;
mod mail;
mod models;
mod operator;
mod reader;
mod surface;
mod test_mode;
mod wire;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use phony_app::identity::is_master_key;
use phony_app::proxies::TrustedProxies;
use phony_app::rate_limits::RateTable;
use phony_kernel::E164;
use phony_models::catalog;
use phony_outside::Guard;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use models::{model_name, realtime_url, voice};
use reader::{Reader, is_loopback, on_or_off};

pub use fallback::FallbackConfig;
pub use reader::Variables;
pub use surface::TlsConfig;
pub use test_mode::TestModeConfig;

/// Everything the server needs to know before it starts.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address to listen on.
    pub bind: IpAddr,
    /// Port to listen on.
    pub port: u16,
    /// What carriers and browsers call us by.
    pub public_url: Url,
    /// The database as `phony_app`.
    pub database_url: SecretString,
    /// The database as `phony_worker`, for background work.
    pub database_worker_url: SecretString,
    /// The database as `phony_readonly`, for the operator to look; none is no looking.
    pub database_readonly_url: Option<SecretString>,
    /// Connections for each of the first two.
    pub database_connections: u32,
    /// Redis or Valkey.
    pub redis_url: SecretString,
    /// Key-encryption key: base64 of 32 bytes.
    pub master_key: SecretString,
    /// Parent account at the carrier.
    pub twilio_account_sid: String,
    /// Its token.
    pub twilio_auth_token: SecretString,
    /// Where the carrier's API is.
    pub twilio_api_url: Url,
    /// Whether each tenant gets an account of its own below the parent.
    pub carrier_subaccounts: bool,
    /// What the carrier calls the listener of last resort by; none is the public address again.
    pub fallback_url: Option<Url>,
    /// Port of the listener of last resort; none runs no such listener here.
    pub fallback_port: Option<u16>,
    /// Whom it rings for numbers that name nobody.
    pub fallback_number: Option<E164>,
    /// Key for the language model.
    pub openai_api_key: SecretString,
    /// Where it is; any compatible server.
    pub openai_base_url: Url,
    /// Model for personalities that name none.
    pub openai_model: String,
    /// Where speech-to-speech sessions are.
    pub openai_realtime_url: Url,
    /// Speech-to-speech model for personalities that name none.
    pub openai_realtime_model: String,
    /// Voice for personalities that name none.
    pub openai_voice: String,
    /// Calls that each account of the carrier makes in a second.
    pub calls_per_second: u32,
    /// Where recordings and exports are kept, `file:…` or `s3://bucket/prefix`.
    pub recordings_url: String,
    /// The mail server, `smtps://user:password@host`; none writes mails to the log, and only on this machine.
    pub smtp_url: Option<SecretString>,
    /// Whom mails are from.
    pub mail_from: String,
    /// Who may read `/metrics`; none is whoever asks from this machine itself.
    pub metrics_token: Option<SecretString>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: TrustedProxies,
    /// Where calls of test keys run; none has no such calls.
    pub test_mode: Option<TestModeConfig>,
    /// Origins of pages elsewhere that may call the API.
    pub cors_origins: Vec<String>,
    /// Certificate and key of the listener that speaks TLS itself; none has no such listener.
    pub tls: Option<TlsConfig>,
    /// How often one may ask, over what plans say.
    pub rate_limits: RateTable,
    /// Threads that serve; one per core when absent.
    pub workers: Option<usize>,
    /// Most calls of this instance at one time; more are turned away politely.
    pub max_calls: usize,
    /// How late a thread that carries calls may be before new calls are turned away; 0 is not watched.
    pub max_lateness_ms: u64,
    /// How long live calls may go on once the process is told to stop.
    pub drain_seconds: u64,
    /// Where addresses that companies name may lead.
    pub tenant_urls: Guard,
    /// Who is asked for the proof of a domain; none is whom this machine asks.
    pub dns_server: Option<SocketAddr>,
    /// Variables whose servers elsewhere may be reached in the clear.
    pub in_the_clear: Vec<&'static str>,
    /// How logs look.
    pub log: LogConfig,
}

/// How logs look.
#[derive(Debug, Clone)]
pub struct LogConfig {
    /// Filter, `info,phony_calls=debug`.
    pub filter: String,
    /// One JSON object a line, or text for people.
    pub json: bool,
}

/// Every bad or missing value, a line each.
#[derive(Debug)]
pub struct BadConfig(pub Vec<String>);

impl std::fmt::Display for BadConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the configuration is not usable:")?;
        for line in &self.0 {
            write!(f, "\n  {line}")?;
        }
        Ok(())
    }
}

impl std::error::Error for BadConfig {}

impl Config {
    /// Reads and judges the variables of architecture.md §4.
    ///
    /// # Errors
    /// Every bad or missing value at once.
    pub fn read(variables: &Variables) -> Result<Self, BadConfig> {
        let mut reader = Reader {
            variables,
            faults: Vec::new(),
        };
        let port = reader.number("PORT", 24187, 1..=u16::MAX);
        let public_url = public_url(&mut reader, port);
        let master_key = master_key(&mut reader);
        let (smtp_url, mail_from) = mail::read(&mut reader, &public_url);
        let config = Self {
            bind: reader.parsed("BIND", Ipv4Addr::UNSPECIFIED.into(), "an IP address"),
            port,
            public_url,
            database_url: reader.secret("DATABASE_URL", "PostgreSQL as phony_app"),
            database_worker_url: reader.secret("DATABASE_WORKER_URL", "PostgreSQL as phony_worker"),
            database_readonly_url: operator::database_readonly_url(&reader),
            database_connections: reader.number("DATABASE_CONNECTIONS", 16, 1..=1_024),
            redis_url: reader.secret("REDIS_URL", "Redis 7 or newer, or Valkey"),
            master_key,
            twilio_account_sid: reader.required("TWILIO_ACCOUNT_SID", "the carrier's parent account"),
            twilio_auth_token: reader.secret("TWILIO_AUTH_TOKEN", "its auth token"),
            twilio_api_url: reader.url("TWILIO_API_URL", "https://api.twilio.com", &["https", "http"]),
            carrier_subaccounts: on_or_off(&mut reader, "TWILIO_SUBACCOUNTS", true),
            fallback_url: fallback::url(&mut reader),
            fallback_port: fallback::port(&mut reader),
            fallback_number: fallback::number(&mut reader),
            openai_api_key: reader.secret("OPENAI_API_KEY", "key of the language model"),
            openai_base_url: reader.url("OPENAI_BASE_URL", "https://api.openai.com/v1", &["https", "http"]),
            openai_model: reader.get("OPENAI_MODEL").unwrap_or("gpt-6-luna").to_owned(),
            openai_realtime_url: realtime_url(&mut reader),
            openai_realtime_model: model_name(&mut reader, "OPENAI_REALTIME_MODEL", catalog::DEFAULT_SPEECH),
            openai_voice: voice(&mut reader),
            calls_per_second: reader.number("CALLS_PER_SECOND", 1, 1..=1_000),
            recordings_url: recordings_url(&mut reader),
            metrics_token: operator::metrics_token(&mut reader),
            smtp_url,
            mail_from,
            trusted_proxies: reader.parsed(
                "TRUSTED_PROXIES",
                TrustedProxies::default(),
                "a list of networks such as 10.0.0.0/8,fd00::/8",
            ),
            test_mode: test_mode::read(&mut reader),
            cors_origins: surface::cors_origins(&mut reader),
            tls: surface::tls(&mut reader),
            rate_limits: reader.parsed(
                "RATE_LIMITS",
                RateTable::default(),
                "a list such as auth=60/60:30,api.read=1000/1:2000 (requests/seconds:burst)",
            ),
            workers: reader
                .get("WORKERS")
                .is_some()
                .then(|| reader.number("WORKERS", 1, 1..=1_024)),
            max_calls: reader.number("MAX_CALLS", 1_000, 1..=100_000),
            max_lateness_ms: reader.number("MAX_LATENESS_MS", 10, 0..=10_000),
            drain_seconds: reader.number("DRAIN_SECONDS", 3_600, 0..=86_400),
            tenant_urls: Guard::with_loopback(on_or_off(&mut reader, "TENANT_URLS_LOOPBACK", false)),
            dns_server: dns_server(&mut reader),
            in_the_clear: wire::in_the_clear(&reader),
            log: log(&mut reader),
        };
        if reader.faults.is_empty() {
            Ok(config)
        } else {
            Err(BadConfig(reader.faults))
        }
    }
}

fn public_url(reader: &mut Reader<'_>, port: u16) -> Url {
    let default = match reader.get("HOST") {
        Some(host) => format!("https://{host}"),
        None => format!("http://localhost:{port}"),
    };
    let url = reader.url("PUBLIC_URL", &default, &["https", "http"]);
    if url.scheme() == "http" && !is_loopback(&url) {
        reader
            .faults
            .push("PUBLIC_URL must be https unless it is a loopback address".to_owned());
    }
    if url.path() != "/" || url.query().is_some() {
        reader
            .faults
            .push("PUBLIC_URL must have no path and no query".to_owned());
    }
    url
}

fn dns_server(reader: &mut Reader<'_>) -> Option<SocketAddr> {
    let text = reader.get("DNS_SERVER")?;
    let server = text
        .parse()
        .or_else(|_| text.parse::<IpAddr>().map(|address| SocketAddr::new(address, 53)));
    if server.is_err() {
        let fault = "DNS_SERVER must be the address of a name server, with or without its port";
        reader.faults.push(fault.to_owned());
    }
    server.ok()
}

fn log(reader: &mut Reader<'_>) -> LogConfig {
    LogConfig {
        filter: reader.get("LOG").unwrap_or("info").to_owned(),
        json: log_is_json(reader),
    }
}

fn log_is_json(reader: &mut Reader<'_>) -> bool {
    match reader.get("LOG_FORMAT") {
        None | Some("json") => true,
        Some("text") => false,
        Some(_) => {
            reader.faults.push("LOG_FORMAT must be json or text".to_owned());
            true
        }
    }
}

fn recordings_url(reader: &mut Reader<'_>) -> String {
    let text = reader
        .get("RECORDINGS_URL")
        .unwrap_or("file:./recordings")
        .to_owned();
    if !text.starts_with("file:") && !text.starts_with("s3://") {
        reader
            .faults
            .push("RECORDINGS_URL must begin with file: or s3://".to_owned());
    }
    text
}

fn master_key(reader: &mut Reader<'_>) -> SecretString {
    let what = "32 bytes in base64, or id:key,id:key while a new one, the first, replaces another; make one with: \
                openssl rand -base64 32";
    let key = reader.secret("PHONY_MASTER_KEY", what);
    if !key.expose_secret().is_empty() && !is_master_key(&key) {
        reader.faults.push(format!("PHONY_MASTER_KEY must be {what}"));
    }
    key
}

#[cfg(test)]
mod tests;
