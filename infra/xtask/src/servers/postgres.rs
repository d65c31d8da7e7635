//! The private PostgreSQL cluster.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{Kind, Place};
use crate::process::{free_port, is_program, output, output_with, which};
use crate::secrets::{random_hex, write_private};

/// The cluster's superuser.
pub(super) const ADMIN: &str = "postgres";
/// Roles of `roles.sql` that sign in.
pub(super) const LOGINS: &[&str] = &[
    "phony_migrator",
    "phony_app",
    "phony_worker",
    "phony_readonly",
    "phony_backup",
];

const OLDEST: u32 = 15;

/// Where the newest fitting PostgreSQL programs are, and their major version.
pub(crate) fn find_programs(exactly: Option<u32>) -> Option<(PathBuf, u32)> {
    let mut candidates: Vec<PathBuf> = Vec::new();
    candidates.extend(which("postgres").and_then(|file| Some(file.parent()?.to_path_buf())));
    for (parent, inside) in [
        ("/usr/lib/postgresql", "bin"),
        ("/opt/homebrew/opt", "bin"),
        ("/usr/local/opt", "bin"),
        ("/usr", "bin"),
    ] {
        let entries = fs::read_dir(parent).into_iter().flatten().flatten();
        candidates.extend(
            entries
                .filter(|entry| {
                    parent.starts_with("/usr/lib") || entry.file_name().to_string_lossy().starts_with("p")
                })
                .map(|entry| entry.path().join(inside)),
        );
    }
    candidates
        .into_iter()
        .filter(|directory| {
            ["initdb", "pg_ctl", "postgres", "psql"]
                .iter()
                .all(|name| is_program(&directory.join(name)))
        })
        .filter_map(|directory| Some((directory.clone(), major(&directory)?)))
        .filter(|(_, version)| exactly.map_or(*version >= OLDEST, |wanted| *version == wanted))
        .max_by_key(|(_, version)| *version)
}

fn major(directory: &Path) -> Option<u32> {
    let said = output(Command::new(directory.join("postgres")).arg("--version")).ok()?;
    let digits: String = said
        .chars()
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().ok()
}

/// Starts the cluster, made first if need be; gives its port.
pub(super) fn start(place: &Place, checkout: &Path) -> Result<u16> {
    let cluster = place.data.join("postgres");
    // Written last: a cluster whose making was interrupted is made again.
    let finished = cluster.join("phony-ready");
    if cluster.exists() && !finished.exists() {
        let _ = stop(place);
        fs::remove_dir_all(&cluster).context("cannot remove the half-made cluster")?;
    }
    let made_by: Option<u32> = fs::read_to_string(cluster.join("PG_VERSION"))
        .ok()
        .and_then(|text| text.trim().parse().ok());
    let Some((programs, _)) = find_programs(made_by) else {
        match made_by {
            Some(version) => {
                bail!("the data were made by PostgreSQL {version}, which is gone; --reset makes new ones")
            }
            None => bail!("PostgreSQL {OLDEST} or newer is not installed"),
        }
    };
    if !cluster.exists() {
        init(place, &programs, &cluster)?;
    }
    let port = run(place, &programs, &cluster)?;
    if !finished.exists() {
        set_up(place, &programs, port, checkout)?;
        fs::write(&finished, "")?;
        place.account.give(&finished)?;
    }
    Ok(port)
}

/// Ends the cluster if it runs.
pub(super) fn stop(place: &Place) -> Result<()> {
    let cluster = place.data.join("postgres");
    if running(&cluster).is_none() {
        return Ok(());
    }
    let (programs, _) = find_programs(None).context("PostgreSQL's programs are gone")?;
    let mut command = place.account.command(programs.join("pg_ctl"));
    output(
        command
            .args(["stop", "-s", "-m", "fast", "-w", "-D"])
            .arg(&cluster),
    )?;
    Ok(())
}

fn init(place: &Place, programs: &Path, cluster: &Path) -> Result<()> {
    let password = place.data.join("superuser");
    write_private(&password, place.password(ADMIN)?)?;
    place.account.give(&password)?;
    let locale = if cfg!(target_os = "linux") {
        "--locale=C.UTF-8"
    } else {
        "--locale=C"
    };
    let mut command = place.account.command(programs.join("initdb"));
    command.args(["-E", "UTF8", locale, "-A", "scram-sha-256", "-U", ADMIN]);
    if place.kind == Kind::Tests {
        command.arg("--no-sync");
    }
    let made = output(command.arg("--pwfile").arg(&password).arg("-D").arg(cluster));
    fs::remove_file(&password)?;
    made?;
    let settings = cluster.join("postgresql.conf");
    let text = fs::read_to_string(&settings)? + "\ninclude = 'phony.conf'\n";
    fs::write(&settings, text)?;
    Ok(())
}

