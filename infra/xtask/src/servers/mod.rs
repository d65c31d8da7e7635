//! A private PostgreSQL and a private Redis, kept under `.phony/`, on ports of their own.
//!
//! They never touch, need or disturb servers that already run on this machine.

mod postgres;
mod redis;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::account::{Account, is_root};
use crate::paths::Paths;
use crate::secrets::{lines, random_hex, read_pairs, value, write_private};
use crate::steps::Steps;

pub(crate) use postgres::find_programs as find_postgres;

/// What the servers are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Fast and forgetful.
    Tests,
    /// Keeps what people typed, also through a power cut.
    Demo,
    /// The same beside it, for real providers.
    Real,
    /// As durable as in production, made anew for every run.
    Bench,
}

/// One pair of servers.
#[derive(Debug)]
pub(crate) struct Servers {
    kind: Kind,
    state: PathBuf,
    checkout: PathBuf,
}

/// Everything one start needs to know.
#[derive(Debug)]
struct Place {
    kind: Kind,
    account: Account,
    /// Owned by the account.
    data: PathBuf,
    passwords: Vec<(String, String)>,
}

impl Place {
    fn password(&self, of: &str) -> Result<&str> {
        value(&self.passwords, of).with_context(|| format!("no password of {of} was kept"))
    }
}

impl Servers {
    pub(crate) fn new(paths: &Paths, kind: Kind) -> Self {
        let name = match kind {
            Kind::Tests => "dev",
            Kind::Demo => "demo",
            Kind::Real => "real",
            Kind::Bench => "bench",
        };
        Self {
            kind,
            state: paths.state().join(name),
            checkout: paths.root().to_path_buf(),
        }
    }

    /// What is kept between runs.
    pub(crate) fn state(&self) -> &Path {
        &self.state
    }

    /// Where the addresses are written.
    pub(crate) fn env_file(&self) -> PathBuf {
        self.state.join(if self.kind == Kind::Tests {
            "env"
        } else {
            "servers.env"
        })
    }

    /// Starts what does not run, makes what does not exist, and gives the addresses.
    pub(crate) fn start(&self, steps: &mut Steps) -> Result<Vec<(String, String)>> {
        fs::create_dir_all(&self.state).with_context(|| format!("cannot make {}", self.state.display()))?;
        let _only_us = self.lock()?;
        let place = self.place()?;
        let pg_port = steps.step("private PostgreSQL", || postgres::start(&place, &self.checkout))?;
        let redis_port = steps.step("private Redis", || redis::start(&place))?;
        let url = |role: &str| -> Result<String> {
            Ok(format!(
                "postgres://{role}:{}@127.0.0.1:{pg_port}/phony",
                place.password(role)?
            ))
        };
        let env = vec![
            ("PHONY_TEST_ADMIN_URL".to_owned(), url(postgres::ADMIN)?),
            ("DATABASE_URL".to_owned(), url("phony_app")?),
            ("DATABASE_WORKER_URL".to_owned(), url("phony_worker")?),
            ("DATABASE_MIGRATION_URL".to_owned(), url("phony_migrator")?),
            (
                "REDIS_URL".to_owned(),
                format!(
                    "redis://default:{}@127.0.0.1:{redis_port}/0",
                    place.password("redis")?
                ),
            ),
        ];
        write_private(&self.env_file(), &lines(&env))?;
        Ok(env)
    }

    /// Ends what runs; nothing to do is fine.
    pub(crate) fn stop(&self, steps: &mut Steps) -> Result<()> {
        if !self.state.exists() {
            return Ok(());
        }
        let _only_us = self.lock()?;
        let place = self.place()?;
        steps.step("stop Redis", || redis::stop(&place))?;
        steps.step("stop PostgreSQL", || postgres::stop(&place))
    }

    /// Forgets everything; the servers must be stopped.
    pub(crate) fn remove(&self) -> Result<()> {
        let elsewhere = self.elsewhere();
        if elsewhere.exists() {
            fs::remove_dir_all(&elsewhere)
                .with_context(|| format!("cannot remove {}", elsewhere.display()))?;
        }
        for entry in fs::read_dir(&self.state).into_iter().flatten() {
            let path = entry?.path();
            // A lock that is held must stay the file that others find.
            let removed = match path.extension() {
                _ if path.is_dir() => fs::remove_dir_all(&path),
                Some(extension) if extension == "lock" => Ok(()),
                _ => fs::remove_file(&path),
            };
            removed.with_context(|| format!("cannot remove {}", path.display()))?;
        }
        Ok(())
    }

    fn lock(&self) -> Result<File> {
        let file = File::create(self.state.join("servers.lock"))
            .with_context(|| format!("cannot write to {}; whose is it?", self.state.display()))?;
        file.lock().context("cannot lock")?;
        Ok(file)
    }

    /// Where data go when the account cannot reach the checkout, one place for each checkout.
    fn elsewhere(&self) -> PathBuf {
        // FNV-1a: any stable hash does, it only keeps two checkouts apart.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in self.state.as_os_str().as_encoded_bytes() {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Path::new("/var/lib/phony-private").join(format!("{hash:016x}"))
    }

    fn place(&self) -> Result<Place> {
        let inside = self.state.join("data");
        let elsewhere = self.elsewhere();
        let pointer = self.state.join("data-is-in");
        let existing = if pointer.exists() { &elsewhere } else { &inside };
        let account = Account::choose(existing)?;
        account.make_directory(existing)?;
        let data = if account.can_use(existing) {
            existing.clone()
        } else if is_root() {
            account.make_directory(&elsewhere)?;
            fs::write(&pointer, format!("{}\n", elsewhere.display()))?;
            elsewhere
        } else {
            anyhow::bail!(
                "{} cannot be written to; it may belong to another user",
                existing.display()
            )
        };
        let kept = self.state.join("passwords");
        let mut passwords = read_pairs(&kept);
        if passwords.is_empty() {
            for name in postgres::LOGINS.iter().chain(&[postgres::ADMIN, "redis"]) {
                passwords.push(((*name).to_owned(), random_hex(16)?));
            }
            write_private(&kept, &lines(&passwords))?;
        }
        Ok(Place {
            kind: self.kind,
            account,
            data,
            passwords,
        })
    }
}
