//! The carrier tells everything at least once, in any order and late; each of it counts once.

use phony_journeys::{Product, Tenant, eventually};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::carrier::{Carrier, Relay, new_sid, stream_token};

/// A company with a number, and the carrier.
struct Line {
    product: Product,
    acme: Tenant,
    carrier: Carrier,
    to: String,
}

impl Line {
    async fn new() -> Self {
        let product = Product::start().await;
        let acme = product.tenant("acme").await;
        let number = product.buy_number(&acme).await;
        let carrier = Carrier::of(&product);
        Self {
            to: number["e164"].as_str().unwrap().to_owned(),
            product,
            acme,
            carrier,
        }
    }

    /// A call rings; the token of its socket.
    async fn ring(&self, sid: &str) -> String {
        let answer = self
            .carrier
            .post("/twilio/voice", &self.carrier.voice(sid, &self.to))
            .await
            .expect(200);
        stream_token(&answer.text)
    }

    async fn status(&self, sid: &str, status: &str, number: u32, seconds: Option<u32>) {
        let body = self.carrier.status(sid, &self.to, status, number, seconds);
        let _ = self.carrier.post("/twilio/status", &body).await.expect(204);
    }

    async fn call(&self, sid: &str) -> Value {
        self.acme
            .admin
            .get(&format!("/v1/calls/{sid}"))
            .await
            .expect(200)
            .json
    }

    /// Waits until what follows from the ends of calls has been done.
    async fn end_is_worked_off(&self) {
        eventually("the end is worked off", async || {
            let mut connection = self.product.admin_connection().await;
            let open: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM phony.outbox WHERE topic = 'call.ended' AND done_at IS NULL",
            )
            .fetch_one(&mut connection)
            .await
            .unwrap();
            (open == 0).then_some(())
        })
        .await;
    }

    /// How often the end of a call has been announced.
    async fn ends(&self, sid: &str) -> i64 {
        let mut connection = self.product.admin_connection().await;
        sqlx::query_scalar(
            "SELECT count(*) FROM phony.outbox o JOIN phony.calls c ON c.tenant_id = o.tenant_id
             AND o.payload->>'call_id' IN (c.id::text, 'call_' || replace(c.id::text, '-', ''))
             WHERE o.topic = 'call.ended' AND c.call_sid = $1",
        )
        .bind(sid)
        .fetch_one(&mut connection)
        .await
        .unwrap()
    }
}

#[tokio::test]
async fn a_repeated_ring_is_one_call() {
    let line = Line::new().await;
    let sid = new_sid();
    let body = line.carrier.voice(&sid, &line.to);
    let rings = (0..6).map(|_| line.carrier.post("/twilio/voice", &body));
    for answer in futures_util::future::join_all(rings).await {
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert!(answer.text.contains("<ConversationRelay"), "{}", answer.text);
    }
    let newest = line.ring(&sid).await;
    assert_eq!(line.product.rows().await.count("phony.calls"), 1);
    let mut relay = line.carrier.open().await;
    relay.set_up(&sid, &newest).await;
    assert!(!relay.turn().await.is_empty());
    let before = line.product.rows().await;
    let late = line.carrier.post("/twilio/voice", &body).await.expect(200);
    assert!(
        !late.text.contains("<ConversationRelay"),
        "it is talking already: {}",
        late.text
    );
    assert_eq!(
        line.product.rows().await.count("phony.calls"),
        before.count("phony.calls")
    );
    relay.close().await;
}

/// Every order of `0..n`.
fn orders(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![Vec::new()];
    }
    let shorter = orders(n - 1);
    (0..n)
        .flat_map(|at| {
            shorter.iter().map(move |order| {
                let mut order = order.clone();
                order.insert(at, n - 1);
                order
            })
        })
        .collect()
}

