//! `cargo xtask bench`: optimised programs under load, with servers of their own that are made anew each time.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::paths::Paths;
use crate::prepare::{Needs, prepare};
use crate::process::{cargo_in, output};
use crate::secrets::{base64, random};
use crate::servers::{Kind, Servers};
use crate::steps::Steps;

/// Core of everything that is not measured.
const OTHER_CORE: usize = 1;

/// How the programs are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Profile {
    Release,
    /// For work on the harness itself; the numbers say nothing.
    Debug,
}

/// Builds, starts, measures, stops. What the harness does not know of `arguments` it says itself.
pub(crate) fn run(paths: &Paths, arguments: &[String]) -> Result<()> {
    if !cfg!(target_os = "linux") {
        bail!("the load harness reads /proc and needs Linux");
    }
    let mut steps = Steps::new();
    prepare(
        &mut steps,
        Needs {
            node: false,
            browser: false,
        },
    )?;
    // A release binary carries the pages inside; none are asked for here.
    fs::create_dir_all(paths.join("web/dist"))?;
    let has = |flag: &str| arguments.iter().any(|word| word == flag);
    let profile = if has("--debug") {
        Profile::Debug
    } else {
        Profile::Release
    };
    if !has("--no-build") {
        build(paths, &mut steps, profile)?;
    }
    let arguments: Vec<&String> = arguments
        .iter()
        .filter(|word| !["--debug", "--no-build"].contains(&word.as_str()))
        .collect();
    let servers = Servers::new(paths, Kind::Bench);
    // What a run that was killed has left.
    servers.stop(&mut steps)?;
    servers.remove()?;
    let result = measure(paths, &servers, &mut steps, profile, &arguments);
    servers.stop(&mut steps)?;
    if result.is_ok() {
        println!(
            "  results     {}",
            paths.shown(&servers.state().join("out/results.md"))
        );
    }
    result
}

fn build(paths: &Paths, steps: &mut Steps, profile: Profile) -> Result<()> {
    let mut arguments = vec![
        "build",
        "--locked",
        "-p",
        "phony-server",
        "-p",
        "phony-simulator",
        "-p",
        "phony-load",
        "--bins",
    ];
    if profile == Profile::Release {
        arguments.push("--release");
    }
    steps.step("optimised programs", || {
        let status = cargo_in(paths.root(), &arguments)
            .status()
            .context("cannot run cargo")?;
        if status.success() {
            Ok(())
        } else {
            bail!("the programs do not build")
        }
    })
}

fn measure(
    paths: &Paths,
    servers: &Servers,
    steps: &mut Steps,
    profile: Profile,
    arguments: &[&String],
) -> Result<()> {
    // What is started from here on stays off the core that is measured.
    leave_the_measured_core();
    let addresses = servers.start(steps)?;
    let mut environment = addresses;
    environment.push(("PHONY_MASTER_KEY".to_owned(), base64(&random(32)?)));
    let with = |mut command: Command| {
        command.envs(environment.iter().map(|(key, value)| (key, value)));
        command
    };
    let phony = binary(paths, profile, "phony");
    steps.step("database schema", || {
        let mut migrate = with(Command::new(&phony));
        output(migrate.arg("migrate").current_dir("/"))
    })?;
    let out = servers.state().join("out");
    let mut load = with(Command::new(binary(paths, profile, "phony-load")));
    load.arg("run").args(arguments);
    load.arg("--phony").arg(&phony);
    load.arg("--simulator")
        .arg(binary(paths, profile, "phony-simulator"));
    load.arg("--plain")
        .arg(binary(paths, profile, "phony-load-plain"));
    load.arg("--out").arg(&out);
    load.args(["--commit", &commit(paths)]);
    let status = load.status().context("cannot run the load harness")?;
    if !status.success() {
        bail!(
            "the load harness failed ({status}); logs are in {}",
            paths.shown(&out)
        );
    }
    Ok(())
}

fn binary(paths: &Paths, profile: Profile, name: &str) -> PathBuf {
    let directory = match profile {
        Profile::Release => "release",
        Profile::Debug => "debug",
    };
    paths.target().join(directory).join(name)
}

/// The state of the sources, as far as it is known.
fn commit(paths: &Paths) -> String {
    let git = |arguments: &[&str]| output(Command::new("git").args(arguments).current_dir(paths.root()));
    let Ok(commit) = git(&["rev-parse", "--short", "HEAD"]) else {
        return "unknown".to_owned();
    };
    let changed = git(&["status", "--porcelain", "--untracked-files=no"]).is_ok_and(|text| !text.is_empty());
    format!("{}{}", commit.trim(), if changed { " with changes" } else { "" })
}

#[cfg(target_os = "linux")]
fn leave_the_measured_core() {
    let mut set = nix::sched::CpuSet::new();
    // On a machine with one core all share it, and the numbers say so.
    let _ = set
        .set(OTHER_CORE)
        .and_then(|()| nix::sched::sched_setaffinity(nix::unistd::Pid::from_raw(0), &set));
}

#[cfg(not(target_os = "linux"))]
fn leave_the_measured_core() {}
