//! A program of ours that runs for as long as the demo does.

use std::fs::{self, OpenOptions};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::process::{output, wait_until};

/// How long an orderly end may take.
const ORDERLY: Duration = Duration::from_secs(20);

/// A running program; it ends with this value.
#[derive(Debug)]
pub(crate) struct Program {
    name: &'static str,
    child: Child,
    pid_file: PathBuf,
    log: PathBuf,
}

impl Program {
    /// Starts it in a process group of its own, so that Ctrl-C reaches us alone and we end things in order.
    pub(crate) fn start(name: &'static str, mut command: Command, state: &Path) -> Result<Self> {
        let pid_file = state.join(format!("{name}.pid"));
        let log = state.join(format!("{name}.log"));
        if fs::metadata(&log).is_ok_and(|data| data.len() > 20_000_000) {
            fs::rename(&log, log.with_extension("log.old"))?;
        }
        let out = OpenOptions::new().create(true).append(true).open(&log)?;
        command
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out)
            .process_group(0);
        let child = command.spawn().with_context(|| format!("cannot start {name}"))?;
        fs::write(
            &pid_file,
            format!("{} {}", child.id(), command.get_program().to_string_lossy()),
        )?;
        Ok(Self {
            name,
            child,
            pid_file,
            log,
        })
    }

    /// Waits until it says it is ready; an early end is told with its last words.
    pub(crate) fn wait_ready(&mut self, ready: impl Fn() -> bool) -> Result<()> {
        let mut ended = false;
        let good = wait_until(Duration::from_secs(30), || {
            ended = self.has_ended();
            ended || ready()
        });
        if good && !ended {
            return Ok(());
        }
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let last: Vec<&str> = text.lines().rev().take(12).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        bail!(
            "{} does not start; its last words in {}:\n{}",
            self.name,
            self.log.display(),
            last.join("\n")
        )
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn log(&self) -> &Path {
        &self.log
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if !self.has_ended() {
            signal(self.child.id(), Signal::SIGTERM);
            if !wait_until(ORDERLY, || self.has_ended()) {
                // Best effort: it is gone, or the system ends it.
                let _ = self.child.kill();
                let _ = self.child.wait();
            }
        }
        let _ = fs::remove_file(&self.pid_file);
    }
}

fn signal(pid: u32, signal: Signal) {
    if let Ok(pid) = i32::try_from(pid) {
        let _ = kill(Pid::from_raw(pid), signal);
    }
}

/// Ends what a killed demo left running.
pub(crate) fn end_left_overs(state: &Path) -> Result<()> {
    for name in ["phony", "simulator"] {
        end_left_over(&state.join(format!("{name}.pid")))?;
    }
    Ok(())
}

/// The file holds a process and its program; the number alone may be somebody else's by now.
fn end_left_over(pid_file: &Path) -> Result<()> {
    let kept = fs::read_to_string(pid_file).unwrap_or_default();
    let Some((pid, program)) = kept
        .split_once(' ')
        .and_then(|(pid, program)| Some((pid.parse().ok()?, program)))
    else {
        return Ok(());
    };
    let runs = || running(pid).is_some_and(|name| name == program);
    if runs() {
        signal(pid, Signal::SIGTERM);
        if !wait_until(ORDERLY, || !runs()) {
            bail!("{program} of an earlier demo does not end (process {pid})");
        }
    }
    fs::remove_file(pid_file)?;
    Ok(())
}

/// The program that a process runs.
fn running(pid: u32) -> Option<String> {
    let text = match fs::read(format!("/proc/{pid}/cmdline")) {
        Ok(words) => String::from_utf8_lossy(&words)
            .split('\0')
            .next()
            .map(str::to_owned)?,
        Err(_) if Path::new("/proc/self").exists() => return None,
        Err(_) => output(Command::new("ps").args(["-o", "comm=", "-p", &pid.to_string()])).ok()?,
    };
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}
