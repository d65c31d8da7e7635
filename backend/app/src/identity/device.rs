//! What a request comes from: shown in lists of sessions, and used to slow guessing down.

use std::net::IpAddr;

/// Longest name of a browser that is kept, in characters.
const MAX_AGENT: usize = 300;

/// A browser or a program, and where it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Device {
    /// Its address; empty when it is not known.
    pub address: String,
    /// As it calls itself; empty when it does not.
    pub user_agent: String,
}

impl From<&str> for Device {
    /// Known by its address alone.
    fn from(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            user_agent: String::new(),
        }
    }
}

impl From<&Self> for Device {
    fn from(device: &Self) -> Self {
        device.clone()
    }
}

impl Device {
    /// Its address, if it has one.
    pub(super) fn ip(&self) -> Option<IpAddr> {
        self.address.parse().ok()
    }

    /// Its address as it is kept.
    pub(super) fn kept_address(&self) -> String {
        self.ip()
            .map_or_else(String::new, |ip| ip.to_canonical().to_string())
    }

    /// Its own name as it is kept.
    pub(super) fn kept_agent(&self) -> String {
        let printable = self.user_agent.chars().filter(|c| !c.is_control());
        printable.take(MAX_AGENT).collect()
    }
}

/// A browser's name for itself in words for people: `Firefox on Linux`.
pub(super) fn in_words(user_agent: &str) -> String {
    // The order matters: most of them also call themselves by the names of others.
    let programs = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("HeadlessChrome/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("CriOS/", "Chrome"),
        ("FxiOS/", "Firefox"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];
    let systems = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let known = |list: &[(&str, &'static str)]| {
        let found = list.iter().find(|(mark, _)| user_agent.contains(mark));
        found.map(|(_, name)| *name)
    };
    match (known(&programs), known(&systems)) {
        (Some(program), Some(system)) => format!("{program} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => "Unknown device".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_called_what_people_call_them() {
        for (agent, words) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 \
                 Safari/537.36 Edg/140.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            ("curl/8.5.0", "curl"),
            ("", "Unknown device"),
        ] {
            assert_eq!(in_words(agent), words);
        }
    }

    #[test]
    fn what_is_kept_is_short_and_printable() {
        let device = Device {
            address: "::ffff:203.0.113.9".to_owned(),
            user_agent: format!("a\r\n\u{1b}[31m{}", "ü".repeat(1_000)),
        };
        assert_eq!(device.kept_address(), "203.0.113.9");
        let agent = device.kept_agent();
        assert!(agent.chars().count() <= MAX_AGENT && !agent.contains(['\r', '\n', '\u{1b}']));
        assert_eq!(Device::from("nowhere").kept_address(), "");
    }
}
