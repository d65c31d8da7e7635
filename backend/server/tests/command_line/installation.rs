//! The real `phony` as whoever runs an installation starts it: with its settings, as a command or as a server.

use std::net::TcpListener;
use std::process::Stdio;

use phony_journeys::{Product, eventually};
use phony_server::config::Variables;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::program::{PATIENCE, Ran, phony, run};

/// Whoever runs the installation that a product is.
pub(crate) struct Installation {
    settings: Variables,
}

impl Installation {
    pub(crate) fn of(product: &Product) -> Self {
        Self {
            settings: product.settings(),
        }
    }

    /// The same with another setting.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut settings = self.settings.clone();
        settings.insert(name.to_owned(), value.to_owned());
        Self { settings }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = phony(arguments);
        command.envs(&self.settings);
        command
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Ran {
        self.type_in(arguments, "").await
    }

    /// Runs a command; `typed` is its standard input.
    pub(crate) async fn type_in(&self, arguments: &[&str], typed: &str) -> Ran {
        run(self.command(arguments), typed).await
    }

    /// Starts a further instance as a process of its own.
    pub(crate) async fn serve(&self) -> Instance {
        // Somebody else may take the port between the look and the start.
        for _ in 0..5 {
            let port = TcpListener::bind("127.0.0.1:0")
                .unwrap()
                .local_addr()
                .unwrap()
                .port();
            if let Some(instance) = self.serve_at(port).await {
                return instance;
            }
        }
        panic!("no instance starts");
    }

    async fn serve_at(&self, port: u16) -> Option<Instance> {
        let mut command = self.command(&["serve"]);
        command
            .env("PORT", port.to_string())
            .env("BIND", "127.0.0.1")
            .env("LOG", "warn,phony_server=info")
            .stdout(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let serves = timeout(PATIENCE, async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if line.contains("phony serves on") {
                    return true;
                }
            }
            false
        });
        if !serves.await.expect("it starts or ends") {
            return None;
        }
        // What it says later must not stop it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let url = format!("http://127.0.0.1:{port}");
        let nobody = phony_journeys::Client::new(&url, None);
        eventually("the instance is ready", async || {
            (nobody.get("/readyz").await.status == 200).then_some(())
        })
        .await;
        Some(Instance { child, url })
    }
}

/// An instance that runs as a process.
pub(crate) struct Instance {
    child: Child,
    pub(crate) url: String,
}

impl Instance {
    /// Ends it as a machine that loses its power does.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}
