//! `cargo xtask demo`: the whole product on this machine, with no account anywhere.

mod caller;
mod options;
mod people;
mod program;
mod settings;

use std::fs::{self, File, TryLockError};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::http::Client;
use crate::paths::Paths;
use crate::prepare::{Needs, prepare};
use crate::process::{cargo_in, output};
use crate::secrets::write_private;
use crate::servers::{Kind, Servers};
use crate::steps::{Steps, seconds};
use crate::web;
use options::Options;
use people::PEOPLE;
use program::Program;
use settings::Settings;

/// One demo.
struct Demo<'a> {
    paths: &'a Paths,
    options: Options,
    servers: Servers,
    steps: Steps,
    stop: Arc<AtomicBool>,
}

/// Runs until Ctrl-C.
pub(crate) fn run(paths: &Paths, arguments: &[String]) -> Result<()> {
    let options = Options::read(arguments)?;
    let servers = Servers::new(paths, if options.real { Kind::Real } else { Kind::Demo });
    fs::create_dir_all(servers.state())?;
    let _only_one = only_one(&servers)?;
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [
        signal_hook::consts::SIGINT,
        signal_hook::consts::SIGTERM,
        signal_hook::consts::SIGHUP,
    ] {
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    let mut demo = Demo {
        paths,
        options,
        servers,
        steps: Steps::new(),
        stop,
    };
    if demo.options.reset {
        demo.servers.stop(&mut demo.steps)?;
        demo.servers.remove()?;
        fs::create_dir_all(demo.servers.state())?;
    }
    let result = demo.up_and_wait();
    let interrupted = demo.stop.load(Ordering::Relaxed);
    demo.servers.stop(&mut demo.steps)?;
    if interrupted {
        println!(
            "  everything has ended; what was made stays in {}",
            paths.shown(demo.servers.state())
        );
        return Ok(());
    }
    result
}

/// Lets the caller ring a demo that runs.
pub(crate) fn ring(paths: &Paths) -> Result<()> {
    let file = running_file(&Servers::new(paths, Kind::Demo));
    let text = fs::read_to_string(file).context("no demo runs; start one with: cargo xtask demo")?;
    let running: Value = serde_json::from_str(&text)?;
    let port = running["simulator_port"]
        .as_u64()
        .and_then(|port| u16::try_from(port).ok())
        .context("no port")?;
    let number = running["number"].as_str().context("no number")?;
    let call = caller::ring(&Client::new(port), number).context("the demo does not answer")?;
    println!("{} rings {number} (call {call})", caller::CALLER);
    Ok(())
}

impl Demo<'_> {
    fn up_and_wait(&mut self) -> Result<()> {
        prepare(
            &mut self.steps,
            Needs {
                node: true,
                browser: false,
            },
        )?;
        let addresses = self.servers.start(&mut self.steps)?;
        let settings = Settings::make(self.paths, &self.servers, &self.options, addresses)?;
        self.build()?;
        self.go_on()?;
        let phony = self.binary("phony");
        self.steps.step("database schema", || {
            output(&mut settings.phony(&phony, &["migrate"]))
        })?;
        let mut programs = Vec::new();
        // With real providers it takes the mails, unless a mail server is named.
        if !self.options.real || settings.mail_port.is_some() {
            let mut simulator = Program::start(
                "simulator",
                settings.simulator(&self.binary("phony-simulator")),
                self.servers.state(),
            )?;
            let port = settings.simulator_port;
            self.steps.step("simulator", || {
                simulator.wait_ready(|| !crate::process::port_is_free(port))
            })?;
            programs.push(simulator);
        }
        let mut server = Program::start("phony", settings.phony(&phony, &["serve"]), self.servers.state())?;
        let client = Client::new(settings.port);
        self.steps.step("server", || {
            server.wait_ready(|| {
                client
                    .send("GET", "/readyz", None)
                    .is_ok_and(|answer| answer.status == 200)
            })
        })?;
        // Ended first: it says good-bye to callers through the simulator.
        programs.insert(0, server);
        self.go_on()?;
        let admin = self.steps.step("tenant and people", || {
            people::ensure(&client, &|arguments| settings.phony(&phony, arguments), &|name| {
                settings.secret(name)
            })
        })?;
        people::ensure_plan(&admin)?;
        people::ensure_key(&client, &admin, &key_file(&self.servers))?;
        let number = if self.options.real {
            None
        } else {
            let number = self
                .steps
                .step("phone number", || people::ensure_number(&admin))?;
            people::ensure_hours(&admin)?;
            let running =
                json!({"port": settings.port, "simulator_port": settings.simulator_port, "number": number});
            write_private(&running_file(&self.servers), &running.to_string())?;
            if !self.options.no_call {
                let simulator = Client::new(settings.simulator_port);
                self.steps
                    .step("a caller rings", || caller::ring(&simulator, &number))?;
            }
            Some(number)
        };
        self.tell(&settings, number.as_deref(), &programs)?;
        self.wait(&mut programs)?;
        println!("\n  ending");
        if !self.options.real {
            // A server that is asked to end waits for the calls that are up.
            caller::hang_up(&Client::new(settings.simulator_port));
        }
        Ok(())
    }

    fn build(&mut self) -> Result<()> {
        // The server finds the pages in this folder from the moment it is built.
        fs::create_dir_all(self.paths.join("web/dist"))?;
        let (paths, release) = (self.paths.clone(), self.options.release);
        let web = std::thread::spawn(move || {
            let begun = Instant::now();
            (web::build(&paths), begun.elapsed())
        });
        // A release binary carries the pages inside, so they come first.
        let mut beside = Some(web);
        if release {
            self.join_web(beside.take())?;
        }
        if !self.binary("phony").exists() {
            println!("       building the programs; the first time takes some minutes");
        }
        let mut arguments = vec!["build", "--workspace", "--bins", "--locked"];
        arguments.extend(release.then_some("--release"));
        let built = self.steps.step("programs", || {
            let status = cargo_in(self.paths.root(), &arguments)
                .status()
                .context("cannot run cargo")?;
            if status.success() {
                Ok(())
            } else {
                bail!("the programs do not build")
            }
        });
        self.join_web(beside)?;
        built
    }

    fn join_web(&mut self, web: Option<std::thread::JoinHandle<(Result<bool>, Duration)>>) -> Result<()> {
        let Some(web) = web else { return Ok(()) };
        let Ok((result, took)) = web.join() else {
            bail!("building the web application broke off")
        };
        self.steps.done("web application", took, result.is_ok());
        result.context("the web application does not build").map(drop)
    }

    fn binary(&self, name: &str) -> PathBuf {
        self.paths
            .target()
            .join(if self.options.release { "release" } else { "debug" })
            .join(name)
    }

    /// Between steps: whether the person has had enough.
    fn go_on(&self) -> Result<()> {
        if self.stop.load(Ordering::Relaxed) {
            bail!("interrupted")
        } else {
            Ok(())
        }
    }

    fn tell(&self, settings: &Settings, number: Option<&str>, programs: &[Program]) -> Result<()> {
        println!(
            "\nPhony is at  {}/dashboard/   ({} after the start)\n",
            settings.address,
            seconds(self.steps.elapsed())
        );
        for person in PEOPLE {
            println!(
                "  {:<11} {:<24} {}",
                person.role,
                person.email,
                settings.secret(person.secret)?
            );
        }
        println!();
        match number {
            Some(number) if self.options.no_call => println!("  number      {number}"),
            Some(number) => println!(
                "  {} is calling {number}: sign in and open the call to watch it",
                caller::CALLER
            ),
            None => println!("  buy a number in the dashboard, then ring it with your phone"),
        }
        println!(
            "  terminal    PHONY_URL={} {} talk --key-file {}",
            settings.address,
            self.paths.shown(&self.binary("phony")),
            self.paths.shown(&key_file(&self.servers))
        );
        if settings.mail_port.is_some() {
            println!(
                "  mails       http://127.0.0.1:{}/sim/mailbox",
                settings.simulator_port
            );
        }
        if number.is_some() {
            println!("  ring again  cargo xtask ring");
        }
        for program in programs {
            println!("  log         {}", self.paths.shown(program.log()));
        }
        println!("\nCtrl-C ends everything; what was made stays for the next time.");
        Ok(())
    }

    fn wait(&self, programs: &mut [Program]) -> Result<()> {
        while !self.stop.load(Ordering::Relaxed) {
            let ended = programs
                .iter_mut()
                .find_map(|program| program.has_ended().then_some(program));
            if let Some(ended) = ended {
                bail!(
                    "the program {} has ended by itself; see {}",
                    ended.name(),
                    self.paths.shown(ended.log())
                );
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }
}

/// Where the key of the command line is kept.
fn key_file(servers: &Servers) -> PathBuf {
    servers.state().join("api-key")
}

fn running_file(servers: &Servers) -> PathBuf {
    servers.state().join("running.json")
}

fn only_one(servers: &Servers) -> Result<File> {
    let file = File::create(servers.state().join("running.lock"))
        .with_context(|| format!("cannot write to {}; whose is it?", servers.state().display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!("a demo of this checkout runs already"),
        Err(TryLockError::Error(error)) => Err(error).context("cannot lock"),
    }
}

/// A command that inherits nothing of the shell but what every program needs: an API key that somebody
/// exported must not turn a demo into a bill.
fn bare(program: &std::path::Path) -> Command {
    let mut command = Command::new(program);
    // Away from the checkout, so that no `.env` is read either.
    command.env_clear().env("NO_COLOR", "1").current_dir("/");
    for name in ["PATH", "HOME", "LANG", "TMPDIR", "RUST_BACKTRACE"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}
