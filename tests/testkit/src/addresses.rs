//! Where the test servers are.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Its presence in the environment says that all addresses come from there.
const ADMIN: &str = "PHONY_TEST_ADMIN_URL";

#[derive(Debug)]
pub(crate) struct Addresses {
    pub(crate) admin: String,
    pub(crate) app: String,
    pub(crate) worker: String,
    pub(crate) migrator: String,
    pub(crate) redis: String,
}

impl Addresses {
    /// From the environment or from `.phony/dev/env`, never mixed: a `DATABASE_URL` that somebody exported for
    /// other work must not become the place where tests make and drop databases.
    pub(crate) fn find() -> Result<Self> {
        let mut known: HashMap<String, String> = HashMap::new();
        if std::env::var_os(ADMIN).is_some() {
            known.extend(std::env::vars());
        } else {
            let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
                .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
            let file = above(&manifest)
                .context("there are no test servers; start them with: cargo xtask services")?;
            let text = std::fs::read_to_string(&file).with_context(|| {
                format!(
                    "cannot read {}; make it with: cargo xtask services",
                    file.display()
                )
            })?;
            known.extend(
                text.lines()
                    .filter_map(|line| line.split_once('='))
                    .map(|(key, value)| (key.into(), value.into())),
            );
        }
        let mut take = |key: &str| {
            known
                .remove(key)
                .with_context(|| format!("{key} is missing; make it with: cargo xtask services"))
        };
        Ok(Self {
            admin: take(ADMIN)?,
            app: take("DATABASE_URL")?,
            worker: take("DATABASE_WORKER_URL")?,
            migrator: take("DATABASE_MIGRATION_URL")?,
            redis: take("REDIS_URL")?,
        })
    }
}

fn above(start: &Path) -> Option<PathBuf> {
    start
        .ancestors()
        .map(|directory| directory.join(".phony/dev/env"))
        .find(|file| file.is_file())
}

/// The same address with another last part: the database's name or Redis' number.
pub(crate) fn with_path(address: &str, name: &str) -> String {
    let (address, query) = address
        .split_once('?')
        .map_or((address, None), |(before, after)| (before, Some(after)));
    let from = address.find("://").map_or(0, |at| at + 3);
    let end = address[from..].find('/').map_or(address.len(), |at| from + at);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}/{name}{query}", &address[..end])
}

#[cfg(test)]
mod tests {
    use super::with_path;

    #[test]
    fn only_the_path_changes() {
        assert_eq!(with_path("postgres://a:b@h:1/phony", "x"), "postgres://a:b@h:1/x");
        assert_eq!(
            with_path("postgres://a:b@h:1/phony?sslmode=disable", "x"),
            "postgres://a:b@h:1/x?sslmode=disable"
        );
        assert_eq!(with_path("redis://:p@h:1", "7"), "redis://:p@h:1/7");
    }
}
