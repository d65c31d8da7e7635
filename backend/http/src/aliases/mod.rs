//! Older addresses that scripts for other systems know (api.md §3), served by the same handlers.
//!
//! Most are another name of an address and nothing else: the request goes on under its own name before anything looks
//! at it, so rights, limits and log lines are those of the handler. What the carrier signs stays the address that it
//! asked for. The others have a body of their own and are translated here.

mod acts;
mod calls;
mod chat;
mod events;

use actix_web::HttpMessage as _;
use actix_web::dev::ServiceRequest;
use actix_web::http::Uri;
use actix_web::http::uri::PathAndQuery;
use actix_web::web;
use serde::{Deserialize, Deserializer};

pub use acts::OverrideView;
pub use calls::PlacedView;
pub(crate) use events::follow as follow_events;

/// Who may use an older address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// The carrier, by its signature over the address that it asked for.
    Carrier,
    /// Whoever holds a key or a token with the right that the address stands for needs.
    Credential,
    /// Nobody needs to say who they are.
    Nobody,
}

/// One older address.
#[derive(Debug, Clone, Copy)]
pub struct Alias {
    /// `GET` or `POST`; a WebSocket is opened by `GET`.
    pub method: &'static str,
    /// The address, with `{sid}` where it names a call.
    pub path: &'static str,
    /// What it stands for, with `{sid}` where that names the call.
    pub stands_for: &'static str,
    /// Who may use it.
    pub guard: Guard,
    /// Whether the request is passed on as it is; else it is translated here.
    pub as_it_is: bool,
}

const fn same(method: &'static str, path: &'static str, stands_for: &'static str, guard: Guard) -> Alias {
    Alias {
        method,
        path,
        stands_for,
        guard,
        as_it_is: true,
    }
}

const fn translated(method: &'static str, path: &'static str, stands_for: &'static str) -> Alias {
    Alias {
        method,
        path,
        stands_for,
        guard: Guard::Credential,
        as_it_is: false,
    }
}

const ACTIONS: &str = "/v1/calls/{sid}/actions";

/// Every older address.
pub const ALIASES: [Alias; 25] = [
    same("POST", "/receive_call", "/twilio/voice", Guard::Carrier),
    same("POST", "/phone/voice", "/twilio/voice", Guard::Carrier),
    same("POST", "/api/incoming-call", "/twilio/voice", Guard::Carrier),
    same("POST", "/start_call", "/twilio/voice", Guard::Carrier),
    same("GET", "/relay/ws", "/twilio/relay", Guard::Carrier),
    same("GET", "/phone/ws/{sid}", "/twilio/stream", Guard::Carrier),
    same("POST", "/phone/gather-response", "/twilio/gather", Guard::Carrier),
    same("POST", "/api/process-speech", "/twilio/gather", Guard::Carrier),
    same("POST", "/api/no-input", "/twilio/gather", Guard::Carrier),
    same("POST", "/phone/status", "/twilio/status", Guard::Carrier),
    same("POST", "/call-status", "/twilio/status", Guard::Carrier),
    translated("POST", "/override/text", ACTIONS),
    translated("POST", "/override/dtmf", ACTIONS),
    translated("POST", "/override/end", ACTIONS),
    translated("POST", "/override/transfer", ACTIONS),
    translated("POST", "/override/clarification", ACTIONS),
    translated("POST", "/api/transfer-call", ACTIONS),
    translated("GET", "/events/ws", "/v1/live"),
    translated("POST", "/phone/call", "/v1/calls"),
    translated("POST", "/phone/chatbot", "/v1/chat"),
    same("GET", "/phone/call/{sid}", "/v1/calls/{sid}", Guard::Credential),
    same("GET", "/call/{sid}", "/v1/calls/{sid}", Guard::Credential),
    same(
        "POST",
        "/phone/call/{sid}/cancel",
        "/v1/calls/{sid}/cancel",
        Guard::Credential,
    ),
    same(
        "POST",
        "/phone/test-verification",
        "/v1/contacts/verify",
        Guard::Credential,
    ),
    // Asked by whoever watches the process; many take a redirect for a failure.
    same("GET", "/health", "/healthz", Guard::Nobody),
];

