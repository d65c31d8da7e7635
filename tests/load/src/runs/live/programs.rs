//! How much processor time each program takes while people watch.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::process::{cpu_seconds, parent_of, processes};
use crate::product::one_number;

/// The programs by their processes.
#[derive(Debug)]
pub(super) struct Programs {
    pub(super) server: u32,
    pub(super) simulator: u32,
    redis: u32,
    /// The parent of those that answer.
    postgres: u32,
}

/// What each has used since its start, in seconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Used {
    server: f64,
    simulator: f64,
    redis: f64,
    postgres: f64,
    watchers: f64,
    at: Instant,
}

impl Programs {
    /// Asks the servers which processes they are.
    pub(super) fn find(server: u32, simulator: u32) -> Result<Self> {
        let answering = u32::try_from(one_number("SELECT pg_backend_pid()")?)?;
        Ok(Self {
            server,
            simulator,
            redis: redis()?,
            postgres: parent_of(answering).context("PostgreSQL has no parent")?,
        })
    }

    /// Looks; what the watchers have used is known to whoever asks.
    pub(super) fn look(&self, watchers: f64) -> Used {
        let answering = processes()
            .into_iter()
            .filter(|pid| parent_of(*pid) == Some(self.postgres));
        Used {
            server: cpu_seconds(self.server).unwrap_or(0.0),
            simulator: cpu_seconds(self.simulator).unwrap_or(0.0),
            redis: cpu_seconds(self.redis).unwrap_or(0.0),
            postgres: answering.filter_map(cpu_seconds).sum(),
            watchers,
            at: Instant::now(),
        }
    }
}

impl Used {
    /// Per cent of a core since `before`, for people.
    pub(super) fn since(&self, before: &Self) -> String {
        let time = self.at.duration_since(before.at).as_secs_f64().max(0.001);
        let share = |now: f64, then: f64| (now - then) * 100.0 / time;
        format!(
            "server {:.0} %, Redis {:.0} %, PostgreSQL {:.0} %, simulator {:.0} %, watchers {:.0} % of a core",
            share(self.server, before.server),
            share(self.redis, before.redis),
            share(self.postgres, before.postgres),
            share(self.simulator, before.simulator),
            share(self.watchers, before.watchers),
        )
    }
}

/// The process of Redis, as it says itself.
fn redis() -> Result<u32> {
    let url = std::env::var("REDIS_URL").context("REDIS_URL is missing")?;
    let (login, place) = url
        .strip_prefix("redis://")
        .and_then(|rest| rest.split_once('@'))
        .context("a strange REDIS_URL")?;
    let (_, password) = login.split_once(':').context("a strange REDIS_URL")?;
    let place = place.split('/').next().unwrap_or_default();
    let mut stream = TcpStream::connect(place).context("no Redis")?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(format!("AUTH {password}\r\nINFO server\r\nQUIT\r\n").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_, rest) = answer.split_once("process_id:").context("Redis does not say")?;
    Ok(rest.lines().next().unwrap_or_default().trim().parse()?)
}