#[tokio::test]
async fn callbacks_in_any_order_and_number_come_to_the_same() {
    let line = Line::new().await;
    let news = [
        ("initiated", 0, None),
        ("ringing", 1, None),
        ("in-progress", 2, None),
        ("completed", 3, Some(61)),
    ];
    let mut outcomes = Vec::new();
    for order in orders(news.len()) {
        let sid = new_sid();
        line.ring(&sid).await;
        for at in &order {
            let (status, number, seconds) = news[*at];
            line.status(&sid, status, number, seconds).await;
            line.status(&sid, status, number, seconds).await;
        }
        line.end_is_worked_off().await;
        let call = line.call(&sid).await;
        let before = line.product.rows().await;
        for (status, number, seconds) in news {
            line.status(&sid, status, number, seconds).await;
        }
        line.status(&sid, "completed", 3, Some(3_600)).await;
        line.status(&sid, "busy", 4, None).await;
        line.status(&sid, "in-progress", 5, None).await;
        let after = line.product.rows().await;
        let changed = after.changed_since(&before);
        assert!(
            changed.iter().all(|table| *table == "phony.carrier_callbacks"),
            "{order:?}: {changed:?}"
        );
        assert_eq!(line.call(&sid).await, call, "{order:?}");
        assert_eq!(line.ends(&sid).await, 1, "{order:?}");
        outcomes.push(json!([
            call["status"],
            call["ended_reason"],
            call["ended_by"],
            call["settled"],
            call["cost"],
            call["fault"],
        ]));
    }
    assert_eq!(outcomes.len(), 24);
    assert!(
        outcomes.iter().all(|outcome| *outcome == outcomes[0]),
        "{outcomes:#?}"
    );
    assert_eq!(
        (&outcomes[0][0], &outcomes[0][3]),
        (&json!("ended"), &json!(true))
    );
    let usage = line.acme.admin.get("/v1/usage").await.expect(200);
    let minutes = usage["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["sku"] == "twilio.inbound_minute");
    assert_eq!(
        minutes.unwrap()["quantity"],
        48,
        "61 seconds are two minutes, of each of 24 calls"
    );
}

#[tokio::test]
async fn callbacks_at_the_same_moment_count_once() {
    let line = Line::new().await;
    let sid = new_sid();
    line.ring(&sid).await;
    let body = line.carrier.status(&sid, &line.to, "completed", 3, Some(30));
    let all = (0..12).map(|_| line.carrier.post("/twilio/status", &body));
    for answer in futures_util::future::join_all(all).await {
        assert_eq!(answer.status, 204, "{}", answer.text);
    }
    assert_eq!(line.ends(&sid).await, 1);
    let usage = line.acme.admin.get("/v1/usage").await.expect(200);
    let minutes = usage["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["sku"] == "twilio.inbound_minute");
    assert_eq!(minutes.unwrap()["quantity"], 1);
}

#[tokio::test]
async fn callbacks_after_a_conversation_change_nothing() {
    let line = Line::new().await;
    let sid = new_sid();
    let token = line.ring(&sid).await;
    let mut relay = line.carrier.open().await;
    relay.set_up(&sid, &token).await;
    assert!(!relay.turn().await.is_empty());
    line.status(&sid, "in-progress", 2, None).await;
    relay.close().await;
    line.status(&sid, "completed", 3, Some(20)).await;
    let call = eventually("the end is stored", async || {
        let call = line.call(&sid).await;
        (call["status"] == "ended" && call["settled"] == true).then_some(call)
    })
    .await;
    for (status, number) in [
        ("ringing", 1),
        ("in-progress", 2),
        ("completed", 3),
        ("failed", 4),
        ("initiated", 0),
    ] {
        line.status(&sid, status, number, Some(4_000)).await;
    }
    for status in ["failed", "ended", "completed"] {
        let body = line.carrier.session_over(&sid, &line.to, status);
        let answer = line.carrier.post("/twilio/continue", &body).await.expect(200);
        assert!(answer.text.contains("<Hangup"), "{status}: {}", answer.text);
    }
    assert_eq!(line.call(&sid).await, call);
    assert_eq!(line.ends(&sid).await, 1);
}

/// The code that a socket is closed with before anything is said on it.
async fn refusal(relay: &mut Relay) -> u16 {
    match relay.next().await {
        Err(code) => code,
        Ok(message) => panic!("it was let in: {message}"),
    }
}

#[tokio::test]
async fn a_stream_token_lets_in_one_socket_of_its_own_call() {
    let line = Line::new().await;
    let (sid, other) = (new_sid(), new_sid());
    let (token, foreign) = (line.ring(&sid).await, line.ring(&other).await);
    let before = line.product.rows().await;
    let last = if token.ends_with('A') { 'E' } else { 'A' };
    let altered = format!("{}{last}", &token[..token.len() - 1]);
    let tries = [
        (other.as_str(), token.as_str()),
        (sid.as_str(), foreign.as_str()),
        (sid.as_str(), altered.as_str()),
        (sid.as_str(), ""),
        (sid.as_str(), "nonsense"),
        ("", token.as_str()),
    ];
    for (sid, token) in tries {
        let mut relay = line.carrier.open().await;
        relay.set_up(sid, token).await;
        assert_eq!(refusal(&mut relay).await, 1008, "{sid} {token}");
    }
    for first in [
        "{",
        "[]",
        "{}",
        r#"{"type":"prompt","voicePrompt":"hello"}"#,
        r#"{"type":"setup"}"#,
    ] {
        let mut relay = line.carrier.open().await;
        relay.send_frame(Message::text(first)).await;
        assert_eq!(refusal(&mut relay).await, 1008, "{first}");
    }
    assert_eq!(
        line.product.rows().await.changed_since(&before),
        Vec::<&str>::new(),
        "refused sockets"
    );
    let mut relay = line.carrier.open().await;
    relay.set_up(&sid, &token).await;
    let greeting = relay.turn().await;
    assert!(!greeting.is_empty());
    let call = eventually("the first word is on the record", async || {
        let call = line.call(&sid).await;
        (!call["first_audio_at"].is_null()).then_some(call)
    })
    .await;
    let mut again = line.carrier.open().await;
    again.set_up(&sid, &token).await;
    assert_eq!(refusal(&mut again).await, 1008, "used");
    assert_eq!(line.call(&sid).await, call, "the call goes on as it did");
    relay.send(&json!({ "type": "prompt", "voicePrompt": "What are your opening hours?", "lang": "en-US", "last": true })).await;
    assert!(!relay.turn().await.is_empty());
    relay.close().await;
}

#[tokio::test]
async fn a_broken_message_does_not_end_a_call() {
    let line = Line::new().await;
    let sid = new_sid();
    let token = line.ring(&sid).await;
    let mut relay = line.carrier.open().await;
    relay.set_up(&sid, &token).await;
    assert!(!relay.turn().await.is_empty());
    let texts = [
        "",
        "{",
        "null",
        "[1,2]",
        "{}",
        r#"{"type":7}"#,
        r#"{"type":"somethingNew","a":{"b":[]}}"#,
        r#"{"type":"prompt"}"#,
        r#"{"type":"dtmf"}"#,
        r#"{"type":"dtmf","digit":"☎"}"#,
        r#"{"type":"interrupt"}"#,
        r#"{"type":"interrupt","utteranceUntilInterrupt":7,"durationUntilInterruptMs":"x"}"#,
        r#"{"type":"error"}"#,
        r#"{"type":"info"}"#,
        r#"{"type":"setup","callSid":"CA0"}"#,
        r#"{"type":"prompt","voicePrompt":"a\u0000b","last":true}"#,
        "{\"type\":\"prompt\",\"voicePrompt\":\"\\u0000\\ud83d\",\"last\":true}",
    ];
    for text in texts {
        relay.send_frame(Message::text(text)).await;
    }
    relay
        .send_frame(Message::text(format!(r#"{{"type":"{}"}}"#, "x".repeat(60_000))))
        .await;
    relay.send_frame(Message::text("[".repeat(60_000))).await;
    relay.send_frame(Message::binary(vec![0, 159, 146, 150])).await;
    relay.send_frame(Message::Ping(vec![1].into())).await;
    relay.send(&json!({ "type": "prompt", "voicePrompt": "What are your opening hours?", "lang": "en-US", "last": true })).await;
    let answered = eventually("the question is in the ledger", async || {
        let items = line
            .acme
            .admin
            .get(&format!("/v1/calls/{sid}/items"))
            .await
            .expect(200);
        items.text.contains("What are your opening hours?").then_some(())
    });
    answered.await;
    assert!(!relay.turn().await.is_empty());
    assert_eq!(line.call(&sid).await["status"], "in_progress");
    relay.close().await;
}
