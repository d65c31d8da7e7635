//! What the programs of a demo are started with: secrets made once, ports, addresses.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::options::Options;
use super::people::PEOPLE;
use super::program::end_left_overs;
use crate::paths::Paths;
use crate::process::{free_port, port_is_free};
use crate::secrets::{base64, lines, random, random_hex, read_pairs, value, write_private};
use crate::servers::Servers;

const PORT: u16 = 24187;
const SIMULATOR_PORT: u16 = 24188;
const MAIL_PORT: u16 = 24189;

type Pairs = Vec<(String, String)>;

/// Everything a start needs.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) port: u16,
    pub(super) simulator_port: u16,
    /// Where the simulator takes mails; none when they leave by a mail server of `.env`.
    pub(super) mail_port: Option<u16>,
    /// What a browser opens.
    pub(super) address: String,
    kept: Pairs,
    environment: Pairs,
    simulator_state: PathBuf,
}

impl Settings {
    pub(super) fn make(
        paths: &Paths,
        servers: &Servers,
        options: &Options,
        addresses: Pairs,
    ) -> Result<Self> {
        let state = servers.state();
        end_left_overs(state)?;
        let file = state.join("env");
        let mut kept = read_pairs(&file);
        let port = choose(options.port, value(&kept, "PORT"), PORT)?;
        let simulator_port = choose(
            options.simulator_port,
            value(&kept, "SIMULATOR_PORT"),
            SIMULATOR_PORT,
        )?;
        let mail_port = choose(None, value(&kept, "MAIL_PORT"), MAIL_PORT)?;
        let address = format!("http://127.0.0.1:{port}");
        let simulator_state = state.join("simulator.json");
        if let Some(before) = value(&kept, "PUBLIC_URL").filter(|before| *before != address) {
            move_webhooks(&simulator_state, before, &address)?;
        }
        for (name, text) in [
            ("PORT", port.to_string()),
            ("SIMULATOR_PORT", simulator_port.to_string()),
            ("MAIL_PORT", mail_port.to_string()),
            ("PUBLIC_URL", address.clone()),
        ] {
            kept.retain(|(key, _)| key != name);
            kept.push((name.to_owned(), text));
        }
        make_once(&mut kept, "PHONY_MASTER_KEY", || Ok(base64(&random(32)?)))?;
        make_once(&mut kept, "TWILIO_ACCOUNT_SID", || {
            Ok(format!("AC{}", random_hex(16)?))
        })?;
        make_once(&mut kept, "TWILIO_AUTH_TOKEN", || random_hex(16))?;
        for person in PEOPLE {
            make_once(&mut kept, person.secret, || {
                Ok(format!("{}-{}", person.role, random_hex(5)?))
            })?;
        }
        write_private(&file, &lines(&kept))?;

        let mut environment = addresses;
        environment.retain(|(key, _)| key != "PHONY_TEST_ADMIN_URL");
        let mut set = |name: &str, text: &str| environment.push((name.to_owned(), text.to_owned()));
        set("PORT", &port.to_string());
        set("BIND", "127.0.0.1");
        set(
            "PHONY_MASTER_KEY",
            value(&kept, "PHONY_MASTER_KEY").unwrap_or_default(),
        );
        set(
            "RECORDINGS_URL",
            &format!("file://{}", state.join("recordings").display()),
        );
        set("LOG_FORMAT", "text");
        if options.real {
            environment.extend(real(&paths.join(".env"))?);
        } else {
            let simulator = format!("http://127.0.0.1:{simulator_port}");
            set("PUBLIC_URL", &address);
            set(
                "TWILIO_ACCOUNT_SID",
                value(&kept, "TWILIO_ACCOUNT_SID").unwrap_or_default(),
            );
            set(
                "TWILIO_AUTH_TOKEN",
                value(&kept, "TWILIO_AUTH_TOKEN").unwrap_or_default(),
            );
            set("TWILIO_API_URL", &simulator);
            set("OPENAI_API_KEY", "sk-simulated");
            // Test keys ring on the simulator too, which is what it is for.
            set("TEST_CARRIER_URL", &simulator);
            set(
                "TEST_CARRIER_ACCOUNT_SID",
                value(&kept, "TWILIO_ACCOUNT_SID").unwrap_or_default(),
            );
            set(
                "TEST_CARRIER_AUTH_TOKEN",
                value(&kept, "TWILIO_AUTH_TOKEN").unwrap_or_default(),
            );
            set("TEST_OPENAI_BASE_URL", &format!("{simulator}/v1"));
            set(
                "TEST_OPENAI_REALTIME_URL",
                &format!("ws://127.0.0.1:{simulator_port}/v1/realtime"),
            );
            set("OPENAI_BASE_URL", &format!("{simulator}/v1"));
            set(
                "OPENAI_REALTIME_URL",
                &format!("ws://127.0.0.1:{simulator_port}/v1/realtime"),
            );
        }
        let mail_port = value(&environment, "SMTP_URL")
            .is_none_or(str::is_empty)
            .then_some(mail_port);
        if let Some(mail_port) = mail_port {
            for (name, text) in [
                ("SMTP_URL", format!("smtp://127.0.0.1:{mail_port}")),
                ("MAIL_FROM", "Phony <phony@demo.example>".to_owned()),
            ] {
                environment.retain(|(key, _)| key != name);
                environment.push((name.to_owned(), text));
            }
        }
        Ok(Self {
            port,
            simulator_port,
            mail_port,
            address,
            kept,
            environment,
            simulator_state,
        })
    }

