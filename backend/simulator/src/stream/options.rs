//! What `<Stream>` asks for, checked as the carrier does.

use std::collections::BTreeMap;

use url::Url;

use crate::twiml::Element;

/// Longest name and value of a parameter together, in characters.
const LONGEST_PARAMETER: usize = 500;

/// What a stream is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// The application talks with the caller.
    Connected,
    /// It only hears a fork.
    Forked,
}

/// The settings of one stream.
#[derive(Debug, Clone, Default)]
pub(super) struct Options {
    pub(super) url: String,
    pub(super) name: Option<String>,
    /// Whose sound is sent.
    pub(super) tracks: Vec<&'static str>,
    pub(super) parameters: BTreeMap<String, String>,
    /// Address and method for the stream's own events.
    pub(super) status: Option<(String, String)>,
    /// Worth a warning, but no reason to refuse the stream.
    pub(super) warnings: Vec<(u32, String)>,
}

/// Why a stream cannot be tried at all.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unusable {
    pub(super) code: u32,
    pub(super) message: String,
}

impl Options {
    pub(super) fn read(noun: &Element, base: Option<&Url>, r#use: Use) -> (Self, Result<(), Unusable>) {
        let mut options = Self {
            url: noun.attribute("url").unwrap_or_default().to_owned(),
            name: noun.attribute("name").map(str::to_owned),
            ..Self::default()
        };
        for child in noun.children.iter().filter(|child| child.name == "Parameter") {
            options.parameter(child);
        }
        if let Some(status) = noun.attribute("statusCallback").filter(|url| !url.is_empty()) {
            let method = noun.attribute("statusCallbackMethod").unwrap_or("POST");
            if Url::parse(status).is_ok() {
                options.status = Some((status.to_owned(), method.to_owned()));
            } else {
                options.warn(21609, format!("statusCallback {status:?} is not absolute"));
            }
        }
        let usable = options.check(noun, base, r#use);
        (options, usable)
    }

    fn warn(&mut self, code: u32, message: String) {
        self.warnings.push((code, message));
    }

    fn parameter(&mut self, child: &Element) {
        let (Some(name), Some(value)) = (child.attribute("name"), child.attribute("value")) else {
            self.warn(12200, "a Parameter needs name and value".to_owned());
            return;
        };
        if name.chars().count() + value.chars().count() >= LONGEST_PARAMETER {
            self.warn(
                12200,
                format!("parameter {name:?} has {LONGEST_PARAMETER} characters or more and is left out"),
            );
            return;
        }
        self.parameters.insert(name.to_owned(), value.to_owned());
    }

    fn check(&mut self, noun: &Element, base: Option<&Url>, r#use: Use) -> Result<(), Unusable> {
        let unusable = |code, message: String| Err(Unusable { code, message });
        let track = noun.attribute("track").unwrap_or("inbound_track");
        let known = match r#use {
            Use::Connected => track == "inbound_track",
            Use::Forked => matches!(track, "inbound_track" | "outbound_track" | "both_tracks"),
        };
        if !known {
            return unusable(31941, format!("track {track:?} cannot be had here"));
        }
        self.tracks = match track {
            "both_tracks" => vec!["inbound", "outbound"],
            "outbound_track" => vec!["outbound"],
            _ => vec!["inbound"],
        };
        let mut url = match Url::parse(&self.url) {
            Ok(url) => url,
            Err(url::ParseError::RelativeUrlWithoutBase) if !self.url.is_empty() => {
                let joined = base.and_then(|base| base.join(&self.url).ok());
                match joined {
                    Some(mut url) => {
                        let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
                        // Both schemes are of the same kind, so this cannot fail.
                        let _ = url.set_scheme(scheme);
                        url
                    }
                    None => return unusable(31923, format!("{:?} has no base", self.url)),
                }
            }
            Err(error) => return unusable(31923, format!("{:?}: {error}", self.url)),
        };
        let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        if url.scheme() != "wss" && !(url.scheme() == "ws" && loopback) {
            return unusable(31922, format!("scheme {:?} is not wss", url.scheme()));
        }
        if !loopback && url.port_or_known_default() != Some(443) {
            return unusable(31923, format!("{url} is not on port 443"));
        }
        if url.query().is_some() {
            url.set_query(None);
            self.warn(31923, "a stream address has no query: it is cut off".to_owned());
        }
        url.set_fragment(None);
        // The address as it was written is what is signed, so it is only rewritten where it must be.
        if self.url.contains(['?', '#']) || Url::parse(&self.url).is_err() {
            self.url = url.to_string();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(attributes: &str) -> (Options, Result<(), Unusable>) {
        let xml = format!(
            r#"<Response><Connect><Stream {attributes}><Parameter name="token" value="t"/></Stream></Connect></Response>"#
        );
        let verbs = crate::twiml::parse(&xml).unwrap();
        let base = Url::parse("https://a.example/voice").unwrap();
        Options::read(&verbs[0].children[0], Some(&base), Use::Connected)
    }

    #[test]
    fn reads_what_is_documented() {
        let (options, usable) = read(
            r#"url="wss://a.example/s" name="n" track="inbound_track" statusCallback="https://a.example/e""#,
        );
        assert!(usable.is_ok() && options.warnings.is_empty());
        assert_eq!(options.url, "wss://a.example/s");
        assert_eq!(options.parameters["token"], "t");
        assert_eq!(
            options.status,
            Some(("https://a.example/e".to_owned(), "POST".to_owned()))
        );
        assert_eq!(read(r#"url="/s""#).0.url, "wss://a.example/s");
    }

    #[test]
    fn refuses_with_the_carriers_codes() {
        for (attributes, code) in [
            (r#"url="https://a.example/s""#, 31922),
            (r#"url="ws://a.example/s""#, 31922),
            (r#"url="wss://a.example:8443/s""#, 31923),
            (r#"url="wss://""#, 31923),
            (r#"url="""#, 31923),
            (r#"url="wss://a.example/s" track="both_tracks""#, 31941),
        ] {
            assert_eq!(read(attributes).1.unwrap_err().code, code, "{attributes}");
        }
        let (options, usable) = read(r#"url="wss://a.example/s?x=1" statusCallback="/e""#);
        assert!(usable.is_ok());
        assert_eq!(options.url, "wss://a.example/s");
        assert_eq!(options.warnings.len(), 2);
        assert_eq!(options.status, None);
    }
}
