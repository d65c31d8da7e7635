//! The operator's commands: making a company and letting people in, without a browser.

use std::io::Read as _;

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use phony_app::identity::{NewMember, SignUp};
use phony_app::operator::{Operator, OperatorAct, TenantLine};
use phony_app::rate_limits::RateTable;
use phony_db::Db;
use phony_kernel::{Clock, Plan, Role, TenantId};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use crate::config::Config;
use crate::parts::build;

/// Connections of one command.
const CONNECTIONS: u32 = 2;

/// What an operator may do.
#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Make a company with its first admin; prints its ids as JSON.
    CreateTenant(CreateTenant),
    /// Let a person into a company; prints their id as JSON.
    AddMember(AddMember),
    /// Companies, a line each as JSON: id, name, plan, where it stands.
    ListTenants {
        /// Only those behind this one, `ten_…`; there are a thousand at one time.
        #[arg(long)]
        after: Option<TenantId>,
    },
    /// Suspend a company: nobody signs in, keys are refused, no new call is taken or made. Calls that go on are let
    /// finish.
    Suspend(Act),
    /// Let a suspended company go on.
    Resume(Act),
    /// Change a company's plan, also to one that is agreed by contract.
    ChangePlan {
        /// Which company, who and why.
        #[command(flatten)]
        act: Act,
        /// The plan from now on.
        #[arg(long, value_enum)]
        plan: PlanArgument,
    },
    /// Let a company ask more or less often than its plan says.
    SetRates {
        /// Which company, who and why.
        #[command(flatten)]
        act: Act,
        /// `api.read=1000/1:2000,exports=100/3600` (requests/seconds:burst); empty is as the plan says.
        #[arg(long)]
        rates: String,
    },
    /// A company in figures, as JSON; needs DATABASE_READONLY_URL. Nothing that was said is shown.
    Show(Act),
}

/// An act on a company. It is noted in the company's own audit log.
#[derive(Debug, Args)]
pub struct Act {
    /// The company, `ten_…`.
    #[arg(long)]
    tenant: TenantId,
    /// Who you are.
    #[arg(long)]
    operator: String,
    /// Why; the company can read it.
    #[arg(long)]
    reason: String,
}

impl Act {
    fn read(&self) -> anyhow::Result<OperatorAct> {
        OperatorAct::new(&self.operator, &self.reason).map_err(shown)
    }
}

/// Who lets somebody in. It is noted in the log of the company that they come into.
#[derive(Debug, Args)]
pub struct By {
    /// Who you are; the name of your account on this machine when absent.
    #[arg(long)]
    operator: Option<String>,
    /// Why; the company can read it.
    #[arg(long, default_value = "from the command line")]
    reason: String,
}

impl By {
    fn read(&self) -> anyhow::Result<OperatorAct> {
        let of_machine = || {
            let names = ["SUDO_USER", "USER", "LOGNAME"].into_iter();
            names
                .filter_map(|name| std::env::var(name).ok())
                .find(|name| name.len() > 1)
        };
        let operator = self.operator.clone().or_else(of_machine);
        OperatorAct::new(operator.as_deref().unwrap_or("unnamed"), &self.reason).map_err(shown)
    }
}

/// A plan on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum PlanArgument {
    /// The smallest.
    Basic,
    /// The middle one.
    Professional,
    /// The one that is agreed by contract.
    Enterprise,
}

impl From<PlanArgument> for Plan {
    fn from(plan: PlanArgument) -> Self {
        match plan {
            PlanArgument::Basic => Self::Basic,
            PlanArgument::Professional => Self::Professional,
            PlanArgument::Enterprise => Self::Enterprise,
        }
    }
}

/// A company with its first admin.
#[derive(Debug, Args)]
pub struct CreateTenant {
    /// The company's name.
    #[arg(long)]
    company: String,
    /// The admin's e-mail address.
    #[arg(long)]
    email: String,
    /// The admin's name.
    #[arg(long)]
    name: String,
    /// IANA time zone of the company.
    #[arg(long)]
    time_zone: Option<String>,
    /// Who makes it, and why.
    #[command(flatten)]
    by: By,
    /// Read the password from standard input; it must not stand in the process list.
    #[arg(long, required = true)]
    password_stdin: bool,
}

/// A person to let in.
#[derive(Debug, Args)]
pub struct AddMember {
    /// The company, `ten_…`.
    #[arg(long)]
    tenant: TenantId,
    /// Their e-mail address.
    #[arg(long)]
    email: String,
    /// Their name.
    #[arg(long)]
    name: String,
    /// What they will be.
    #[arg(long, value_enum)]
    role: RoleArgument,
    /// Who lets them in, and why.
    #[command(flatten)]
    by: By,
    /// Read the password from standard input.
    #[arg(long, required = true)]
    password_stdin: bool,
}

