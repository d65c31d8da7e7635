//! The command line.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;

use crate::admin::{self, AdminCommand};
use crate::client::{self, ClientCommand};
use crate::config::{Config, FallbackConfig, Variables};
use crate::keys::{self, KeysCommand};
use crate::trust::{self, AuditCommand, PrivacyCommand};
use crate::{last_resort, start, telemetry};

const ABOUT: &str = "\
Examples:
  phony number buy --country US --area-code 415 --personality \"Friendly Helper\"
  phony call +14155550142 --message \"Hello, your order is ready.\"
  phony talk \"Tech Expert\"
  phony tail

number, call, talk, duet and tail use an installation over its API:
  PHONY_URL      its address, https://phony.example.com (or --url)
  PHONY_API_KEY  a key made under Settings (or --key-file; never on the command line)
A .env of the working directory is read, too. NO_COLOR is honoured.

serve, migrate, check, admin, audit and privacy run an installation; they are set up by environment variables.

phony help COMMAND says more.";

/// Voice AI phone agents.
#[derive(Debug, Parser)]
#[command(name = "phony", version, about = "Voice AI phone agents.", after_help = ABOUT, after_long_help = format!("{ABOUT}\n\n{}", client::EXIT_CODES))]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(flatten)]
    Client(Box<ClientCommand>),
    #[command(flatten)]
    Operate(OperateCommand),
}

/// Run an installation.
#[derive(Debug, Subcommand)]
enum OperateCommand {
    /// Serve the API, the web application and the carrier's webhooks (the default).
    Serve,
    /// Run only the listener of last resort: it needs nothing but FALLBACK_PORT, FALLBACK_NUMBER and BIND.
    Fallback,
    /// Bring the database schema up to date; needs DATABASE_MIGRATION_URL.
    Migrate,
    /// Print the OpenAPI document.
    Openapi,
    /// Check the configuration and say what is wrong with it.
    Check,
    /// The keys that secrets are sealed by.
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Commands for the operator of this installation.
    Admin {
        #[command(subcommand)]
        command: AdminCommand,
    },
    /// Check the audit logs.
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Look after erasures.
    Privacy {
        #[command(subcommand)]
        command: PrivacyCommand,
    },
    /// Print a script that completes commands in a shell: `source <(phony completions bash)`.
    Completions {
        /// For which shell.
        shell: Shell,
    },
}

/// The process environment, with a `.env` file of the working directory under it.
fn variables() -> Variables {
    // A missing .env is the normal case in production.
    let _ = dotenvy::dotenv();
    std::env::vars().collect()
}

/// Runs the command line until its work is done.
pub async fn run(cli: Cli) -> ExitCode {
    let command = match cli.command {
        Some(Command::Client(command)) => return client::run(*command, &variables()).await,
        Some(Command::Operate(command)) => command,
        None => OperateCommand::Serve,
    };
    match Box::pin(operate(command)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to be told that nobody listens.
            let _ = writeln!(std::io::stderr(), "Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The commands that run an installation.
async fn operate(command: OperateCommand) -> anyhow::Result<()> {
    match command {
        OperateCommand::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "phony", &mut script);
            print(&String::from_utf8_lossy(&script))
        }
        OperateCommand::Serve => serve(Config::read(&variables())?).await,
        OperateCommand::Fallback => fallback(&FallbackConfig::read(&variables())?).await,
        OperateCommand::Migrate => {
            let url = variables().remove("DATABASE_MIGRATION_URL");
            let url = url.context("DATABASE_MIGRATION_URL is missing: PostgreSQL as phony_migrator")?;
            phony_db::migrate::run(&url).await?;
            print("the schema is up to date\n")
        }
        OperateCommand::Openapi => {
            let document = phony_http::server::openapi_json()?;
            print(&(serde_json::to_string_pretty(&document)? + "\n"))
        }
        OperateCommand::Check => {
            Config::read(&variables())?;
            print("the configuration is usable\n")
        }
        OperateCommand::Audit { command } => {
            let config = Config::read(&variables())?;
            print(&trust::audit(&config, command).await?)
        }
        OperateCommand::Privacy { command } => {
            let config = Config::read(&variables())?;
            print(&trust::privacy(&config, command).await?)
        }
        OperateCommand::Keys { command } => {
            let config = Config::read(&variables())?;
            print(&(keys::run(&config, command).await? + "\n"))
        }
        OperateCommand::Admin { command } => {
            let config = Config::read(&variables())?;
            print(&(Box::pin(admin::run(&config, command)).await? + "\n"))
        }
    }
}

fn print(text: &str) -> anyhow::Result<()> {
    std::io::stdout()
        .write_all(text.as_bytes())
        .context("standard output is closed")
}

async fn serve(config: Config) -> anyhow::Result<()> {
    telemetry::start_logs(&config.log)?;
    for name in &config.in_the_clear {
        tracing::warn!("what {name} names is elsewhere and may be reached in the clear");
    }
    let metrics = telemetry::start_metrics()?;
    let address = SocketAddr::new(config.bind, config.port);
    let listener = TcpListener::bind(address).with_context(|| format!("{address} cannot be listened on"))?;
    let running = start::start(&config, listener, metrics).await?;
    tracing::info!(address = %running.address, public.url = %config.public_url, "phony serves on {}", running.address);
    wait_for_signal().await?;
    let again = async {
        if wait_for_signal().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    running.drain_and_stop(again).await;
    tracing::info!("stopped");
    Ok(())
}

async fn fallback(config: &FallbackConfig) -> anyhow::Result<()> {
    telemetry::start_logs(&config.log)?;
    let running = last_resort::start(config.bind, config.port, config.number.clone())?;
    wait_for_signal().await?;
    running.stop().await;
    Ok(())
}

/// Waits until the process is asked to stop; a second time means at once.
async fn wait_for_signal() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be waited for")?;
    tokio::select! {
        _ = terminate.recv() => {}
        result = tokio::signal::ctrl_c() => result.context("SIGINT cannot be waited for")?,
    }
    Ok(())
}
