//! The checklist of security requirements is about what is there: its tests, files and totals.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::sources::rust_files;
use crate::paths::Paths;

const CHECKLIST: &str = "tests/security/asvs.md";
/// Of the levels 1 and 2 of OWASP ASVS 5.0.0.
const REQUIREMENTS: usize = 253;
/// Where tests are written.
const RUST: [&str; 5] = [
    "backend",
    "tests/journeys",
    "tests/testkit",
    "tests/replay",
    "infra/xtask",
];
const PAGES: [&str; 2] = ["tests/browser/journeys", "web/src"];

/// What the checklist says and the tree does not.
pub(crate) fn findings(paths: &Paths) -> Result<Vec<String>> {
    let text =
        fs::read_to_string(paths.join(CHECKLIST)).with_context(|| format!("cannot read {CHECKLIST}"))?;
    let tree = Tree::read(paths)?;
    Ok(judge(&text, &tree))
}

/// Names that a checklist may use.
struct Tree {
    root: PathBuf,
    tests: BTreeSet<String>,
    /// Texts of the tests of pages, by the names of their files.
    pages: BTreeMap<String, String>,
}

impl Tree {
    fn read(paths: &Paths) -> Result<Self> {
        let mut tests = BTreeSet::new();
        for folder in RUST {
            for file in rust_files(&paths.join(folder))? {
                let text = fs::read_to_string(&file).with_context(|| paths.shown(&file))?;
                tests.extend(tests_of(&text));
            }
        }
        let mut pages = BTreeMap::new();
        for folder in PAGES {
            pages_of(&paths.join(folder), &mut pages)?;
        }
        Ok(Self {
            root: paths.root().to_path_buf(),
            tests,
            pages,
        })
    }

    fn has(&self, name: &str) -> bool {
        if let Some((file, title)) = name.split_once(" › ") {
            return self.pages.get(file).is_some_and(|text| text.contains(title));
        }
        self.tests.contains(name)
    }
}

/// The functions of a file that stand behind an attribute of a test.
fn tests_of(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut marked = false;
    for line in text.lines().map(str::trim_start) {
        let is_test = line.starts_with("#[") && (line.contains("test]") || line.contains("test("));
        let named = line
            .trim_start_matches("pub ")
            .trim_start_matches("async ")
            .strip_prefix("fn ");
        if let Some(rest) = named {
            if marked {
                found.extend(rest.split(['(', '<']).next().map(str::to_owned));
            }
            marked = false;
        } else if is_test {
            marked = true;
        }
    }
    found
}

fn pages_of(folder: &Path, found: &mut BTreeMap<String, String>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            pages_of(&path, found)?;
        } else if name.contains(".test.") || name.contains(".spec.") {
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            found.entry(name).or_default().push_str(&text);
        }
    }
    Ok(())
}

/// What stands between backticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

fn judge(text: &str, tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut further = false;
    for line in text.lines() {
        if line.starts_with("## ") {
            further = line.contains("Level 3");
        }
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let is_row = line.starts_with("| ") && line[2..].starts_with(|c: char| c.is_ascii_digit());
        if !is_row {
            continue;
        }
        let [numbers, _, how, proof, state] = cells.as_slice() else {
            found.push(format!("a row needs five cells: {line}"));
            continue;
        };
        for number in numbers.split(", ") {
            if !seen.insert(number) {
                found.push(format!("{number} is answered twice"));
            }
            if !further {
                let state = state.split(':').next().unwrap_or_default();
                *states.entry(state).or_default() += 1;
            }
        }
        if *state == "met" && quoted(how).chain(quoted(proof)).next().is_none() && !how.contains("none") {
            found.push(format!("{numbers}: nothing shows that it is met"));
        }
        let missing = quoted(proof).filter(|name| !tree.has(name));
        found.extend(missing.map(|name| format!("{numbers}: there is no test {name}")));
        let files = quoted(how).filter(|name| {
            ["backend/", "web/", "infra/", "tests/", "openapi/"]
                .iter()
                .any(|top| name.starts_with(top))
        });
        let missing = files.filter(|name| !tree.root.join(name).exists());
        found.extend(missing.map(|name| format!("{numbers}: there is no {name}")));
    }
    let answered: usize = states.values().sum();
    if answered != REQUIREMENTS {
        found.push(format!("{answered} of {REQUIREMENTS} requirements are answered"));
    }
    for (state, count) in states {
        if !["met", "not applicable", "open"].contains(&state) {
            found.push(format!("{state} is no state"));
        }
        let total = format!("{state}: {count}");
        if !text.lines().any(|line| line == format!("- {total}")) {
            found.push(format!("the totals do not say \"{total}\""));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checklist_of_security_tells_the_truth() {
        let found = findings(&Paths::find().unwrap()).unwrap();
        assert!(found.is_empty(), "{found:#?}");
    }

    #[test]
    fn a_checklist_that_lies_is_found_out() {
        let tree = Tree {
            root: PathBuf::from("/nowhere"),
            tests: tests_of(
                "#[test]\nfn one_holds() {}\nfn helper() {}\n#[tokio::test]\nasync fn another_holds() {}",
            ),
            pages: [("a.spec.ts".to_owned(), "test('it works'".to_owned())].into(),
        };
        let text = "| 1.1.1, 1.1.2 | a | b | `one_holds` `a.spec.ts › it works` `another_holds` | met |\n\
                    | 1.1.2 | a | `backend/gone.rs` | `helper` `a.spec.ts › it fails` | met |\n\
                    | 1.1.3 | a | b | – | met |\n- met: 4";
        let found = judge(text, &tree);
        for part in [
            "1.1.2 is answered twice",
            "no test helper",
            "no test a.spec.ts › it fails",
            "no backend/gone.rs",
            "1.1.3: nothing shows",
            "4 of 253",
        ] {
            assert!(found.iter().any(|line| line.contains(part)), "{part}: {found:#?}");
        }
        assert_eq!(found.len(), 6, "{found:#?}");
    }

    /// A block of the proxy's configuration, without its comments.
    fn proxy() -> String {
        let path = Paths::find().unwrap().join("infra/nginx/phony.conf");
        let text = fs::read_to_string(path).unwrap();
        let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_proxy_keeps_its_promises() {
        let text = proxy();
        // A location with a header of its own takes over none of the server's, and the client's own would pass.
        let (server, locations) = text.split_once("location = /metrics").unwrap();
        assert!(
            !locations.contains("proxy_set_header") && !locations.contains("add_header"),
            "{locations}"
        );
        let (open, sealed) = server.split_once("listen 443").unwrap();
        for header in [
            "proxy_set_header Host $host;",
            "proxy_set_header X-Forwarded-For $remote_addr;",
            "proxy_set_header X-Forwarded-Proto $scheme;",
            "proxy_set_header X-Forwarded-Host $host;",
            "proxy_set_header Upgrade $phony_upgrade;",
            "ssl_protocols TLSv1.2 TLSv1.3;",
            "includeSubDomains",
        ] {
            assert!(sealed.contains(header), "{header}");
        }
        assert!(
            !open.contains("proxy_pass") && open.contains("location / { return 426; }"),
            "{open}"
        );
        let image = fs::read_to_string(Paths::find().unwrap().join("infra/docker/Dockerfile")).unwrap();
        let (_, last) = image.rsplit_once("\nFROM ").unwrap();
        assert!(
            !last.contains("simulator"),
            "what is built when no target is named: {last}"
        );
    }
}
