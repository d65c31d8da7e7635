//! Installs what is missing on the machine, or says exactly how.

use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::account::is_root;
use crate::process::{is_program, output, which};
use crate::servers::find_postgres;
use crate::steps::Steps;

/// Oldest Node.js that builds the web application.
const OLDEST_NODE: (u32, u32) = (20, 19);

/// What a command needs beside Rust.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Needs {
    pub(crate) node: bool,
    pub(crate) browser: bool,
}

/// A program that a package manager can bring.
struct Missing {
    what: &'static str,
    apt: &'static [&'static str],
    brew: &'static [&'static str],
    others: &'static str,
}

const POSTGRES: Missing = Missing {
    what: "PostgreSQL 15 or newer",
    apt: &["postgresql"],
    brew: &["postgresql@17"],
    others: "postgresql-server postgresql-contrib",
};
const REDIS: Missing = Missing {
    what: "Redis 7 or newer",
    apt: &["redis-server"],
    brew: &["redis"],
    others: "redis",
};
const CHROMIUM: Missing = Missing {
    what: "Chromium",
    apt: &["chromium"],
    brew: &["--cask", "chromium"],
    others: "chromium",
};

/// Checks tools and installs what it can. A second run finds everything and takes no time.
pub(crate) fn prepare(steps: &mut Steps, needs: Needs) -> Result<()> {
    steps.step("tools of this machine", || {
        tools(needs)?;
        let missing = look(needs);
        if missing.is_empty() {
            welcome();
            return Ok(());
        }
        install(&missing)?;
        match look(needs).first() {
            Some(still) => bail!("{} is still missing after the installation", still.what),
            None => {
                welcome();
                Ok(())
            }
        }
    })
}

/// Gives the simulator's callers a voice where that takes no questions; without it they speak in tones, and
/// everything works all the same.
fn welcome() {
    let can = which("apt-get").is_some() && is_root();
    if can
        && which("espeak-ng").is_none()
        && let Err(error) = apt("espeak-ng", &["espeak-ng"])
    {
        println!("       the simulator will speak in tones: {error:#}");
    }
}

/// Chromium or Chrome of this machine.
pub(crate) fn find_chromium() -> Option<PathBuf> {
    let named = std::env::var_os("PHONY_CHROMIUM").map(PathBuf::from);
    named
        .filter(|file| is_program(file))
        .or_else(|| {
            [
                "chromium",
                "chromium-browser",
                "google-chrome",
                "google-chrome-stable",
            ]
            .into_iter()
            .find_map(which)
        })
        .or_else(|| {
            ["Chromium", "Google Chrome"]
                .into_iter()
                .map(|name| PathBuf::from(format!("/Applications/{name}.app/Contents/MacOS/{name}")))
                .find(|file| is_program(file))
        })
}

fn look(needs: Needs) -> Vec<&'static Missing> {
    let mut missing = Vec::new();
    if find_postgres(None).is_none() {
        missing.push(&POSTGRES);
    }
    if which("redis-server").is_none() && which("valkey-server").is_none() {
        missing.push(&REDIS);
    }
    if needs.browser && find_chromium().is_none() {
        missing.push(&CHROMIUM);
    }
    missing
}

fn tools(needs: Needs) -> Result<()> {
    if which("cc").is_none() && which("gcc").is_none() && which("clang").is_none() {
        bail!("a C compiler is missing; install one, for example with: apt-get install build-essential");
    }
    if !needs.node {
        return Ok(());
    }
    let wanted = format!(
        "Node.js {}.{} or newer is needed (https://nodejs.org)",
        OLDEST_NODE.0, OLDEST_NODE.1
    );
    let said = output(Command::new("node").arg("--version")).with_context(|| wanted.clone())?;
    let mut parts = said
        .trim()
        .trim_start_matches('v')
        .split('.')
        .map(|part| part.parse::<u32>().unwrap_or(0));
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if found < OLDEST_NODE {
        bail!("{wanted}; this is {}", said.trim());
    }
    if which("npm").is_none() {
        bail!("npm is missing; it comes with Node.js");
    }
    Ok(())
}

fn install(missing: &[&Missing]) -> Result<()> {
    let what: Vec<&str> = missing.iter().map(|one| one.what).collect();
    let what = what.join(", ");
    if which("apt-get").is_some() {
        let packages: Vec<&str> = missing.iter().flat_map(|one| one.apt).copied().collect();
        return apt(&what, &packages);
    }
    if which("brew").is_some() {
        for one in missing {
            println!("       installing {} with Homebrew", one.what);
            shown(Command::new("brew").arg("install").args(one.brew))?;
        }
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|one| one.others).collect();
    let packages = packages.join(" ");
    let how = match ["dnf", "pacman", "zypper", "apk"]
        .into_iter()
        .find(|name| which(name).is_some())
    {
        Some("pacman") => format!("sudo pacman -S {packages}"),
        Some("apk") => format!("sudo apk add {packages}"),
        Some(manager) => format!("sudo {manager} install {packages}"),
        None => format!("install {packages}"),
    };
    bail!("missing: {what}. Run this, then again what you ran:\n  {how}")
}

fn apt(what: &str, packages: &[&str]) -> Result<()> {
    // Debian starts a server as soon as its package is unpacked; ours are private, so it must not.
    let script = r#"set -e
        policy=/usr/sbin/policy-rc.d
        if [ ! -e "$policy" ]; then
          printf '#!/bin/sh\nexit 101\n' > "$policy"
          chmod 755 "$policy"
          trap 'rm -f "$policy"' EXIT
        fi
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -q
        apt-get install -q -y --no-install-recommends "$@""#;
    let mut command = if is_root() {
        Command::new("/bin/sh")
    } else {
        let mut sudo = Command::new("sudo");
        if !std::io::stdin().is_terminal() {
            sudo.arg("-n");
        }
        let allowed = which("sudo").is_some()
            && (std::io::stdin().is_terminal() || output(Command::new("sudo").args(["-n", "true"])).is_ok());
        if !allowed {
            bail!(
                "missing: {what}. Run this as root, then again what you ran:\n  apt-get install -y {}",
                packages.join(" ")
            );
        }
        sudo.arg("/bin/sh");
        sudo
    };
    println!("       installing {what} with apt-get");
    shown(command.args(["-c", script, "sh"]).args(packages))?;
    // A voice for the simulator's callers; without it they hum.
    if which("espeak-ng").is_none() {
        let mut extra = Command::new(command.get_program());
        extra.args(
            command
                .get_args()
                .take_while(|word| *word != packages.first().copied().unwrap_or_default()),
        );
        let _ = extra
            .arg("espeak-ng")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
    Ok(())
}

fn shown(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("cannot run {name}"))?;
    if !status.success() {
        bail!("{name} failed ({status})");
    }
    Ok(())
}

/// Runs `npm ci` where the packages are older than the lock file; gives whether it did.
pub(crate) fn node_modules(directory: &Path) -> Result<bool> {
    let lock = directory.join("package-lock.json");
    let wanted = fs::read(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    // A copy of the lock they were installed from: dates mean little after a clone.
    let stamp = directory.join("node_modules/.installed-from");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(false);
    }
    output(
        Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
            .current_dir(directory),
    )?;
    fs::create_dir_all(directory.join("node_modules"))?;
    fs::write(&stamp, wanted)?;
    Ok(true)
}