/// Port of the cluster if its postmaster lives.
fn running(cluster: &Path) -> Option<u16> {
    let text = fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
    let lines: Vec<&str> = text.lines().collect();
    let pid: i32 = lines.first()?.trim().parse().ok()?;
    // A file left by a crash may name somebody else's process by now; the answer on its port tells.
    match nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), None) {
        Ok(()) | Err(nix::errno::Errno::EPERM) => lines.get(3)?.trim().parse().ok(),
        Err(_) => None,
    }
}

fn run(place: &Place, programs: &Path, cluster: &Path) -> Result<u16> {
    let mut wanted = None;
    if let Some(port) = running(cluster) {
        if is_ours(place, programs, cluster, port) {
            return Ok(port);
        }
        wanted = Some(port);
    }
    let kept = place.data.join("postgres-port");
    wanted = wanted.or_else(|| fs::read_to_string(&kept).ok()?.trim().parse().ok());
    let mut last = None;
    // Somebody may take the port between our look and the start.
    for _ in 0..5 {
        let port = free_port(wanted.take())?;
        write_settings(place, cluster, port)?;
        let log = place.data.join("postgres.log");
        let mut command = place.account.command(programs.join("pg_ctl"));
        command
            .args(["start", "-s", "-w", "-t", "60", "-D"])
            .arg(cluster)
            .arg("-l")
            .arg(&log);
        match output(&mut command) {
            Ok(_) => {
                fs::write(&kept, port.to_string())?;
                place.account.give(&kept)?;
                return Ok(port);
            }
            Err(error) => last = Some(error.context(format!("see {}", log.display()))),
        }
    }
    Err(last.context("PostgreSQL does not start")?)
}

fn write_settings(place: &Place, cluster: &Path, port: u16) -> Result<()> {
    let durable = match place.kind {
        Kind::Tests => "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n",
        Kind::Demo | Kind::Real | Kind::Bench => "fsync = on\n",
    };
    let text = format!(
        "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = ''\nmax_connections = 300\n\
         shared_buffers = 128MB\njit = off\ntimezone = 'UTC'\nlog_timezone = 'UTC'\nlog_line_prefix = '%m [%p] %u@%d '\n\
         {durable}"
    );
    let settings = cluster.join("phony.conf");
    write_private(&settings, &text)?;
    place.account.give(&settings)
}

/// Whether the server on `port` takes our password and serves our data.
fn is_ours(place: &Place, programs: &Path, cluster: &Path, port: u16) -> bool {
    psql(place, programs, port, "postgres", "SHOW data_directory")
        .is_ok_and(|directory| Path::new(directory.trim()) == cluster)
}

fn psql(place: &Place, programs: &Path, port: u16, database: &str, sql: &str) -> Result<String> {
    let mut command = Command::new(programs.join("psql"));
    command
        .env("PGPASSWORD", place.password(ADMIN)?)
        .env("PGCONNECT_TIMEOUT", "5");
    command.args([
        "-X",
        "-q",
        "-A",
        "-t",
        "-v",
        "ON_ERROR_STOP=1",
        "-h",
        "127.0.0.1",
        "-U",
        ADMIN,
    ]);
    output_with(command.args(["-p", &port.to_string(), "-d", database]), sql)
}

/// Roles with passwords, and the database `phony`, ready for its migrations.
fn set_up(place: &Place, programs: &Path, port: u16, checkout: &Path) -> Result<()> {
    let file = |name: &str| {
        let path = checkout.join("infra/postgres").join(name);
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let mut roles = file("roles.sql")?;
    for login in LOGINS {
        // Hexadecimal, so there is nothing to escape. Roles without a use here get a password nobody knows.
        let password = match *login {
            "phony_backup" => random_hex(16)?,
            other => place.password(other)?.to_owned(),
        };
        roles += &format!("\nALTER ROLE {login} PASSWORD '{password}';");
    }
    psql(place, programs, port, "postgres", &roles)?;
    psql(place, programs, port, "postgres", "CREATE DATABASE phony")?;
    psql(place, programs, port, "phony", &file("database.sql")?)?;
    Ok(())
}