/// A role on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum RoleArgument {
    /// May do everything.
    Admin,
    /// Watches calls and steps in.
    Supervisor,
    /// Looks on.
    Viewer,
}

impl From<RoleArgument> for Role {
    fn from(role: RoleArgument) -> Self {
        match role {
            RoleArgument::Admin => Self::Admin,
            RoleArgument::Supervisor => Self::Supervisor,
            RoleArgument::Viewer => Self::Viewer,
        }
    }
}

/// Runs one command and returns what to print.
///
/// # Errors
/// When the input is refused or a part does not answer.
pub async fn run(config: &Config, command: AdminCommand) -> anyhow::Result<String> {
    let operator = operator(config)?;
    let answer = match command {
        AdminCommand::ListTenants { after } => {
            let lines = operator.list(after).await.map_err(shown)?;
            let lines: Vec<String> = lines.iter().map(|line| line_json(line).to_string()).collect();
            return Ok(lines.join("\n"));
        }
        AdminCommand::Suspend(act) => {
            line_json(&operator.suspend(act.tenant, &act.read()?).await.map_err(shown)?)
        }
        AdminCommand::Resume(act) => {
            line_json(&operator.resume(act.tenant, &act.read()?).await.map_err(shown)?)
        }
        AdminCommand::ChangePlan { act, plan } => {
            let line = operator.change_plan(act.tenant, plan.into(), &act.read()?).await;
            line_json(&line.map_err(shown)?)
        }
        AdminCommand::SetRates { act, rates } => {
            let rates: RateTable = rates.parse().map_err(|_| {
                anyhow::anyhow!(
                    "--rates must be a list such as api.read=1000/1:2000 (requests/seconds:burst)"
                )
            })?;
            let line = operator
                .set_rates(act.tenant, &rates, &act.read()?)
                .await
                .map_err(shown)?;
            line_json(&line)
        }
        AdminCommand::Show(act) => {
            anyhow::ensure!(
                config.database_readonly_url.is_some(),
                "DATABASE_READONLY_URL is missing: PostgreSQL as phony_readonly"
            );
            operator.look(act.tenant, &act.read()?).await.map_err(shown)?
        }
        AdminCommand::CreateTenant(new) => {
            let act = new.by.read()?;
            let sign_up = SignUp {
                company: new.company,
                name: new.name,
                email: new.email,
                password: password()?,
                time_zone: new.time_zone,
            };
            let app = build(config).await?.app;
            let session = app.identity.create_company(&sign_up).await.map_err(shown)?;
            operator.note_made(session.tenant.id, &act).await.map_err(shown)?;
            serde_json::json!({ "tenant_id": session.tenant.id, "user_id": session.user.id })
        }
        AdminCommand::AddMember(new) => {
            let act = new.by.read()?;
            let member = NewMember {
                email: new.email,
                name: new.name,
                role: new.role.into(),
                password: password()?,
            };
            let app = build(config).await?.app;
            let user = app
                .identity
                .add_member_by(new.tenant, &member, Some(&act))
                .await
                .map_err(shown)?;
            serde_json::json!({ "user_id": user })
        }
    };
    Ok(answer.to_string())
}

/// The operator's use cases: no carrier, no model, no Redis.
fn operator(config: &Config) -> anyhow::Result<Operator> {
    let connect = |url: &SecretString| Db::connect_lazy(url.expose_secret(), CONNECTIONS);
    let readonly = config.database_readonly_url.as_ref().map(connect).transpose()?;
    let db = connect(&config.database_worker_url)?;
    Ok(Operator::new(db, readonly, Clock::system()))
}

fn line_json(line: &TenantLine) -> Value {
    json!({
        "tenant_id": line.id, "slug": line.slug, "name": line.name, "plan": line.plan, "status": line.status,
        "created_at": line.created_at,
    })
}

fn password() -> anyhow::Result<SecretString> {
    let mut text = String::new();
    std::io::stdin()
        .take(1_024)
        .read_to_string(&mut text)
        .context("standard input cannot be read")?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned().into())
}

/// An error with every fault of the input, for a terminal.
pub(crate) fn shown(error: phony_kernel::Error) -> anyhow::Error {
    let faults: Vec<String> = error
        .fields()
        .iter()
        .map(|field| format!("{} {}", field.param, field.detail))
        .collect();
    if error.kind() == phony_kernel::Kind::NotFound {
        anyhow::anyhow!("there is no such company")
    } else if faults.is_empty() {
        anyhow::Error::new(error)
    } else {
        anyhow::anyhow!(faults.join("; "))
    }
}
