//! The web application: whether it must be built again, and building it.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::paths::Paths;
use crate::prepare::node_modules;
use crate::process::output;

/// What the built application is made of.
const SOURCES: &[&str] = &[
    "src",
    "public",
    "index.html",
    "docs.html",
    "package-lock.json",
    "vite.config.ts",
    "tsconfig.json",
];

/// Installs packages and builds, as far as anything changed; gives whether it built.
pub(crate) fn build(paths: &Paths) -> Result<bool> {
    let directory = paths.join("web");
    let installed = node_modules(&directory)?;
    let built = newest(&directory.join("dist/index.html"));
    let changed = SOURCES
        .iter()
        .filter_map(|name| newest(&directory.join(name)))
        .max();
    if !installed && built.is_some() && built >= changed {
        return Ok(false);
    }
    output(
        Command::new("npm")
            .args(["run", "--silent", "build"])
            .current_dir(&directory),
    )?;
    Ok(true)
}

/// Whether the committed client is what the committed document generates.
pub(crate) fn client_findings(paths: &Paths) -> Result<Vec<String>> {
    let committed = paths.join("web/src/api/schema.gen.ts");
    if !committed.exists() {
        return Ok(vec![format!(
            "{} is missing; make it with: npm run gen",
            paths.shown(&committed)
        )]);
    }
    let fresh = paths.state().join("schema.gen.ts");
    // The very command that made it, writing elsewhere.
    let package = fs::read_to_string(paths.join("web/package.json"))?;
    let package: Value = serde_json::from_str(&package).context("web/package.json")?;
    let generate = package["scripts"]["gen"]
        .as_str()
        .context("web/package.json has no script gen")?;
    let mut generate = generate.split_whitespace().map(|word| match word {
        "src/api/schema.gen.ts" => fresh.display().to_string(),
        word => word.to_owned(),
    });
    let program = paths
        .join("web/node_modules/.bin")
        .join(generate.next().unwrap_or_default());
    output(
        Command::new(program)
            .args(generate)
            .current_dir(paths.join("web")),
    )?;
    let same = words(&fresh)? == words(&committed)?;
    fs::remove_file(&fresh)?;
    if same {
        return Ok(Vec::new());
    }
    Ok(vec![format!(
        "{} is out of date; make it anew with: npm run gen",
        paths.shown(&committed)
    )])
}

/// A file without its layout: a formatter may have been over it.
fn words(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, ';' | ',' | '"' | '\''))
        .collect())
}

/// When the newest file at or under `path` was written.
fn newest(path: &Path) -> Option<SystemTime> {
    let data = fs::metadata(path).ok()?;
    if data.is_file() {
        return data.modified().ok();
    }
    fs::read_dir(path)
        .ok()?
        .flatten()
        .filter_map(|entry| newest(&entry.path()))
        .max()
}
