//! Where the installation is and with which key: by environment or file, never a key on the command line.

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;

use clap::Args;
use phony_client::{Client, ClientConfig, Limits};
use secrecy::SecretString;

use super::failure::{Failure, Outcome};
use super::terminal::Terminal;
use crate::config::Variables;

const HEADING: &str = "Installation";
/// Longest file that may hold a key.
const KEY_FILE_BYTES: u64 = 4_096;

/// What every client command takes.
#[derive(Debug, Args)]
pub(crate) struct Connection {
    /// Address of the installation; PHONY_URL when absent.
    #[arg(long, global = true, value_name = "URL", help_heading = HEADING)]
    url: Option<String>,
    /// File that holds the API key; PHONY_API_KEY when absent.
    #[arg(long, global = true, value_name = "FILE", help_heading = HEADING)]
    key_file: Option<PathBuf>,
    /// Send the key over http to another machine too.
    #[arg(long, global = true, help_heading = HEADING)]
    allow_http: bool,
    /// Print JSON for programs: one value a line, messages on standard error.
    #[arg(long, global = true, help_heading = HEADING)]
    json: bool,
}

impl Connection {
    pub(super) fn terminal(&self, variables: &Variables) -> Terminal {
        Terminal::new(self.json, variables)
    }

    /// A client of the installation.
    pub(super) fn client(&self, variables: &Variables) -> Outcome<Client> {
        let set = |name: &str| variables.get(name).filter(|value| !value.trim().is_empty());
        let url = self.url.as_ref().or_else(|| set("PHONY_URL"));
        let key = match &self.key_file {
            Some(path) => Some(key_of(path)?),
            None => set("PHONY_API_KEY").map(|key| SecretString::from(key.trim().to_owned())),
        };
        let (url, api_key) = match (url, key) {
            (Some(url), Some(key)) => (url.trim().to_owned(), key),
            (url, key) => {
                let mut missing = Vec::new();
                if url.is_none() {
                    missing.push(
                        "PHONY_URL is missing: the installation's address, as https://phony.example.com (or --url)",
                    );
                }
                if key.is_none() {
                    missing.push(
                        "PHONY_API_KEY is missing: a key made under Settings, as ph_live_… (or --key-file)",
                    );
                }
                return Err(Failure::Usage(missing.join("\n       ")));
            }
        };
        Ok(Client::new(&ClientConfig {
            url,
            api_key,
            allow_http: self.allow_http,
            limits: Limits::default(),
        })?)
    }
}

fn key_of(path: &PathBuf) -> Outcome<SecretString> {
    let fault = |why: &dyn std::fmt::Display| {
        Failure::Usage(format!("the key file {} cannot be used: {why}", path.display()))
    };
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(KEY_FILE_BYTES).read_to_string(&mut text))
        .map_err(|error| fault(&error))?;
    match text.trim() {
        "" => Err(fault(&"it is empty")),
        key => Ok(key.to_owned().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::terminal::Paint;

    fn connection(url: Option<&str>, key_file: Option<&str>) -> Connection {
        Connection {
            url: url.map(str::to_owned),
            key_file: key_file.map(PathBuf::from),
            allow_http: false,
            json: false,
        }
    }

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn everything_missing_is_named_at_once() {
        let failure = connection(None, None)
            .client(&variables(&[("PHONY_URL", " ")]))
            .unwrap_err();
        let shown = failure.shown(Paint::off()).unwrap();
        assert!(shown.contains("PHONY_URL is missing") && shown.contains("PHONY_API_KEY is missing"));
        let known = variables(&[
            ("PHONY_URL", "http://localhost:1"),
            ("PHONY_API_KEY", "ph_live_x"),
        ]);
        assert!(connection(None, None).client(&known).is_ok());
    }

    #[test]
    fn the_command_line_goes_before_the_environment() {
        let known = variables(&[("PHONY_URL", "not a url"), ("PHONY_API_KEY", "ph_live_x")]);
        assert!(
            connection(Some("https://phony.example.com"), None)
                .client(&known)
                .is_ok()
        );
        let failure = connection(Some("https://phony.example.com"), Some("/nowhere/key")).client(&known);
        assert!(
            failure
                .unwrap_err()
                .shown(Paint::off())
                .unwrap()
                .contains("/nowhere/key")
        );
    }
}
