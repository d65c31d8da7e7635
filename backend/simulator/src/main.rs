//! `phony-simulator`: flags, logging, and running until Ctrl-C.

use std::path::PathBuf;

use clap::Parser;
use phony_simulator::Config;
use tracing_subscriber::EnvFilter;

/// What the control side can do, shown by `--help`.
const CONTROL: &str = include_str!("control_help.txt");

/// A telephone carrier and a model provider that speak the real protocols. Point TWILIO_API_URL at
/// http://127.0.0.1:24188 and OPENAI_BASE_URL at http://127.0.0.1:24188/v1 to try an agent without paying.
#[derive(Parser)]
#[command(name = "phony-simulator", version, after_long_help = CONTROL)]
struct Flags {
    /// Address to listen on. The control side has no password: think before you open it to a network.
    #[arg(long, default_value = "127.0.0.1")]
    bind: String,
    /// Port to listen on.
    #[arg(long, default_value_t = 24188)]
    port: u16,
    /// Port that takes mails over SMTP; a free one, which is logged, when absent.
    #[arg(long, default_value_t = 0)]
    smtp_port: u16,
    /// Port that answers DNS questions for TXT records over UDP; a free one, which is logged, when absent.
    #[arg(long, default_value_t = 0)]
    dns_port: u16,
    /// The carrier account to accept; a random one is made and logged when absent.
    #[arg(long, env = "TWILIO_ACCOUNT_SID")]
    account_sid: Option<String>,
    /// Its auth token, which also signs webhooks; a random one is made and logged when absent.
    #[arg(long, env = "TWILIO_AUTH_TOKEN", hide_env_values = true)]
    auth_token: Option<String>,
    /// The only model provider key to accept; any key is accepted when absent.
    #[arg(long, env = "OPENAI_API_KEY", hide_env_values = true)]
    openai_api_key: Option<String>,
    /// How much faster than real time people talk, phones ring and models think.
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// Characters a voice speaks in a second.
    #[arg(long, default_value_t = 15.0)]
    chars_per_second: f64,
    /// Moves the start of the number inventories.
    #[arg(long, default_value_t = 0)]
    seed: u32,
    /// File that keeps accounts and bought numbers between runs.
    #[arg(long)]
    state: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_env("LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let flags = Flags::parse();
    let usual = Config::default();
    let made_up = flags.account_sid.is_none() || flags.auth_token.is_none();
    let config = Config {
        bind: flags.bind,
        port: flags.port,
        smtp_port: flags.smtp_port,
        dns_port: flags.dns_port,
        account_sid: flags.account_sid.unwrap_or(usual.account_sid),
        auth_token: flags.auth_token.unwrap_or(usual.auth_token),
        openai_api_key: flags.openai_api_key,
        speed: flags.speed,
        chars_per_second: flags.chars_per_second,
        seed: flags.seed,
        state_file: flags.state,
    };
    if made_up {
        // Worth nothing outside this process, and there is no other way to learn them.
        tracing::info!(account_sid = %config.account_sid, auth_token = %config.auth_token, "made up an account");
    }
    let running = phony_simulator::start(config).await?;
    tracing::info!(url = %running.url(), smtp_url = %running.smtp_url(), dns_server = running.dns_server(), "listening");
    running.wait().await
}
