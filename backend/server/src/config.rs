//! Configuration from environment variables, read once, judged as a whole.
//!
//! Every bad or missing value is told at once, a line each; secrets never appear in a message.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use url::Url;

/// Everything the server needs to know before it starts.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address to listen on.
    pub bind: String,
    /// Port to listen on.
    pub port: u16,
    /// What carriers and browsers call us by.
    pub public_url: Url,
    /// The database as `phony_app`.
    pub database_url: SecretString,
    /// The database as `phony_worker`, for background work.
    pub database_worker_url: SecretString,
    /// Connections for each of the two.
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
    /// Key for the language model.
    pub openai_api_key: SecretString,
    /// Where it is; any compatible server.
    pub openai_base_url: Url,
    /// Model for personalities that name none.
    pub openai_model: String,
    /// Where recordings and exports are kept, `file:…`.
    pub recordings_url: String,
    /// Threads that serve; one per core when absent.
    pub workers: Option<usize>,
    /// How long live calls may go on once the process is told to stop.
    pub drain_seconds: u64,
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

/// Variables as a map, so that tests need no process environment.
pub type Variables = BTreeMap<String, String>;

struct Reader<'a> {
    variables: &'a Variables,
    faults: Vec<String>,
}

impl Reader<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    fn required(&mut self, name: &str, what: &str) -> String {
        if let Some(value) = self.get(name) {
            return value.to_owned();
        }
        self.faults.push(format!("{name} is missing: {what}"));
        String::new()
    }

    fn secret(&mut self, name: &str, what: &str) -> SecretString {
        self.required(name, what).into()
    }

    fn parsed<T: std::str::FromStr>(&mut self, name: &str, default: T, what: &str) -> T {
        let Some(text) = self.get(name) else {
            return default;
        };
        match text.parse() {
            Ok(value) => value,
            Err(_) => {
                self.faults.push(format!("{name} must be {what}"));
                default
            }
        }
    }

    fn url(&mut self, name: &str, default: &str, schemes: &[&str]) -> Url {
        let text = self.get(name).unwrap_or(default);
        match Url::parse(text) {
            Ok(url) if schemes.contains(&url.scheme()) => url,
            _ => {
                self.faults.push(format!(
                    "{name} must be a URL that begins with {}",
                    schemes.join(" or ")
                ));
                fallback_url()
            }
        }
    }
}

