//! The private Redis.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::{Kind, Place};
use crate::process::{free_port, output, wait_until, which};
use crate::secrets::write_private;

/// Starts it unless it runs; gives its port.
pub(super) fn start(place: &Place) -> Result<u16> {
    let kept = place.data.join("redis-port");
    let mut wanted: Option<u16> = fs::read_to_string(&kept)
        .ok()
        .and_then(|text| text.trim().parse().ok());
    if let Some(port) = wanted
        && ask(place, port, "PING").is_ok_and(|answer| answer.contains("PONG"))
    {
        return Ok(port);
    }
    let program = which("redis-server")
        .or_else(|| which("valkey-server"))
        .context("redis-server is not installed")?;
    let directory = place.data.join("redis");
    place.account.make_directory(&directory)?;
    // Somebody may take the port between our look and the start.
    for _ in 0..5 {
        let port = free_port(wanted.take())?;
        let settings = directory.join("redis.conf");
        write_private(&settings, &configuration(place, port)?)?;
        place.account.give(&settings)?;
        let mut command = place.account.command(&program);
        output(command.current_dir(&directory).arg(&settings))?;
        let up = wait_until(Duration::from_secs(10), || {
            ask(place, port, "PING").is_ok_and(|answer| answer.contains("PONG"))
        });
        if up {
            fs::write(&kept, port.to_string())?;
            place.account.give(&kept)?;
            return Ok(port);
        }
    }
    bail!(
        "Redis does not start; see {}",
        directory.join("redis.log").display()
    )
}

/// Ends it if it runs.
pub(super) fn stop(place: &Place) -> Result<()> {
    let kept = place.data.join("redis-port");
    let Some(port) = fs::read_to_string(&kept)
        .ok()
        .and_then(|text| text.trim().parse::<u16>().ok())
    else {
        return Ok(());
    };
    if ask(place, port, "PING").is_ok_and(|answer| answer.contains("PONG")) {
        // It closes the connection instead of answering.
        let _ = ask(place, port, "SHUTDOWN");
        if !wait_until(Duration::from_secs(10), || ask(place, port, "PING").is_err()) {
            bail!("Redis does not end");
        }
    }
    Ok(())
}

fn configuration(place: &Place, port: u16) -> Result<String> {
    let directory = place.data.join("redis");
    let lasting = match place.kind {
        Kind::Tests => "save \"\"\nappendonly no\n",
        Kind::Demo | Kind::Real | Kind::Bench => "appendonly yes\nappendfsync everysec\n",
    };
    Ok(format!(
        "bind 127.0.0.1\nport {port}\ndaemonize yes\ndatabases 4096\nrequirepass {}\ndir \"{directory}\"\n\
         pidfile \"{directory}/redis.pid\"\nlogfile \"{directory}/redis.log\"\n{lasting}",
        place.password("redis")?,
        directory = directory.display(),
    ))
}

/// One command with our password; a server that does not know it is not ours.
fn ask(place: &Place, port: u16, command: &str) -> Result<String> {
    let limit = Duration::from_secs(2);
    let mut stream = TcpStream::connect_timeout(&SocketAddr::from(([127, 0, 0, 1], port)), limit)?;
    stream.set_read_timeout(Some(limit))?;
    stream.write_all(format!("AUTH {}\r\n{command}\r\nQUIT\r\n", place.password("redis")?).as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if !answer.starts_with("+OK") {
        bail!("not our Redis");
    }
    Ok(answer)
}
