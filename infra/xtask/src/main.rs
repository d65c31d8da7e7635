//! One command each for the demo, the tests and the private servers they use.
//!
//! `cargo xtask help` lists them. Nothing here is part of the product.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it talks to the person at the terminal"
)]

mod account;
mod bench;
mod check;
mod demo;
mod http;
mod paths;
mod prepare;
mod process;
mod report;
mod secrets;
mod servers;
mod steps;
mod test;
mod web;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::paths::Paths;
use crate::prepare::{Needs, prepare};
use crate::servers::{Kind, Servers};
use crate::steps::Steps;

const HELP: &str = "\
cargo xtask <command>

  demo [flags]               the whole product on this machine, without any account; Ctrl-C ends it
       --reset               starts fresh
       --real                uses the providers of .env instead of the simulator
       --no-call             lets nobody ring
       --release             optimised programs
       --port N              of the product, 24187 if free
       --simulator-port N    of the simulator, 24188 if free
  ring                       lets the simulated caller ring the demo again
  bench [flags] [what…]      load on optimised programs, beside plain ones; writes .phony/bench/out/results.md
       --quick               a look, not a measurement
       --plain-only          the plain programs alone
       --no-build            the programs as they are
       --minutes N           how long the flat run takes
       what                  realtime capacity limit flat clear relay webhook reads signins live; all when none is named
  test                       everything that must hold; ends with `N passed, N failed`
  check                      its part that needs no server: style, lints, layers
        surface              the API document against the product by schemathesis, and timings; some minutes
  services [--stop|--reset]  private PostgreSQL and Redis for tests, left running; addresses in .phony/dev/env
  help                       this text
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<ExitCode> {
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", arguments),
    };
    let paths = Paths::find()?;
    match command {
        "demo" => demo::run(&paths, rest).map(|()| ExitCode::SUCCESS),
        "ring" => demo::ring(&paths).map(|()| ExitCode::SUCCESS),
        "bench" => bench::run(&paths, rest).map(|()| ExitCode::SUCCESS),
        "test" => Ok(exit(test::run(&paths)?)),
        "check" => {
            let mut report = report::Report::default();
            if rest == ["surface"] {
                check::surface::all(&paths, &mut report)?;
            } else {
                check::all(&paths, &mut report);
            }
            Ok(exit(report.finish()))
        }
        "services" => services(&paths, rest),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        other => bail!("there is no command `{other}`; cargo xtask help lists them"),
    }
}

fn exit(good: bool) -> ExitCode {
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn services(paths: &Paths, arguments: &[String]) -> Result<ExitCode> {
    let servers = Servers::new(paths, Kind::Tests);
    let mut steps = Steps::new();
    match arguments {
        [] => {
            prepare(
                &mut steps,
                Needs {
                    node: false,
                    browser: false,
                },
            )?;
            servers.start(&mut steps)?;
            println!("addresses are in {}", paths.shown(&servers.env_file()));
        }
        [flag] if flag == "--stop" => servers.stop(&mut steps)?,
        [flag] if flag == "--reset" => {
            servers.stop(&mut steps)?;
            servers.remove()?;
            servers.start(&mut steps)?;
        }
        _ => bail!("services takes nothing, --stop or --reset"),
    }
    Ok(ExitCode::SUCCESS)
}
