//! Outside the database crate nobody holds a pool: a query needs a transaction that knows its tenant.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::paths::Paths;

/// Places in the sources that should not be.
pub(crate) fn findings(paths: &Paths) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for file in rust_files(&paths.join("backend"))? {
        let shown = paths.shown(&file);
        // Tests look at what was written, as no request may.
        if shown.starts_with("backend/db/") || shown.contains("/tests/") {
            continue;
        }
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {shown}"))?;
        findings.extend(
            judge(&text)
                .into_iter()
                .map(|(line, what)| format!("{shown}:{line}: {what}")),
        );
    }
    Ok(findings)
}

fn judge(text: &str) -> Vec<(usize, &'static str)> {
    // Semaphores are acquired too; a file that has one names it.
    let semaphore = text.contains("Semaphore");
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.contains("PgPool") {
            found.push((number + 1, "PgPool outside the database crate"));
        }
        if line.contains(".acquire(") && !semaphore {
            found.push((number + 1, ".acquire( outside the database crate"));
        }
    }
    found
}

/// Every Rust file under `directory`.
pub(crate) fn rust_files(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::judge;

    #[test]
    fn a_pool_is_found_and_a_semaphore_is_not() {
        assert_eq!(judge("use x;\nfn f(p: &PgPool) { p.acquire(); }").len(), 2);
        assert!(judge("s: Semaphore\ns.acquire().await").is_empty());
    }
}
