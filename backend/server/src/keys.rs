//! The operator's commands for the keys that secrets are sealed by.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Subcommand;
use phony_app::audit::AuditLog;
use phony_app::exports::open_store;
use phony_app::privacy::Privacy;
use phony_app::sealing::{Progress, Rotation};
use phony_db::Db;
use phony_kernel::Clock;
use secrecy::ExposeSecret as _;

use crate::config::Config;

/// Connections that the commands need.
const CONNECTIONS: u32 = 2;
/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// What may be done with the keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Wrap everything sealed by the first key of PHONY_MASTER_KEY, while the product goes on. Run it again if it broke
    /// off: it goes on where it was.
    Rotate,
    /// Say how many values each key wraps; one that wraps none is not needed any more.
    List,
}

/// Runs one command and returns what to print.
///
/// # Errors
/// When the database does not answer, or a value does not open.
pub async fn run(config: &Config, command: KeysCommand) -> anyhow::Result<String> {
    let db = Db::connect_lazy(config.database_worker_url.expose_secret(), CONNECTIONS)?;
    let for_files = db.clone();
    let rotation = Rotation::new(db, &config.master_key)?;
    let mut report = Vec::new();
    if matches!(command, KeysCommand::Rotate) {
        // What leaves the database is signed and hashed by keys of the list too; it stays good without the old ones.
        let store = open_store(&config.recordings_url)?;
        let (clock, master) = (Clock::system(), &config.master_key);
        let audit = AuditLog::new(for_files.clone(), Arc::clone(&store), clock.clone(), master)?;
        let privacy = Privacy::new(for_files, store, clock, master)?;
        let (vouched, kept) = (
            audit.vouch_for_former_keys().await?,
            privacy.keep_former_keys().await?,
        );
        let mut told = Instant::now();
        let done = rotation
            .run(|progress| {
                if told.elapsed() >= TELL_EVERY {
                    told = Instant::now();
                    tell(progress);
                }
            })
            .await?;
        report.push(format!(
            "{} of {} values wrapped anew, {} companies",
            done.wrapped, done.seen, done.tenants
        ));
        if vouched + kept > 0 {
            report
                .push("what was signed and erased by the keys of before stays known without them".to_owned());
        }
        if done.sealed > 0 {
            report.push(format!(
                "{} lines of calls sealed that lay in the clear",
                done.sealed
            ));
        }
        if done.unreadable > 0 {
            anyhow::bail!(
                "{} values do not open and stay as they were: {}",
                done.unreadable,
                done.examples.join(", ")
            );
        }
    }
    let first = rotation.key_ids().first().cloned().unwrap_or_default();
    for (id, count) in rotation.tally().await? {
        report.push(match count {
            _ if id.starts_with('(') => format!("{id}: {count} values, to be sealed by a rotation"),
            0 if id != first => format!("{id}: 0 values, no longer needed"),
            _ if id == first => format!("{id}: {count} values, in use"),
            _ => format!("{id}: {count} values, still needed"),
        });
    }
    Ok(report.join("\n"))
}

/// On a terminal one line that changes, elsewhere a line each time.
fn tell(progress: &Progress) {
    let mut out = std::io::stderr();
    let text = format!(
        "{} companies, {} values seen, {} wrapped anew",
        progress.tenants, progress.seen, progress.wrapped
    );
    // Nobody is left to be told that nobody looks.
    let _ = if out.is_terminal() {
        write!(out, "\r{text}").and_then(|()| out.flush())
    } else {
        writeln!(out, "{text}")
    };
}
