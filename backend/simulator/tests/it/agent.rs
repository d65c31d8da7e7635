//! A small application of our own: answers webhooks with what a test lays ready, and hands the conversation socket to it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use base64::Engine as _;
use futures_util::StreamExt;
use hmac::{Hmac, KeyInit, Mac};
use parking_lot::Mutex;
use serde_json::{Value, json};
use sha1::Sha1;
use tokio::sync::{Mutex as AsyncMutex, mpsc};

/// A webhook that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Hit {
    pub(crate) path: String,
    pub(crate) params: HashMap<String, String>,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) signature_is_true: bool,
}

type Laid = HashMap<String, VecDeque<(u16, String, Vec<u8>)>>;

/// What an application sends on the conversation socket.
pub(crate) enum Out {
    Text(String),
    Binary(Vec<u8>),
    Close(u16),
}

struct Shared {
    token: String,
    base: Mutex<String>,
    hits: Mutex<Vec<Hit>>,
    answers: Mutex<Laid>,
    incoming: mpsc::UnboundedSender<Value>,
    outgoing: AsyncMutex<mpsc::UnboundedReceiver<Out>>,
}

/// A running application.
pub(crate) struct Agent {
    shared: Arc<Shared>,
    from_carrier: AsyncMutex<mpsc::UnboundedReceiver<Value>>,
    to_carrier: mpsc::UnboundedSender<Out>,
    server: actix_web::dev::ServerHandle,
}

impl Drop for Agent {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

fn signature(token: &str, message: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}

pub(crate) async fn start(token: &str) -> Agent {
    let (incoming, from_carrier) = mpsc::unbounded_channel();
    let (to_carrier, outgoing) = mpsc::unbounded_channel();
    let shared = Arc::new(Shared {
        token: token.to_owned(),
        base: Mutex::default(),
        hits: Mutex::default(),
        answers: Mutex::default(),
        incoming,
        outgoing: AsyncMutex::new(outgoing),
    });
    let data = web::Data::from(Arc::clone(&shared));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(data.clone())
            .route("/relay", web::get().to(relay))
            .route("/stream", web::get().to(relay))
            .route(
                "/forbidden",
                web::to(|| async { HttpResponse::Forbidden().finish() }),
            )
            .default_service(web::to(webhook))
    })
    .workers(1)
    .bind("127.0.0.1:0")
    .unwrap();
    *shared.base.lock() = server.addrs()[0].to_string();
    let server = server.run();
    let handle = server.handle();
    tokio::spawn(server);
    Agent {
        shared,
        from_carrier: AsyncMutex::new(from_carrier),
        to_carrier,
        server: handle,
    }
}

async fn webhook(shared: web::Data<Shared>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let mut pairs: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
    let params = pairs.iter().cloned().collect();
    pairs.sort();
    pairs.dedup();
    let joined: String = pairs
        .iter()
        .map(|(name, value)| format!("{name}{value}"))
        .collect();
    let url = format!("http://{}{}", shared.base.lock(), request.uri());
    let headers: HashMap<String, String> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    let expected = signature(&shared.token, &format!("{url}{joined}"));
    let path = request.path().to_owned();
    let signature_is_true = headers.get("x-twilio-signature") == Some(&expected);
    shared.hits.lock().push(Hit {
        path: path.clone(),
        params,
        headers,
        signature_is_true,
    });
    let answer = shared.answers.lock().get_mut(&path).and_then(VecDeque::pop_front);
    match answer {
        Some((status, kind, body)) => HttpResponse::build(status.try_into().unwrap())
            .content_type(kind)
            .body(body),
        None => HttpResponse::NoContent().finish(),
    }
}

async fn relay(
    shared: web::Data<Shared>,
    request: HttpRequest,
    body: web::Payload,
) -> actix_web::Result<HttpResponse> {
    let url = format!("ws://{}{}", shared.base.lock(), request.uri());
    let given = request
        .headers()
        .get("x-twilio-signature")
        .map(|value| value.to_str().unwrap().to_owned());
    if given.as_ref() != Some(&signature(&shared.token, &url)) {
        return Ok(HttpResponse::Forbidden().finish());
    }
    let (response, mut session, mut stream) = actix_ws::handle(&request, body)?;
    actix_web::rt::spawn(async move {
        let mut outgoing = shared.outgoing.lock().await;
        loop {
            tokio::select! {
                frame = stream.next() => match frame {
                    Some(Ok(actix_ws::Message::Text(text))) => {
                        let value = serde_json::from_str(&text).unwrap_or_else(|_| json!(text.to_string()));
                        shared.incoming.send(value).unwrap();
                    }
                    Some(Ok(actix_ws::Message::Binary(bytes))) => {
                        shared.incoming.send(json!({"binary": bytes.len()})).unwrap();
                    }
                    Some(Ok(actix_ws::Message::Close(reason))) => {
                        let code = reason.map(|r| u16::from(r.code));
                        shared.incoming.send(json!({"closed": code})).unwrap();
                        let _ = session.close(None).await;
                        return;
                    }
                    Some(Ok(_)) => {}
                    _ => {
                        shared.incoming.send(json!({"closed": null})).unwrap();
                        return;
                    }
                },
                out = outgoing.recv() => match out {
                    Some(Out::Text(text)) => session.text(text).await.unwrap(),
                    Some(Out::Binary(bytes)) => session.binary(bytes).await.unwrap(),
                    Some(Out::Close(code)) => {
                        let _ = session.close(Some(actix_ws::CloseReason { code: code.into(), description: None })).await;
                        return;
                    }
                    None => return,
                },
            }
        }
    });
    Ok(response)
}

