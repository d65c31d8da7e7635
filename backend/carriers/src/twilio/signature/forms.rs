//! The forms of a URL that the carrier may have signed. A fixed, small set: nothing is guessed.

use super::super::form::Form;

/// Query parameter that names the hash of a body.
pub(super) const BODY_HASH: &str = "bodySHA256";

/// A URL cut into the parts that vary; never normalised, because the signature is over the text.
struct Parts<'a> {
    scheme: &'a str,
    host: &'a str,
    port: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(url: &'a str) -> Option<Self> {
        // A fragment is never sent, so it is never signed.
        let url = url.split('#').next().unwrap_or_default();
        let (scheme, rest) = url.split_once("://")?;
        let (authority, tail) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (path, query) = match tail.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (tail, None),
        };
        // The port follows the last colon that is outside user info and a bracketed address.
        let host_from = authority.rfind('@').map_or(0, |at| at + 1);
        let port_from = authority[host_from..].rfind([':', ']']).map(|at| host_from + at);
        let (host, port) = match port_from {
            Some(at) if authority.as_bytes().get(at) == Some(&b':') => {
                (&authority[..at], Some(&authority[at + 1..]))
            }
            _ => (authority, None),
        };
        Some(Self {
            scheme,
            host,
            port,
            path,
            query,
        })
    }

    /// Scheme and authority as configured, and the other way round about the port.
    fn origins(&self) -> [String; 2] {
        let Self {
            scheme, host, port, ..
        } = self;
        let bare = format!("{scheme}://{host}");
        let default_port = if matches!(*scheme, "https" | "wss") {
            "443"
        } else {
            "80"
        };
        let with_port = format!("{bare}:{}", port.unwrap_or(default_port));
        [bare, with_port]
    }
}

/// Without and with a port; the query as received and in the order of its keys.
pub(super) fn of_webhook(url: &str) -> Vec<String> {
    let Some(parts) = Parts::of(url) else {
        return Vec::new();
    };
    let queries = match parts.query {
        None => vec![String::new()],
        Some(query) => vec![format!("?{query}"), format!("?{}", sorted_by_key(query))],
    };
    let path = parts.path;
    let join = |origin: &String| {
        queries
            .iter()
            .map(|query| format!("{origin}{path}{query}"))
            .collect::<Vec<_>>()
    };
    parts.origins().iter().flat_map(join).collect()
}

/// As configured, with and without a slash at the end; without and with a port; the query in the URL and
/// folded into parameters. The second part of each is the folded query.
pub(super) fn of_websocket(url: &str) -> Vec<(String, Vec<u8>)> {
    let Some(parts) = Parts::of(url) else {
        return Vec::new();
    };
    let bare_path = parts.path.strip_suffix('/').unwrap_or(parts.path);
    let paths = [
        parts.path.to_owned(),
        format!("{bare_path}/"),
        bare_path.to_owned(),
    ];
    let mut found = Vec::new();
    for origin in parts.origins() {
        for path in &paths {
            match parts.query {
                None => found.push((format!("{origin}{path}"), Vec::new())),
                Some(query) => {
                    found.push((format!("{origin}{path}?{query}"), Vec::new()));
                    found.push((
                        format!("{origin}{path}"),
                        Form::parse(query.as_bytes()).signed_text(),
                    ));
                }
            }
        }
    }
    found
}

/// The body hash that a URL names; `None` when it names none, or more than one.
pub(super) fn body_hash(url: &str) -> Option<&str> {
    let query = Parts::of(url)?.query?;
    let mut named = query
        .split('&')
        .filter_map(|piece| piece.strip_prefix(BODY_HASH)?.strip_prefix('='));
    let first = named.next()?;
    named.next().is_none().then_some(first)
}

fn sorted_by_key(query: &str) -> String {
    let mut pieces: Vec<&str> = query.split('&').collect();
    pieces.sort_by_key(|piece| piece.split('=').next());
    pieces.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_has_its_port_forms_and_query_orders() {
        assert_eq!(
            of_webhook("https://h.example/p"),
            ["https://h.example/p", "https://h.example:443/p"]
        );
        assert_eq!(
            of_webhook("http://127.0.0.1:24187/p?b=1&a=2"),
            [
                "http://127.0.0.1/p?b=1&a=2",
                "http://127.0.0.1/p?a=2&b=1",
                "http://127.0.0.1:24187/p?b=1&a=2",
                "http://127.0.0.1:24187/p?a=2&b=1",
            ]
        );
        assert!(of_webhook("no url").is_empty());
    }

    #[test]
    fn user_info_and_bracketed_addresses_are_not_ports() {
        assert_eq!(
            of_webhook("https://u:p@h.example/p")[1],
            "https://u:p@h.example:443/p"
        );
        assert_eq!(of_webhook("http://[::1]/p")[1], "http://[::1]:80/p");
        assert_eq!(of_webhook("http://[::1]:8080/p")[0], "http://[::1]/p");
    }

    #[test]
    fn fragments_are_left_out() {
        assert_eq!(of_webhook("https://h.example/p#rc=2")[0], "https://h.example/p");
    }

    #[test]
    fn a_websocket_has_a_fixed_set_of_forms() {
        let urls = |url| {
            of_websocket(url)
                .into_iter()
                .map(|(url, _)| url)
                .collect::<Vec<_>>()
        };
        assert!(urls("wss://h.example/p").contains(&"wss://h.example:443/p/".to_owned()));
        assert!(urls("wss://h.example/p/").contains(&"wss://h.example/p".to_owned()));
        assert!(urls("wss://h.example").contains(&"wss://h.example/".to_owned()));
        assert!(urls("ws://127.0.0.1:24187/p").contains(&"ws://127.0.0.1:24187/p".to_owned()));
        assert_eq!(of_websocket("wss://h.example/p?b=1&a=2").len(), 12);
    }

    #[test]
    fn a_body_hash_must_be_named_once() {
        assert_eq!(body_hash("https://h.example/p?a=1&bodySHA256=ff"), Some("ff"));
        assert_eq!(body_hash("https://h.example/p?bodySHA256=ff&bodySHA256=aa"), None);
        assert_eq!(body_hash("https://h.example/p?a=1"), None);
    }
}
