//! What a demo is started with.

use anyhow::{Context, Result, bail};

/// Flags of `cargo xtask demo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) reset: bool,
    pub(crate) real: bool,
    pub(crate) no_call: bool,
    pub(crate) release: bool,
    pub(crate) port: Option<u16>,
    pub(crate) simulator_port: Option<u16>,
}

impl Options {
    pub(crate) fn read(arguments: &[String]) -> Result<Self> {
        let mut options = Self {
            reset: false,
            real: false,
            no_call: false,
            release: false,
            port: None,
            simulator_port: None,
        };
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let (name, inline) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (word.as_str(), None),
            };
            let mut port = || -> Result<Option<u16>> {
                let text = inline.clone().or_else(|| words.next().cloned());
                let text = text.with_context(|| format!("{name} takes a port"))?;
                Ok(Some(
                    text.parse()
                        .with_context(|| format!("{name} takes a port, not `{text}`"))?,
                ))
            };
            match name {
                "--reset" => options.reset = true,
                "--real" => options.real = true,
                "--no-call" => options.no_call = true,
                "--release" => options.release = true,
                "--port" => options.port = port()?,
                "--simulator-port" => options.simulator_port = port()?,
                _ => bail!("demo does not know `{word}`; cargo xtask help lists its flags"),
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::Options;

    fn read(words: &[&str]) -> anyhow::Result<Options> {
        Options::read(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn flags_are_read_and_others_refused() {
        let options = read(&["--port", "8080", "--simulator-port=8081", "--no-call"]).unwrap();
        assert_eq!((options.port, options.simulator_port), (Some(8080), Some(8081)));
        assert!(options.no_call && !options.reset);
        assert!(read(&["--port"]).is_err());
        assert!(read(&["--port", "many"]).is_err());
        assert!(read(&["--fast"]).is_err());
    }
}
