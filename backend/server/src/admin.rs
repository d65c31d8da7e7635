//! The operator's commands: making a company and letting people in, without a browser.

use std::io::Read as _;

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use phony_app::identity::{NewMember, SignUp};
use phony_kernel::{Role, TenantId};
use secrecy::SecretString;

use crate::config::Config;
use crate::start::build;

/// What an operator may do.
#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Make a company with its first admin; prints its ids as JSON.
    CreateTenant(CreateTenant),
    /// Let a person into a company; prints their id as JSON.
    AddMember(AddMember),
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
    let app = build(config).await?.app;
    let answer = match command {
        AdminCommand::CreateTenant(new) => {
            let sign_up = SignUp {
                company: new.company,
                name: new.name,
                email: new.email,
                password: password()?,
                time_zone: new.time_zone,
            };
            let session = app.identity.create_company(&sign_up).await.map_err(shown)?;
            serde_json::json!({ "tenant_id": session.tenant.id, "user_id": session.user.id })
        }
        AdminCommand::AddMember(new) => {
            let member = NewMember {
                email: new.email,
                name: new.name,
                role: new.role.into(),
                password: password()?,
            };
            let user = app
                .identity
                .add_member(new.tenant, &member)
                .await
                .map_err(shown)?;
            serde_json::json!({ "user_id": user })
        }
    };
    Ok(answer.to_string())
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
fn shown(error: phony_kernel::Error) -> anyhow::Error {
    let faults: Vec<String> = error
        .fields()
        .iter()
        .map(|field| format!("{} {}", field.param, field.detail))
        .collect();
    if faults.is_empty() {
        anyhow::Error::new(error)
    } else {
        anyhow::anyhow!(faults.join("; "))
    }
}
