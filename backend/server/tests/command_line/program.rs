//! Running the real `phony` as a person or a program does.

use std::process::Stdio;
use std::time::Duration;

use phony_journeys::{Product, Tenant};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// Longest run of a command.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The command line of somebody.
pub(crate) struct Cli {
    pub(crate) url: String,
    pub(crate) key: String,
}

/// What a command said, and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n--\n{}", self.out, self.err);
        self
    }

    /// Standard output as a value a line.
    pub(crate) fn values(&self) -> Vec<Value> {
        let lines = self.out.lines();
        lines
            .map(|line| serde_json::from_str(line).expect(line))
            .collect()
    }
}

/// The real `phony`, with nothing of the shell, and no `.env` of the checkout.
pub(crate) fn phony(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_phony"));
    command
        .args(arguments)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Runs a program to its end; `typed` is its standard input.
pub(crate) async fn run(mut command: Command, typed: &str) -> Ran {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    // A command that reads nothing may be over by now.
    let _ = input.write_all(typed.as_bytes()).await;
    drop(input);
    let ran = timeout(PATIENCE, child.wait_with_output())
        .await
        .expect("it ends")
        .unwrap();
    Ran {
        code: ran.status.code().expect("it ends by itself"),
        out: String::from_utf8(ran.stdout).unwrap(),
        err: String::from_utf8(ran.stderr).unwrap(),
    }
}

impl Cli {
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = phony(arguments);
        command
            .env("PHONY_URL", &self.url)
            .env("PHONY_API_KEY", &self.key);
        command
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Ran {
        self.type_in(arguments, "").await
    }

    /// Runs a command to its end; `typed` is its standard input.
    pub(crate) async fn type_in(&self, arguments: &[&str], typed: &str) -> Ran {
        run(self.command(arguments), typed).await
    }

    /// Starts a command whose lines are read as they come.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        let mut command = self.command(arguments);
        let mut child = command
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Running {
            lines: BufReader::new(child.stdout.take().unwrap()).lines(),
            input: child.stdin.take().unwrap(),
            child,
        }
    }
}

/// A command that goes on.
pub(crate) struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    input: ChildStdin,
}

impl Running {
    /// The next line that has these words.
    pub(crate) async fn line(&mut self, words: &str) -> String {
        let mut seen = Vec::new();
        let found = timeout(PATIENCE, async {
            while let Some(line) = self.lines.next_line().await.unwrap() {
                if line.contains(words) {
                    return Some(line);
                }
                seen.push(line);
            }
            None
        });
        found
            .await
            .ok()
            .flatten()
            .unwrap_or_else(|| panic!("no line with {words:?}"))
    }

    pub(crate) async fn types(&mut self, line: &str) {
        let line = format!("{line}\n");
        self.input.write_all(line.as_bytes()).await.unwrap();
    }

    pub(crate) async fn code(mut self) -> i32 {
        let ended = timeout(PATIENCE, self.child.wait()).await.expect("it ends");
        ended.unwrap().code().expect("it ends by itself")
    }

    /// Ctrl-C.
    pub(crate) async fn interrupt(&self) {
        let id = self.child.id().expect("it runs").to_string();
        let done = Command::new("kill").args(["-INT", &id]).status().await.unwrap();
        assert!(done.success());
    }
}

/// Somebody with a key of these scopes.
pub(crate) async fn with_key(product: &Product, tenant: &Tenant, scopes: &[&str]) -> Cli {
    // Following calls live is not part of the smallest plan.
    product.upgrade(tenant).await;
    product.app.clock.advance(chrono::TimeDelta::seconds(6));
    let body = json!({ "name": "Terminal", "scopes": scopes });
    let key = tenant.admin.post("/v1/api_keys", &body).await.expect(201);
    Cli {
        url: product.url.clone(),
        key: key["key"].as_str().unwrap().to_owned(),
    }
}

pub(crate) const EVERYTHING: &[&str] = &[
    "calls:read",
    "calls:write",
    "calls:monitor",
    "calls:control",
    "transcripts:read",
    "numbers:read",
    "numbers:write",
    "personalities:read",
    "chat:write",
];
