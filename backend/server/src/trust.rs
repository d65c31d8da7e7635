//! The operator's checks and repairs: audit logs against what was signed for them, erasures after a restore.

use std::fmt::Write as _;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Subcommand;
use object_store::ObjectStore;
use phony_app::audit::{AuditCheck, AuditLog};
use phony_app::exports::open_store;
use phony_app::operator::{Operator, OperatorAct};
use phony_app::privacy::Privacy;
use phony_db::Db;
use phony_kernel::{Clock, TenantId};
use secrecy::ExposeSecret as _;

use crate::config::Config;

/// Connections of one command.
const CONNECTIONS: u32 = 2;

/// What can be done with audit logs.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Check audit logs against their chain and what was signed for them; names the first broken entry.
    Verify {
        /// Only this company's, `ten_…`.
        #[arg(long)]
        tenant: Option<TenantId>,
    },
    /// Sign for where every audit log stands now; the server does so every hour.
    Sign,
}

/// What can be done about erasures.
#[derive(Debug, Subcommand)]
pub enum PrivacyCommand {
    /// After a restore from a backup: erase again what was erased since, and sign where audit logs stand.
    Replay {
        /// Who you are; it is noted in the log of each company that is touched.
        #[arg(long)]
        operator: String,
        /// Why, as for the other commands.
        #[arg(long)]
        reason: String,
    },
}

/// The parts that these commands need: no carrier, no model, no Redis.
struct Parts {
    audit: AuditLog,
    privacy: Privacy,
    operator: Operator,
}

fn parts(config: &Config) -> anyhow::Result<Parts> {
    let clock = Clock::system();
    let db = Db::connect_lazy(config.database_worker_url.expose_secret(), CONNECTIONS)?;
    let store: Arc<dyn ObjectStore> = open_store(&config.recordings_url)?;
    let master = &config.master_key;
    Ok(Parts {
        audit: AuditLog::new(db.clone(), Arc::clone(&store), clock.clone(), master)?,
        privacy: Privacy::new(db.clone(), store, clock.clone(), master)?,
        operator: Operator::new(db, None, clock),
    })
}

/// Checks or signs; returns what to print.
///
/// # Errors
/// When a log is broken, with the same text, or a part does not answer.
pub async fn audit(config: &Config, command: AuditCommand) -> anyhow::Result<String> {
    let parts = parts(config)?;
    match command {
        AuditCommand::Verify { tenant } => {
            let tenants = match tenant {
                Some(tenant) => vec![tenant],
                None => {
                    let mut known = parts.operator.all().await?;
                    let signed = parts.audit.signed_tenants().await?;
                    known.extend(signed);
                    known.sort_unstable();
                    known.dedup();
                    known
                }
            };
            let (mut text, mut broken) = (String::new(), 0);
            for tenant in tenants {
                let check = parts.audit.verify_whole(tenant).await?;
                broken += usize::from(!check.intact);
                writeln!(text, "{}", line(tenant, &check)).context("a text")?;
            }
            anyhow::ensure!(broken == 0, "{broken} audit logs are broken\n{}", text.trim_end());
            Ok(text)
        }
        AuditCommand::Sign => {
            let mut signed = 0;
            for tenant in parts.operator.all().await? {
                signed += usize::from(parts.audit.sign_head(tenant).await?);
            }
            Ok(format!("{signed} audit logs are signed for anew\n"))
        }
    }
}

/// One log in words.
fn line(tenant: TenantId, check: &AuditCheck) -> String {
    let signed = match check.signed {
        Some((seq, at)) => format!("signed up to entry {seq} at {}", at.format("%Y-%m-%d %H:%M UTC")),
        None => "not signed for yet".to_owned(),
    };
    match check.broken {
        None => format!("{tenant}: {} entries, intact, {signed}", check.entries),
        Some(broken) => {
            let fault = serde_json::to_value(broken.fault).unwrap_or_default();
            let fault = fault.as_str().unwrap_or("broken").replace('_', " ");
            format!("{tenant}: broken at entry {}: {fault}; {signed}", broken.seq)
        }
    }
}

/// Replays erasures; returns what to print.
///
/// # Errors
/// When a part does not answer.
pub async fn privacy(config: &Config, command: PrivacyCommand) -> anyhow::Result<String> {
    let PrivacyCommand::Replay { operator, reason } = command;
    let act = OperatorAct::new(&operator, &reason).map_err(crate::admin::shown)?;
    let parts = parts(config)?;
    // Before anything is added: where each log ends is what came back from the backup.
    let mut logs = 0;
    for tenant in parts.operator.all().await? {
        logs += usize::from(parts.audit.accept_restore(tenant).await?);
    }
    let done = parts.privacy.replay(&act).await?;
    let mut answer = serde_json::to_value(done)?;
    if let Some(fields) = answer.as_object_mut() {
        fields.insert("audit_logs_cut_short".to_owned(), logs.into());
    }
    Ok(answer.to_string() + "\n")
}