/// A text that some older clients send as a number.
fn text_or_number<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Text(String),
        Number(serde_json::Number),
    }
    Ok(Option::<Either>::deserialize(reader)?.map(|either| match either {
        Either::Text(text) => text,
        Either::Number(number) => number.to_string(),
    }))
}

/// The handlers of those that are translated.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .route("/override/text", web::post().to(acts::text))
        .route("/override/dtmf", web::post().to(acts::dtmf))
        .route("/override/end", web::post().to(acts::end))
        .route("/override/transfer", web::post().to(acts::transfer))
        .route("/override/clarification", web::post().to(acts::clarification))
        .route("/api/transfer-call", web::post().to(acts::transfer))
        .route("/events/ws", web::get().to(events::open))
        .route("/phone/call", web::post().to(calls::place))
        .route("/phone/chatbot", web::post().to(chat::say));
}

/// The address that was asked for, of a request that went on under another.
#[derive(Debug, Clone)]
pub(crate) struct Asked(pub(crate) Uri);

/// What an older address stands for, with the call that it names; none is an address that is no older one.
pub(crate) fn stands_for(path: &str) -> Option<(Alias, String)> {
    if path.starts_with("/v1/") || path.starts_with("/twilio/") {
        return None;
    }
    ALIASES.into_iter().find_map(|alias| {
        let target = match alias.path.split_once("{sid}") {
            None => (alias.path == path).then(|| alias.stands_for.to_owned())?,
            Some((before, after)) => {
                let sid = path.strip_prefix(before)?.strip_suffix(after)?;
                let one_part = !sid.is_empty() && !sid.contains('/');
                one_part.then(|| alias.stands_for.replace("{sid}", sid))?
            }
        };
        Some((alias, target))
    })
}

/// Lets a request for an older address go on under the address that it stands for, if that is all there is to it.
pub(crate) fn pass_on(request: &mut ServiceRequest) {
    let Some((alias, target)) = stands_for(request.path()) else {
        return;
    };
    metrics::counter!("http_alias_requests_total", "alias" => alias.path).increment(1);
    if !alias.as_it_is {
        return;
    }
    let asked = request.uri().clone();
    let target = match asked.query() {
        Some(query) => format!("{target}?{query}"),
        None => target,
    };
    let Ok(target) = PathAndQuery::try_from(target) else {
        return;
    };
    let mut parts = asked.clone().into_parts();
    parts.path_and_query = Some(target);
    let Ok(uri) = Uri::from_parts(parts) else {
        return;
    };
    request.extensions_mut().insert(Asked(asked));
    request.match_info_mut().get_mut().update(&uri);
    request.head_mut().uri = uri;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_address_stands_for_one_of_ours() {
        let target = |path: &str| stands_for(path).map(|(_, target)| target);
        for (path, expected) in [
            ("/receive_call", Some("/twilio/voice")),
            ("/api/no-input", Some("/twilio/gather")),
            ("/phone/ws/CA1", Some("/twilio/stream")),
            ("/phone/call", Some("/v1/calls")),
            ("/phone/call/CA1", Some("/v1/calls/CA1")),
            ("/call/CA1", Some("/v1/calls/CA1")),
            ("/phone/call/CA1/cancel", Some("/v1/calls/CA1/cancel")),
            ("/phone/call/CA1/other", None),
            ("/phone/call/", None),
            ("/call/a/b", None),
            ("/receive_call/", None),
            ("/phone/chatbot", Some("/v1/chat")),
            ("/v1/calls", None),
        ] {
            assert_eq!(target(path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn each_stands_in_the_table_once_and_for_something_else() {
        for (number, alias) in ALIASES.iter().enumerate() {
            assert!(
                ALIASES[..number].iter().all(|other| other.path != alias.path),
                "{alias:?}"
            );
            assert!(stands_for(alias.stands_for).is_none(), "{alias:?}");
            assert_eq!(
                alias.guard == Guard::Carrier,
                alias.stands_for.starts_with("/twilio/"),
                "{alias:?}"
            );
        }
    }
}
