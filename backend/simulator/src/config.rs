//! What a simulator is started with.

use std::path::PathBuf;

/// How a simulator behaves; every [`crate::start`] gets its own.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address to listen on.
    pub bind: String,
    /// Port to listen on; `0` takes a free one.
    pub port: u16,
    /// Port that takes mails; `0` takes a free one.
    pub smtp_port: u16,
    /// Port that answers DNS questions for TXT records; `0` takes a free one.
    pub dns_port: u16,
    /// The carrier account that exists from the start (`AC` and 32 hex digits).
    pub account_sid: String,
    /// Its auth token: Basic password and signing key.
    pub auth_token: String,
    /// When set, the only key the model half accepts; otherwise any key but one that starts with `sk-invalid`.
    pub openai_api_key: Option<String>,
    /// How much faster than the wall clock people talk, phones ring and models think.
    pub speed: f64,
    /// How many characters a voice speaks in one simulated second.
    pub chars_per_second: f64,
    /// Moves the start of the number inventories, so that simulators side by side sell different numbers.
    pub seed: u32,
    /// A file that keeps accounts and bought numbers between runs.
    pub state_file: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            bind: "127.0.0.1".to_owned(),
            port: 0,
            smtp_port: 0,
            dns_port: 0,
            account_sid: crate::ids::sid("AC"),
            auth_token: uuid::Uuid::new_v4().simple().to_string(),
            openai_api_key: None,
            speed: 1.0,
            chars_per_second: 15.0,
            seed: 0,
            state_file: None,
        }
    }
}
