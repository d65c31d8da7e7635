//! Sends signed webhooks as the carrier does, and reads the documents that come back.

use std::collections::BTreeMap;
use std::time::Instant;

use url::Url;

use super::Call;
use super::report::Callback;
use crate::signing::{Params, sign_form, sign_url, with_port};
use crate::twiml::{self, Element};
use crate::world::World;

/// A request for instructions.
#[derive(Debug, Clone)]
pub(crate) struct Fetch {
    pub(crate) kind: &'static str,
    pub(crate) url: String,
    pub(crate) method: String,
    pub(crate) params: Params,
}

/// What came back, or the carrier's error code for it.
pub(crate) struct Document {
    pub(crate) verbs: Vec<Element>,
    pub(crate) base: Option<Url>,
}

/// Why no document came back.
#[derive(Debug, Clone)]
pub(crate) struct FetchFailure {
    pub(crate) code: u32,
    pub(crate) message: String,
}

fn failure(code: u32, message: impl Into<String>) -> FetchFailure {
    FetchFailure {
        code,
        message: message.into(),
    }
}

struct Answer {
    status: u16,
    content_type: String,
    body: String,
}

/// Sends one webhook and notes it on the call. A repeated delivery passes the token of the first.
async fn send(
    world: &World,
    call: &Call,
    fetch: &Fetch,
    token: Option<&str>,
) -> Result<Answer, FetchFailure> {
    let idempotency_token = token.map_or_else(|| uuid::Uuid::new_v4().to_string(), str::to_owned);
    let started = Instant::now();
    let at_ms = call.since_start(world.clock.now());
    let result = request(world, call, fetch, &idempotency_token).await;
    let (status, error) = match &result {
        Ok(answer) => (Some(answer.status), None),
        Err(failure) => (None, Some(failure.message.clone())),
    };
    call.note_callback(Callback {
        at_ms,
        kind: fetch.kind,
        url: fetch.url.clone(),
        method: fetch.method.clone(),
        params: fetch.params.iter().cloned().collect::<BTreeMap<_, _>>(),
        status,
        error,
        took_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        withheld: false,
        idempotency_token,
    });
    result
}

async fn request(world: &World, call: &Call, fetch: &Fetch, token: &str) -> Result<Answer, FetchFailure> {
    let mut url =
        Url::parse(&fetch.url).map_err(|e| failure(11100, format!("invalid url {}: {e}", fetch.url)))?;
    let settings = world.settings();
    let get = fetch.method.eq_ignore_ascii_case("GET");
    if get {
        url.query_pairs_mut().extend_pairs(&fetch.params);
    }
    let address = if get { url.to_string() } else { fetch.url.clone() };
    let signed = if settings.port_in_signature {
        with_port(&address)
    } else {
        address
    };
    if settings.sort_query_on_request && url.query().is_some() {
        let mut pairs: Params = url.query_pairs().into_owned().collect();
        pairs.sort();
        url.query_pairs_mut().clear().extend_pairs(pairs);
    }
    let request = if get {
        world
            .http
            .get(url)
            .header("X-Twilio-Signature", sign_url(&call.auth_token, &signed))
    } else {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&fetch.params)
            .finish();
        world
            .http
            .post(url)
            .header(
                "X-Twilio-Signature",
                sign_form(&call.auth_token, &signed, &fetch.params),
            )
            .header("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
            .body(body)
    };
    let sent = request
        .header("I-Twilio-Idempotency-Token", token)
        .header("Accept", "*/*")
        .send()
        .await;
    let response = sent.map_err(|e| failure(11200, format!("got no answer from {}: {e}", fetch.url)))?;
    let status = response.status().as_u16();
    let content_type = response
        .headers()
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let body = response
        .text()
        .await
        .map_err(|e| failure(11200, format!("answer broke off: {e}")))?;
    Ok(Answer {
        status,
        content_type,
        body,
    })
}

/// Asks for instructions.
pub(crate) async fn document(world: &World, call: &Call, fetch: &Fetch) -> Result<Document, FetchFailure> {
    let answer = send(world, call, fetch, None).await?;
    if !(200..300).contains(&answer.status) {
        return Err(failure(
            11200,
            format!("{} answered {}", fetch.url, answer.status),
        ));
    }
    call.note_twiml(world.clock.now(), Some(&fetch.url), &answer.body);
    let kind = answer
        .content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_owned();
    let verbs = match kind.as_str() {
        "text/xml" | "application/xml" | "text/html" => {
            twiml::parse(&answer.body).map_err(|bad| failure(bad.code, bad.message))?
        }
        "text/plain" => vec![Element {
            name: "Say".to_owned(),
            text: answer.body,
            ..Element::default()
        }],
        audio if audio.starts_with("audio/") => {
            vec![Element {
                name: "Play".to_owned(),
                text: fetch.url.clone(),
                ..Element::default()
            }]
        }
        _ if answer.body.is_empty() => return Err(failure(11770, "empty response body")),
        other => return Err(failure(12300, format!("invalid content type {other:?}"))),
    };
    Ok(Document {
        verbs,
        base: Url::parse(&fetch.url).ok(),
    })
}

/// Sends a webhook whose answer is ignored. Returns whether it was a 2xx.
pub(crate) async fn notify(world: &World, call: &Call, fetch: &Fetch, token: Option<&str>) -> bool {
    let ok = match send(world, call, fetch, token).await {
        Ok(answer) => (200..300).contains(&answer.status),
        Err(_) => false,
    };
    if !ok {
        call.note_trouble(
            world.clock.now(),
            15003,
            format!("callback to {} was not accepted", fetch.url),
        );
    }
    ok
}