impl Agent {
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.shared.base.lock())
    }

    /// Lays an answer ready for the next request to `path`.
    pub(crate) fn lay(&self, path: &str, twiml: &str) {
        self.lay_raw(path, 200, "text/xml", twiml);
    }

    pub(crate) fn lay_raw(&self, path: &str, status: u16, kind: &str, body: &str) {
        self.lay_bytes(path, status, kind, body.as_bytes().to_vec());
    }

    /// Lays a WAV file of telephone sound ready.
    pub(crate) fn lay_sound(&self, path: &str, ulaw: &[u8]) {
        let length = u32::try_from(ulaw.len()).unwrap();
        let mut file = b"RIFF".to_vec();
        file.extend((length + 36).to_le_bytes());
        file.extend(b"WAVEfmt \x10\0\0\0\x07\0\x01\0");
        file.extend(8_000_u32.to_le_bytes());
        file.extend(8_000_u32.to_le_bytes());
        file.extend(b"\x01\0\x08\0data");
        file.extend(length.to_le_bytes());
        file.extend(ulaw);
        self.lay_bytes(path, 200, "audio/wav", file);
    }

    fn lay_bytes(&self, path: &str, status: u16, kind: &str, body: Vec<u8>) {
        let answer = (status, kind.to_owned(), body);
        self.shared
            .answers
            .lock()
            .entry(path.to_owned())
            .or_default()
            .push_back(answer);
    }

    /// Lays a document that connects the call to the conversation socket.
    pub(crate) fn lay_relay(&self, attributes: &str) {
        let ws = self.url().replace("http://", "ws://");
        let twiml = format!(
            r#"<Response><Connect action="/action"><ConversationRelay url="{ws}/relay" {attributes}>
               <Parameter name="token" value="t-1"/></ConversationRelay></Connect></Response>"#
        );
        self.lay("/voice", &twiml);
    }

    /// Lays a document that connects the call to the media socket.
    pub(crate) fn lay_stream(&self, path: &str, attributes: &str) {
        let ws = self.url().replace("http://", "ws://");
        let twiml = format!(
            r#"<Response><Connect {attributes}><Stream url="{ws}/stream" name="main" statusCallback="{}/events">
               <Parameter name="token" value="t-1"/></Stream></Connect></Response>"#,
            self.url()
        );
        self.lay(path, &twiml);
    }

    /// The next message of an event on the media socket, passing over others.
    pub(crate) async fn next_event(&self, event: &str) -> Value {
        loop {
            let message = self.next().await;
            if message["event"] == event || message.get(event).is_some() {
                return message;
            }
        }
    }

    pub(crate) fn hits(&self, path: &str) -> Vec<Hit> {
        self.shared
            .hits
            .lock()
            .iter()
            .filter(|hit| hit.path == path)
            .cloned()
            .collect()
    }

    /// The next message of the carrier.
    pub(crate) async fn next(&self) -> Value {
        let mut incoming = self.from_carrier.lock().await;
        tokio::time::timeout(Duration::from_secs(45), incoming.recv())
            .await
            .expect("the carrier says something")
            .expect("the agent lives")
    }

    /// The next message of a type, passing over others.
    pub(crate) async fn next_of(&self, kind: &str) -> Value {
        loop {
            let message = self.next().await;
            if message["type"] == kind || message.get(kind).is_some() {
                return message;
            }
        }
    }

    pub(crate) fn send(&self, message: &Value) {
        self.send_raw(&message.to_string());
    }

    pub(crate) fn send_raw(&self, text: &str) {
        self.to_carrier.send(Out::Text(text.to_owned())).ok().unwrap();
    }

    pub(crate) fn send_out(&self, out: Out) {
        self.to_carrier.send(out).ok().unwrap();
    }

    pub(crate) fn say(&self, text: &str) {
        self.send(&json!({"type": "text", "token": text, "last": true}));
    }
}
