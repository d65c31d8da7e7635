//! `cargo xtask test`: everything that must hold, in one run with one last line.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::check;
use crate::paths::Paths;
use crate::prepare::{Needs, find_chromium, node_modules, prepare};
use crate::process::{cargo_in, output};
use crate::report::{self, Report};
use crate::servers::{Kind, Servers};
use crate::steps::Steps;
use crate::web;

type Environment = Vec<(String, String)>;

/// Runs all steps; gives whether all of them passed.
pub(crate) fn run(paths: &Paths) -> Result<bool> {
    let mut steps = Steps::new();
    let browser = paths.join("tests/browser").exists();
    prepare(&mut steps, Needs { node: true, browser })?;
    let mut environment = Servers::new(paths, Kind::Tests).start(&mut steps)?;
    environment.push(("PHONY_BIN".to_owned(), binary(paths, "phony")));
    environment.push(("PHONY_SIMULATOR_BIN".to_owned(), binary(paths, "phony-simulator")));
    if let Some(chromium) = find_chromium() {
        environment.push(("PHONY_CHROMIUM".to_owned(), chromium.display().to_string()));
    }

    // The server finds the pages in this folder from the moment it is built.
    fs::create_dir_all(paths.join("web/dist"))?;
    let mut report = Report::default();
    check::all(paths, &mut report);
    // The server's pages are part of what the Rust journeys ask for, so the web application comes first.
    let web_good = web_steps(paths, &mut report);
    let built = report.program(
        "build of the programs",
        &mut cargo_in(
            paths.root(),
            &["build", "--quiet", "--workspace", "--bins", "--locked"],
        ),
    );
    rust_tests(paths, &environment, &mut report);
    if built {
        report.check("openapi.json is what the server serves", || openapi(paths));
    } else {
        report.not_run("openapi.json is what the server serves", "there is no server");
    }
    if browser {
        if built && web_good {
            browser_journeys(paths, &environment, &mut report);
        } else {
            report.not_run("browser journeys", "there is no server with pages");
        }
    }
    Ok(report.finish())
}

fn binary(paths: &Paths, name: &str) -> String {
    paths.target().join("debug").join(name).display().to_string()
}

fn rust_tests(paths: &Paths, environment: &Environment, report: &mut Report) {
    let with_environment = |mut command: Command| {
        command.envs(environment.iter().map(|(key, value)| (key, value)));
        command
    };
    let nextest = output(&mut cargo_in(paths.root(), &["nextest", "--version"])).is_ok();
    if nextest {
        let at_once = tests_at_once().to_string();
        let arguments = [
            "nextest",
            "run",
            "--workspace",
            "--locked",
            "--no-fail-fast",
            "--no-tests=pass",
            "--test-threads",
            &at_once,
        ];
        report.runner(
            "rust tests",
            &mut with_environment(cargo_in(paths.root(), &arguments)),
            report::nextest,
        );
    } else {
        let arguments = [
            "test",
            "--workspace",
            "--locked",
            "--no-fail-fast",
            "--lib",
            "--bins",
            "--tests",
        ];
        report.runner(
            "rust tests",
            &mut with_environment(cargo_in(paths.root(), &arguments)),
            report::cargo_test,
        );
    }
    // Looking for examples takes rustdoc a minute and a half even where there are none.
    if has_examples(&paths.join("backend")) {
        let arguments = [
            "test",
            "--quiet",
            "--workspace",
            "--locked",
            "--no-fail-fast",
            "--doc",
        ];
        report.runner(
            "rust examples in the documentation",
            &mut cargo_in(paths.root(), &arguments),
            report::cargo_test,
        );
    }
}

/// Journeys mostly wait for somebody to speak, so two of them share a core; more than twelve would
/// ask the one PostgreSQL for more connections than it gives.
fn tests_at_once() -> usize {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    (cores * 2).clamp(2, 12)
}

/// Whether any comment of documentation has code that would be run.
fn has_examples(directory: &Path) -> bool {
    check::sources::rust_files(directory)
        .unwrap_or_default()
        .iter()
        .any(|file| {
            let text = fs::read_to_string(file).unwrap_or_default();
            text.lines()
                .filter_map(|line| {
                    line.trim_start()
                        .strip_prefix("///")
                        .or(line.trim_start().strip_prefix("//!"))
                })
                .any(|line| {
                    matches!(
                        line.trim(),
                        "```" | "```rust" | "```no_run" | "```should_panic" | "```compile_fail"
                    )
                })
        })
}

fn web_steps(paths: &Paths, report: &mut Report) -> bool {
    let directory = paths.join("web");
    let installed = report.check("npm packages of the web application", || {
        node_modules(&directory)?;
        Ok(Vec::new())
    });
    if !installed {
        report.not_run("web application", "its packages are missing");
        return false;
    }
    report.check("typed client is generated from openapi.json", || {
        web::client_findings(paths)
    });
    let mut check = Command::new("npm");
    check
        .args(["run", "check"])
        .current_dir(&directory)
        .env("CI", "true");
    report.runner("web application", &mut check, report::vitest);
    // Done already where the check went well; journeys are worth trying also with a flaw in style.
    report.check("build of the web application", || {
        web::build(paths).map(|_| Vec::new())
    })
}

fn browser_journeys(paths: &Paths, environment: &Environment, report: &mut Report) {
    let directory = paths.join("tests/browser");
    let installed = report.check("npm packages of the browser journeys", || {
        node_modules(&directory)?;
        Ok(Vec::new())
    });
    if !installed {
        report.not_run("browser journeys", "their packages are missing");
        return;
    }
    let mut journeys = Command::new("npm");
    journeys.arg("test").current_dir(&directory).env("CI", "true");
    journeys.envs(environment.iter().map(|(key, value)| (key, value)));
    report.runner("browser journeys", &mut journeys, report::playwright);
}

/// Differences between the committed document and what the server would serve.
fn openapi(paths: &Paths) -> Result<Vec<String>> {
    let served = output(
        Command::new(binary(paths, "phony"))
            .arg("openapi")
            .current_dir(paths.root()),
    )?;
    let committed = fs::read_to_string(paths.join("openapi/openapi.json"))
        .context("openapi/openapi.json cannot be read")?;
    if served.trim_end() == committed.trim_end() {
        return Ok(Vec::new());
    }
    let mut findings =
        vec!["they differ; make it anew with: phony openapi > openapi/openapi.json".to_owned()];
    let different = served
        .lines()
        .zip(committed.lines())
        .enumerate()
        .find(|(_, (new, old))| new != old);
    if let Some((number, (new, old))) = different {
        findings.push(format!(
            "line {}\n  committed: {old}\n  served:    {new}",
            number + 1
        ));
    }
    Ok(findings)
}
