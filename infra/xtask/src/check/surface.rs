//! The whole API document against the whole product, by a program that is not ours; takes some minutes.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::paths::Paths;
use crate::process::cargo_in;
use crate::report::Report;
use crate::servers::{Kind, Servers};
use crate::steps::Steps;

/// The program, in the version that was tried.
const PACKAGE: &str = "schemathesis==4.32.5";

/// Installs the program below `.phony/`, starts the servers that the tests use, and runs what is too slow for every day.
pub(crate) fn all(paths: &Paths, report: &mut Report) -> Result<()> {
    let place = paths.state().join("schemathesis");
    let program = place.join("bin/schemathesis");
    let mut steps = Steps::new();
    if !program.exists() {
        steps.step("schemathesis", || {
            ran(Command::new("python3").args(["-m", "venv"]).arg(&place))?;
            ran(Command::new(place.join("bin/pip")).args(["install", "--quiet", PACKAGE]))
        })?;
    }
    Servers::new(paths, Kind::Tests).start(&mut steps)?;
    let reports = place.join("reports");
    fs::create_dir_all(&reports).with_context(|| format!("cannot make {}", reports.display()))?;
    for (what, package, filter) in [
        (
            "unknown addresses take as long as known ones",
            "phony-app",
            "test(identity::addresses)",
        ),
        (
            "unknown ids take as long as foreign ones",
            "phony-journeys",
            "test(limits::timings)",
        ),
        (
            "schemathesis, as everybody",
            "phony-journeys",
            "test(limits::schemathesis)",
        ),
    ] {
        let mut tests = cargo_in(
            paths.root(),
            &[
                "nextest",
                "run",
                "--package",
                package,
                "--run-ignored",
                "only",
                "-E",
                filter,
            ],
        );
        tests
            .env("SCHEMATHESIS", &program)
            .env("SCHEMATHESIS_REPORTS", &reports);
        report.program(what, &mut tests);
    }
    println!("  reports    {}", paths.shown(&reports));
    Ok(())
}

fn ran(command: &mut Command) -> Result<()> {
    let status = command.status().context("cannot be started")?;
    if !status.success() {
        bail!("ended with {status}");
    }
    Ok(())
}
