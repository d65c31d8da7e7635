//! Running other programs and saying plainly what went wrong.

use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Runs to the end and gives what it printed; failure carries its last words.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    finish(command, None)
}

/// The same with `input` on its standard input.
pub(crate) fn output_with(command: &mut Command, input: &str) -> Result<String> {
    finish(command, Some(input))
}

fn finish(command: &mut Command, input: Option<&str>) -> Result<String> {
    let name = PathBuf::from(command.get_program());
    let name = name
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.stdin(if input.is_some() {
        Stdio::piped()
    } else {
        Stdio::null()
    });
    let mut child = command.spawn().with_context(|| format!("cannot run {name}"))?;
    if let (Some(text), Some(mut stdin)) = (input, child.stdin.take()) {
        // A program that ends early closes the pipe; its status says why.
        let _ = stdin.write_all(text.as_bytes());
    }
    let done = child
        .wait_with_output()
        .with_context(|| format!("cannot wait for {name}"))?;
    if !done.status.success() {
        let error = String::from_utf8_lossy(&done.stderr);
        let text = if error.trim().is_empty() {
            String::from_utf8_lossy(&done.stdout)
        } else {
            error
        };
        let from = text.trim().lines().count().saturating_sub(15);
        let last: Vec<&str> = text.trim().lines().skip(from).collect();
        bail!("{name} failed ({}): {}", done.status, last.join("\n"));
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

/// Finds a program in `PATH`.
pub(crate) fn which(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|file| is_program(file))
}

pub(crate) fn is_program(file: &Path) -> bool {
    nix::unistd::access(file, nix::unistd::AccessFlags::X_OK).is_ok() && file.is_file()
}

/// A port of loopback that nobody has right now, `wanted` if it is free.
pub(crate) fn free_port(wanted: Option<u16>) -> Result<u16> {
    if let Some(port) = wanted
        && port_is_free(port)
    {
        return Ok(port);
    }
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}

pub(crate) fn port_is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

/// Asks `done` until it says yes, at most for `limit`.
pub(crate) fn wait_until(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    loop {
        if done() {
            return true;
        }
        if begun.elapsed() > limit {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The cargo that runs us.
pub(crate) fn cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

/// The cargo that runs us, at work in `directory`.
pub(crate) fn cargo_in(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(cargo());
    command.args(arguments).current_dir(directory);
    command
}