    /// A secret that was made once.
    pub(super) fn secret(&self, name: &str) -> Result<&str> {
        value(&self.kept, name).with_context(|| format!("{name} was not kept"))
    }

    /// The product's binary with `arguments`.
    pub(super) fn phony(&self, binary: &Path, arguments: &[&str]) -> Command {
        let mut command = super::bare(binary);
        command
            .args(arguments)
            .envs(self.environment.iter().map(|(key, value)| (key, value)));
        command
    }

    /// The simulator; the numbers it sold stay sold.
    pub(super) fn simulator(&self, binary: &Path) -> Command {
        let mut command = super::bare(binary);
        command
            .args(["--port", &self.simulator_port.to_string()])
            .args(["--smtp-port", &self.mail_port.unwrap_or(0).to_string(), "--state"])
            .arg(&self.simulator_state);
        let named = |name: &&str| value(&self.kept, name).map(|text| ((*name).to_owned(), text.to_owned()));
        command.envs(
            ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"]
                .iter()
                .filter_map(named),
        );
        command
    }
}

/// A port that was asked for must be free; one that was kept or is usual gives way.
fn choose(asked: Option<u16>, kept: Option<&str>, usual: u16) -> Result<u16> {
    if let Some(port) = asked {
        if !port_is_free(port) {
            bail!("port {port} is taken");
        }
        return Ok(port);
    }
    let kept = kept
        .and_then(|text| text.parse().ok())
        .filter(|port| port_is_free(*port));
    free_port(Some(kept.unwrap_or(usual)))
}

/// Numbers that were bought call the address of that day.
fn move_webhooks(simulator_state: &Path, before: &str, now: &str) -> Result<()> {
    let Ok(text) = fs::read_to_string(simulator_state) else {
        return Ok(());
    };
    fs::write(
        simulator_state,
        text.replace(&format!("{before}/"), &format!("{now}/")),
    )?;
    Ok(())
}

fn make_once(kept: &mut Pairs, name: &str, make: impl FnOnce() -> Result<String>) -> Result<()> {
    if value(kept, name).is_none() {
        kept.push((name.to_owned(), make()?));
    }
    Ok(())
}

/// The providers of `.env`. What this demo brings itself is not taken from there.
fn real(file: &Path) -> Result<Pairs> {
    let mut pairs = read_pairs(file);
    for (key, text) in &mut pairs {
        if let Some(name) = key.strip_prefix("export ") {
            *key = name.trim().to_owned();
        }
        let bare = text.trim_matches(['"', '\'']).to_owned();
        *text = bare;
    }
    let missing: Vec<&str> = ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "OPENAI_API_KEY"]
        .into_iter()
        .filter(|name| value(&pairs, name).is_none_or(str::is_empty))
        .collect();
    if !missing.is_empty() {
        bail!("--real needs {} in {}", missing.join(", "), file.display());
    }
    if value(&pairs, "PUBLIC_URL").is_none() && value(&pairs, "HOST").is_none() {
        bail!(
            "--real needs PUBLIC_URL in {}: the https address by which the carrier reaches this machine",
            file.display()
        );
    }
    let ours = [
        "PORT",
        "BIND",
        "PHONY_MASTER_KEY",
        "REDIS_URL",
        "RECORDINGS_URL",
        "LOG_FORMAT",
    ];
    pairs.retain(|(key, _)| !ours.contains(&key.as_str()) && !key.starts_with("DATABASE_"));
    Ok(pairs)
}