/// Stands in for a URL that was refused; the configuration is never used then.
fn fallback_url() -> Url {
    #[expect(clippy::expect_used, reason = "a constant, at start-up")]
    Url::parse("http://invalid.localhost").expect("a constant URL")
}

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
        let port = reader.parsed("PORT", 24187, "a port number");
        let public_url = public_url(&mut reader, port);
        let master_key = master_key(&mut reader);
        let config = Self {
            bind: reader.get("BIND").unwrap_or("0.0.0.0").to_owned(),
            port,
            public_url,
            database_url: reader.secret("DATABASE_URL", "PostgreSQL as phony_app"),
            database_worker_url: reader.secret("DATABASE_WORKER_URL", "PostgreSQL as phony_worker"),
            database_connections: reader.parsed("DATABASE_CONNECTIONS", 16, "a number of connections"),
            redis_url: reader.secret("REDIS_URL", "Redis 7 or newer, or Valkey"),
            master_key,
            twilio_account_sid: reader.required("TWILIO_ACCOUNT_SID", "the carrier's parent account"),
            twilio_auth_token: reader.secret("TWILIO_AUTH_TOKEN", "its auth token"),
            twilio_api_url: reader.url("TWILIO_API_URL", "https://api.twilio.com", &["https", "http"]),
            openai_api_key: reader.secret("OPENAI_API_KEY", "key of the language model"),
            openai_base_url: reader.url("OPENAI_BASE_URL", "https://api.openai.com/v1", &["https", "http"]),
            openai_model: reader.get("OPENAI_MODEL").unwrap_or("gpt-6-luna").to_owned(),
            recordings_url: recordings_url(&mut reader),
            workers: reader
                .get("WORKERS")
                .map(str::to_owned)
                .map(|_| reader.parsed("WORKERS", 1, "a number of threads")),
            drain_seconds: reader.parsed("DRAIN_SECONDS", 3_600, "a number of seconds"),
            log: LogConfig {
                filter: reader.get("LOG").unwrap_or("info").to_owned(),
                json: reader.get("LOG_FORMAT").unwrap_or("json") == "json",
            },
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
    let loopback = matches!(
        url.host_str(),
        Some("localhost" | "127.0.0.1" | "[::1]" | "invalid.localhost")
    );
    if url.scheme() == "http" && !loopback {
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

fn recordings_url(reader: &mut Reader<'_>) -> String {
    let text = reader
        .get("RECORDINGS_URL")
        .unwrap_or("file:./recordings")
        .to_owned();
    if !text.starts_with("file:") {
        reader
            .faults
            .push("RECORDINGS_URL must begin with file:".to_owned());
    }
    text
}

fn master_key(reader: &mut Reader<'_>) -> SecretString {
    let what = "32 bytes in base64; make one with: openssl rand -base64 32";
    let text = reader.required("PHONY_MASTER_KEY", what);
    let good = STANDARD.decode(&text).is_ok_and(|bytes| bytes.len() == 32);
    if !good && !text.is_empty() {
        reader.faults.push(format!("PHONY_MASTER_KEY must be {what}"));
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Variables {
        [
            ("DATABASE_URL", "postgres://phony_app@localhost/phony"),
            ("DATABASE_WORKER_URL", "postgres://phony_worker@localhost/phony"),
            ("REDIS_URL", "redis://localhost"),
            ("PHONY_MASTER_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
            ("TWILIO_ACCOUNT_SID", "AC00000000000000000000000000000000"),
            ("TWILIO_AUTH_TOKEN", "hidden-token"),
            ("OPENAI_API_KEY", "hidden-key"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    #[test]
    fn the_documented_defaults_hold() {
        let config = Config::read(&good()).unwrap();
        assert_eq!((config.bind.as_str(), config.port), ("0.0.0.0", 24187));
        assert_eq!(config.public_url.as_str(), "http://localhost:24187/");
        assert_eq!(config.twilio_api_url.as_str(), "https://api.twilio.com/");
        assert_eq!(config.recordings_url, "file:./recordings");
        assert_eq!(config.drain_seconds, 3_600);
    }

    #[test]
    fn every_fault_is_told_at_once_and_no_secret_with_it() {
        let mut variables = good();
        variables.insert("PORT".to_owned(), "many".to_owned());
        variables.insert("PUBLIC_URL".to_owned(), "http://phony.example".to_owned());
        variables.insert("PHONY_MASTER_KEY".to_owned(), "c2VjcmV0".to_owned());
        variables.remove("REDIS_URL");
        let fault = Config::read(&variables).unwrap_err();
        let text = fault.to_string();
        assert_eq!(fault.0.len(), 4, "{text}");
        for name in ["PORT", "PUBLIC_URL", "PHONY_MASTER_KEY", "REDIS_URL"] {
            assert!(text.contains(name), "{text}");
        }
        assert!(!text.contains("c2VjcmV0"));
    }

    #[test]
    fn a_configuration_does_not_show_its_secrets() {
        let shown = format!("{:?}", Config::read(&good()).unwrap());
        assert!(!shown.contains("hidden"), "{shown}");
    }

    #[test]
    fn a_bare_host_means_https() {
        let mut variables = good();
        variables.insert("HOST".to_owned(), "phony.example".to_owned());
        assert_eq!(
            Config::read(&variables).unwrap().public_url.as_str(),
            "https://phony.example/"
        );
    }
}
