//! Requests a stranger could send: unsigned, wrongly signed, signed with somebody else's token. Also honest ones out of turn.

use std::time::Duration;

use actix_web::{HttpResponse, post, web};
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::{Refusal, body};
use crate::relay::socket;
use crate::signing::{Params, SocketForm, sign_form, sign_socket, sign_url};
use crate::world::World;

/// How a request is signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sign {
    #[default]
    Good,
    /// A signature of the right shape over something else.
    Bad,
    None,
    /// A true signature with the token of another account.
    OtherToken,
}

impl Sign {
    fn token(self, world: &World, account: Option<&str>) -> Result<String, Refusal> {
        if self == Self::OtherToken {
            return Ok("ffffffffffffffffffffffffffffffff".to_owned());
        }
        let sid = account.unwrap_or(&world.config.account_sid);
        let account = world
            .account(sid)
            .ok_or_else(|| Refusal::missing(format!("no account {sid}")))?;
        Ok(account.auth_token)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Webhook {
    url: String,
    #[serde(default)]
    params: Map<String, Value>,
    method: Option<String>,
    #[serde(default)]
    sign: Sign,
    /// Whose token signs; the main account's by default.
    account_sid: Option<String>,
    /// Sent as the body in place of `params`, which are still what is signed.
    raw_body: Option<String>,
    content_type: Option<String>,
    idempotency_token: Option<String>,
}

/// A list sends its name several times; anything that is not a text is sent as it is written in JSON.
fn params(members: &Map<String, Value>) -> Params {
    let mut params = Vec::new();
    for (name, value) in members {
        let values = match value {
            Value::Array(values) => values.clone(),
            other => vec![other.clone()],
        };
        for value in values {
            params.push((
                name.clone(),
                value.as_str().map_or_else(|| value.to_string(), str::to_owned),
            ));
        }
    }
    params
}

#[post("/webhooks")]
pub(crate) async fn webhook(world: web::Data<World>, bytes: web::Bytes) -> Result<HttpResponse, Refusal> {
    let order: Webhook = body(&bytes)?;
    let params = params(&order.params);
    let token = order.sign.token(&world, order.account_sid.as_deref())?;
    let get = order
        .method
        .as_deref()
        .is_some_and(|m| m.eq_ignore_ascii_case("GET"));
    let mut url = url::Url::parse(&order.url).map_err(|e| Refusal::bad(format!("url: {e}")))?;
    let (request, true_signature) = if get {
        url.query_pairs_mut().extend_pairs(&params);
        let signature = sign_url(&token, url.as_str());
        (world.http.get(url), signature)
    } else {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&params)
            .finish();
        let kind = order
            .content_type
            .as_deref()
            .unwrap_or("application/x-www-form-urlencoded; charset=UTF-8");
        let request = world
            .http
            .post(url)
            .header("Content-Type", kind)
            .body(order.raw_body.unwrap_or(form));
        (request, sign_form(&token, &order.url, &params))
    };
    let signature = match order.sign {
        Sign::Good | Sign::OtherToken => Some(true_signature),
        Sign::Bad => Some(sign_form(&token, "https://elsewhere.example/", &params)),
        Sign::None => None,
    };
    let idempotency = order
        .idempotency_token
        .unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let request = request.header("I-Twilio-Idempotency-Token", idempotency);
    let request = match signature {
        Some(signature) => request.header("X-Twilio-Signature", signature),
        None => request,
    };
    match request.send().await {
        Ok(answer) => {
            let status = answer.status().as_u16();
            let text = answer.text().await.unwrap_or_default();
            Ok(HttpResponse::Ok().json(json!({"status": status, "body": text})))
        }
        Err(error) => Ok(HttpResponse::Ok().json(json!({"status": null, "error": error.to_string()}))),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Socket {
    url: String,
    #[serde(default)]
    sign: Sign,
    account_sid: Option<String>,
    /// Sent one after the other once the socket is open: objects as JSON, texts as they are.
    #[serde(default)]
    messages: Vec<Value>,
    /// How long to listen for answers. Real time.
    #[serde(default = "listen_ms")]
    listen_ms: u64,
}

fn listen_ms() -> u64 {
    500
}

#[post("/sockets")]
pub(crate) async fn upgrade(world: web::Data<World>, bytes: web::Bytes) -> Result<HttpResponse, Refusal> {
    let order: Socket = body(&bytes)?;
    let token = order.sign.token(&world, order.account_sid.as_deref())?;
    let form = SocketForm::default();
    let signature = match order.sign {
        Sign::Good | Sign::OtherToken => Some(sign_socket(&token, &order.url, form)),
        Sign::Bad => Some(sign_url(&token, "wss://elsewhere.example/")),
        Sign::None => None,
    };
    let mut socket = match socket::connect(&order.url, signature.as_deref()).await {
        Ok(socket) => socket,
        Err(refused) => {
            return Ok(HttpResponse::Ok().json(json!({"status": refused.status, "error": refused.message})));
        }
    };
    for message in &order.messages {
        let text = message
            .as_str()
            .map_or_else(|| message.to_string(), str::to_owned);
        if socket.send(Message::text(text)).await.is_err() {
            break;
        }
    }
    let mut received = Vec::new();
    let mut close = Value::Null;
    let listen = async {
        while let Some(Ok(frame)) = socket.next().await {
            match frame {
                Message::Text(text) => {
                    received.push(serde_json::from_str(&text).unwrap_or_else(|_| json!(text.as_str())));
                }
                Message::Close(frame) => close = json!(frame.map_or(1005, |f| u16::from(f.code))),
                _ => {}
            }
        }
    };
    let ended = tokio::time::timeout(Duration::from_millis(order.listen_ms), listen)
        .await
        .is_ok();
    Ok(HttpResponse::Ok().json(json!({
        "status": 101, "received": received, "close": close, "closed_by_server": ended,
    })))
}
