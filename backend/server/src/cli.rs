//! The command line.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};

use anyhow::Context as _;
use clap::{Parser, Subcommand};

use crate::admin::{self, AdminCommand};
use crate::config::{Config, Variables};
use crate::{start, telemetry};

/// Voice AI phone agents.
#[derive(Debug, Parser)]
#[command(name = "phony", version, about, long_about = None)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API, the web application and the carrier's webhooks (the default).
    Serve,
    /// Bring the database schema up to date; needs DATABASE_MIGRATION_URL.
    Migrate,
    /// Print the OpenAPI document.
    Openapi,
    /// Check the configuration and say what is wrong with it.
    Check,
    /// Commands for the operator of this installation.
    Admin {
        #[command(subcommand)]
        command: AdminCommand,
    },
}

/// The process environment, with a `.env` file of the working directory under it.
fn variables() -> Variables {
    // A missing .env is the normal case in production.
    let _ = dotenvy::dotenv();
    std::env::vars().collect()
}

/// Runs the command line until its work is done.
///
/// # Errors
/// With a text for the terminal.
pub async fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve(Config::read(&variables())?).await,
        Command::Migrate => {
            let url = variables().remove("DATABASE_MIGRATION_URL");
            let url = url.context("DATABASE_MIGRATION_URL is missing: PostgreSQL as phony_migrator")?;
            phony_db::migrate::run(&url).await?;
            print("the schema is up to date\n")
        }
        Command::Openapi => {
            let document = phony_http::server::openapi_json()?;
            print(&(serde_json::to_string_pretty(&document)? + "\n"))
        }
        Command::Check => {
            Config::read(&variables())?;
            print("the configuration is usable\n")
        }
        Command::Admin { command } => {
            let config = Config::read(&variables())?;
            print(&(admin::run(&config, command).await? + "\n"))
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
