//! The arrows between our crates run one way, and the big libraries stay where they belong.
//!
//! `.deny.toml` says the same for those who run cargo-deny; this needs nothing installed.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::paths::Paths;
use crate::process::{cargo_in, output};

/// What each crate may know of ours. `server` puts everything together and is not listed.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("kernel", &[]),
    ("audio", &["kernel"]),
    ("conversation", &["kernel"]),
    ("carriers", &["kernel", "audio", "conversation"]),
    // What tenants name is asked by nobody else.
    ("outside", &["kernel"]),
    ("models", &["kernel", "audio", "conversation", "outside"]),
    (
        "calls",
        &["kernel", "audio", "conversation", "carriers", "models"],
    ),
    ("db", &["kernel", "conversation"]),
    (
        "app",
        &[
            "kernel",
            "conversation",
            "carriers",
            "models",
            "outside",
            "calls",
            "db",
        ],
    ),
    ("http", &["kernel", "conversation", "carriers", "calls", "app"]),
    ("worker", &["kernel", "conversation", "app", "db"]),
    // A program's view of the API: it knows words, not workings.
    ("client", &["kernel"]),
    (
        "simulator",
        &["kernel", "audio", "conversation", "carriers", "models"],
    ),
    ("testkit", &["kernel", "db"]),
];

/// Libraries, by the beginning of their name, and who may use them.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("actix", &["http", "server", "simulator", "load"]),
    ("sqlx", &["db", "testkit", "journeys"]),
    (
        "reqwest",
        &[
            "carriers",
            "models",
            "outside",
            "worker",
            "client",
            "simulator",
            "journeys",
        ],
    ),
];

/// Arrows that should not be.
pub(crate) fn findings(paths: &Paths) -> Result<Vec<String>> {
    let text = output(&mut cargo_in(
        paths.root(),
        &["metadata", "--format-version", "1", "--no-deps", "--locked"],
    ))?;
    let metadata: Value = serde_json::from_str(&text).context("cargo metadata")?;
    Ok(judge(&metadata))
}

fn judge(metadata: &Value) -> Vec<String> {
    let mut findings = Vec::new();
    for package in list(&metadata["packages"]) {
        let Some(name) = package["name"]
            .as_str()
            .and_then(|name| name.strip_prefix("phony-"))
        else {
            continue;
        };
        for dependency in list(&package["dependencies"]) {
            // Tests may use whatever shows what they want to show.
            if dependency["kind"].as_str() == Some("dev") {
                continue;
            }
            let used = dependency["name"].as_str().unwrap_or_default();
            let manifest = format!("phony-{name}");
            if let Some(ours) = used.strip_prefix("phony-") {
                let known = MAY_KNOW.iter().find(|(crate_name, _)| *crate_name == name);
                if known.is_some_and(|(_, may)| !may.contains(&ours)) {
                    findings.push(format!("{manifest} may not know {used}"));
                }
            }
            for (library, only) in ONLY_IN {
                if used.starts_with(library) && !only.contains(&name) {
                    findings.push(format!(
                        "{manifest} may not use {used}: only {} may",
                        only.join(", ")
                    ));
                }
            }
        }
    }
    findings
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::judge;

    #[test]
    fn a_wrong_arrow_is_found() {
        let metadata = json!({"packages": [
            {"name": "phony-http", "dependencies": [
                {"name": "phony-app", "kind": null}, {"name": "phony-db", "kind": null}, {"name": "sqlx", "kind": "dev"}]},
            {"name": "phony-app", "dependencies": [{"name": "actix-web", "kind": null}, {"name": "serde", "kind": null}]},
        ]});
        let found = judge(&metadata);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("phony-http may not know phony-db"));
        assert!(found[1].contains("actix-web"));
    }
}
