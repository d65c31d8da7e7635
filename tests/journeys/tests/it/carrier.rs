//! The carrier's side of the line, made by hand: signed webhooks and sockets, and ones that only look so.

use futures_util::{SinkExt as _, StreamExt as _};
use phony_carriers::twilio::signature;
use phony_journeys::{Answer, Client, PATIENCE, Product};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use url::form_urlencoded::Serializer;
use uuid::Uuid;

/// Media type of the carrier's forms.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// The carrier.
pub(crate) struct Carrier {
    /// Where the product is.
    pub(crate) url: String,
    /// What it signs with.
    pub(crate) token: SecretString,
    account: String,
    client: Client,
}

/// A relay socket from the carrier's end.
pub(crate) struct Relay(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// A form of these fields.
pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// An id of a call as the carrier makes them.
pub(crate) fn new_sid() -> String {
    format!("CA{}", Uuid::now_v7().simple())
}

/// The stream token in instructions.
pub(crate) fn stream_token(twiml: &str) -> String {
    let (_, rest) = twiml
        .split_once("name=\"token\" value=\"")
        .unwrap_or_else(|| panic!("no token in {twiml}"));
    rest.split('"').next().unwrap().to_owned()
}

impl Carrier {
    /// The one that the product knows.
    pub(crate) fn of(product: &Product) -> Self {
        Self {
            url: product.url.clone(),
            token: product.simulator.auth_token().to_owned().into(),
            account: product.simulator.account_sid().to_owned(),
            client: product.anonymous(),
        }
    }

    /// The form of a call that rings.
    pub(crate) fn voice(&self, sid: &str, to: &str) -> String {
        form(&[
            ("CallSid", sid),
            ("AccountSid", &self.account),
            ("From", "+14155550177"),
            ("To", to),
            ("CallStatus", "ringing"),
            ("Direction", "inbound"),
        ])
    }

    /// The form of a status callback.
    pub(crate) fn status(
        &self,
        sid: &str,
        to: &str,
        status: &str,
        number: u32,
        seconds: Option<u32>,
    ) -> String {
        let (number, seconds) = (number.to_string(), seconds.map(|seconds| seconds.to_string()));
        let mut fields = vec![
            ("CallSid", sid),
            ("AccountSid", self.account.as_str()),
            ("From", "+14155550177"),
            ("To", to),
            ("CallStatus", status),
            ("Direction", "inbound"),
            ("SequenceNumber", number.as_str()),
        ];
        if let Some(seconds) = &seconds {
            fields.push(("CallDuration", seconds));
        }
        form(&fields)
    }

    /// The form that follows a `<Connect>`.
    pub(crate) fn session_over(&self, sid: &str, to: &str, status: &str) -> String {
        form(&[
            ("CallSid", sid),
            ("AccountSid", &self.account),
            ("From", "+14155550177"),
            ("To", to),
            ("CallStatus", "in-progress"),
            ("SessionStatus", status),
        ])
    }

    /// Its signature of a form.
    pub(crate) fn sign(&self, path: &str, body: &str) -> String {
        signature::sign_form(&self.token, &format!("{}{path}", self.url), body.as_bytes())
    }

    /// A webhook as it sends them.
    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        let signed = self.sign(path, body);
        self.post_with(
            path,
            &[("x-twilio-signature", &signed), ("content-type", FORM)],
            body,
        )
        .await
    }

    /// A webhook with any headers.
    pub(crate) async fn post_with(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.client
            .send("POST", path, headers, Some(body.to_owned()))
            .await
    }

    /// Its signature of the relay socket's opening.
    pub(crate) fn sign_relay(&self) -> String {
        signature::sign_url(&self.token, &format!("{}/twilio/relay", self.socket_base()))
    }

    /// Address of the product for sockets.
    pub(crate) fn socket_base(&self) -> String {
        self.url.replacen("http", "ws", 1)
    }

    /// The relay socket as it opens them.
    pub(crate) async fn open(&self) -> Relay {
        let signed = self.sign_relay();
        let opened = self
            .open_with("/twilio/relay", &[("x-twilio-signature", &signed)])
            .await;
        opened.unwrap_or_else(|status| panic!("refused with {status}"))
    }

    /// The relay socket with any headers, or the status it is refused with.
    pub(crate) async fn open_with(&self, path: &str, headers: &[(&'static str, &str)]) -> Result<Relay, u16> {
        let mut request = format!("{}{path}", self.socket_base())
            .into_client_request()
            .unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((socket, _)) => Ok(Relay(socket)),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(other) => panic!("no answer: {other}"),
        }
    }
}

impl Relay {
    /// Says whose call it is.
    pub(crate) async fn set_up(&mut self, sid: &str, token: &str) {
        self.send(&json!({
            "type": "setup", "sessionId": "VX00000000000000000000000000000001", "callSid": sid,
            "from": "+14155550177", "direction": "inbound", "callType": "PSTN",
            "customParameters": { "token": token },
        }))
        .await;
    }

    /// Sends a message.
    pub(crate) async fn send(&mut self, message: &Value) {
        self.send_frame(Message::text(message.to_string())).await;
    }

    /// Sends any frame.
    pub(crate) async fn send_frame(&mut self, frame: Message) {
        self.0.send(frame).await.expect("sent");
    }

    /// The next message, or the close code.
    pub(crate) async fn next(&mut self) -> Result<Value, u16> {
        loop {
            match timeout(PATIENCE, self.0.next()).await.expect("a frame in time") {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).expect("JSON")),
                Some(Ok(Message::Close(frame))) => return Err(frame.map_or(1005, |frame| frame.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(1006),
            }
        }
    }

    /// Everything that is spoken until the end of the turn.
    pub(crate) async fn turn(&mut self) -> String {
        let mut spoken = String::new();
        loop {
            let message = self.next().await.expect("an open socket");
            assert_eq!(message["type"], "text", "{message}");
            spoken.push_str(message["token"].as_str().unwrap());
            if message["last"] == true {
                return spoken;
            }
        }
    }

    /// Hangs up.
    pub(crate) async fn close(mut self) {
        // The product may have closed first.
        let _ = timeout(PATIENCE, self.0.close(None)).await;
    }
}
