//! Supervisors at the sound of live calls: they hear both sides, nobody hears them, until they take the call over.

mod forks;
mod takeover;

use phony_journeys::{AGENT, CALLER, Caller, Client, Heard, LiveSocket, SoundSocket, SpeechLine, eventually};
use phony_kernel::Role;
use serde_json::{Value, json};

const STORY: &str = "First we look at your order in the system. Then we check the stock in every warehouse. \
                     After that we call the courier. Finally we send you a message with the delivery day.";

async fn line() -> SpeechLine {
    let line = SpeechLine::start(json!({})).await;
    line.teach(&[("delivery", STORY), ("bell", "A bell costs five dollars.")])
        .await;
    line
}

/// A step of a script: the caller waits until the agent has said something.
fn hears(words: &str) -> Value {
    json!({ "wait_for": words, "timeout_ms": 30_000 })
}

async fn call_id(line: &SpeechLine, caller: &Caller) -> String {
    eventually("the call is known", async || {
        line.call(caller).await["id"].as_str().map(str::to_owned)
    })
    .await
}

async fn listens(line: &SpeechLine, client: &Client, call: &str) -> SoundSocket {
    let product = &line.product;
    SoundSocket::open(&product.url, client, call, product.simulator.speech()).await
}

async fn ticket(client: &Client, call: &str) -> String {
    let body = json!({ "purpose": "audio", "call_id": call });
    let made = client.post("/v1/ws_tickets", &body).await.expect(201);
    made["ticket"].as_str().unwrap().to_owned()
}

/// Pieces follow one another, and none is longer than a tenth of a second.
fn is_in_order(heard: &Heard) {
    for (kind, voice) in &heard.voices {
        for pair in voice.pieces.windows(2) {
            assert!(pair[1].0 >= pair[0].0 + pair[0].1, "voice {kind}: {pair:?}");
        }
        for (_, length_ms, _) in &voice.pieces {
            assert!((20..=100).contains(length_ms), "voice {kind}: {length_ms}");
        }
    }
}

/// The number behind a metric.
async fn metric(client: &Client, name: &str) -> u64 {
    let text = client.get("/metrics").await.text;
    let lines = text.lines().filter(|line| line.starts_with(name));
    lines
        .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
        .sum()
}

/// Both sides are heard as they are heard in the call, by who may and only by them; what they say reaches nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_listened_to() {
    let line = line().await;
    let product = &line.product;
    let admin = &line.tenant.admin;
    let viewer = product.member(&line.tenant, Role::Viewer).await;
    let supervisor = product.member(&line.tenant, Role::Supervisor).await;
    let other = product.tenant("other").await;
    let caller = line.ring(json!([hears("Maya.")])).await;
    let call = call_id(&line, &caller).await;

    // Who may not, and what is refused.
    let body = json!({ "purpose": "audio", "call_id": call });
    let refused = viewer.post("/v1/ws_tickets", &body).await;
    let _ = refused.expect_problem(403, "forbidden");
    let refused = other.admin.post("/v1/ws_tickets", &body).await;
    let _ = refused.expect_problem(404, "not_found");
    let refused = admin.post("/v1/ws_tickets", &json!({ "purpose": "audio" })).await;
    let _ = refused.expect_problem(422, "validation_failed");
    let open = async |call: &str, ticket: &str, origin: Option<&str>| {
        let speech = product.simulator.speech();
        SoundSocket::open_with(&product.url, call, ticket, origin, speech).await
    };
    let made = admin.post("/v1/ws_tickets", &json!({ "purpose": "live" })).await;
    let live = made["ticket"].as_str().unwrap().to_owned();
    assert_eq!(
        open(&call, &live, None).await.err(),
        Some(401),
        "of another purpose"
    );
    let good = ticket(admin, &call).await;
    let at_live = LiveSocket::open_with(&product.url, &good, None).await;
    assert_eq!(at_live.err(), Some(401), "of another purpose");
    let foreign = Some("https://evil.example");
    assert_eq!(
        open(&call, &good, foreign).await.err(),
        Some(403),
        "a foreign page"
    );
    let leaves = listens(&line, &supervisor, &call).await;
    let sound = open(&caller.call_sid, &good, Some(&product.url)).await;
    let sound = sound.expect("a ticket is good for either id");
    assert_eq!(open(&call, &good, None).await.err(), Some(401), "used");

    // They talk once everybody listens.
    let talk = json!([
        { "say": "Tell me about the delivery." },
        hears("warehouse."),
        { "say": "What does a bell cost?", "at_once": true },
        hears("dollars.")
    ]);
    caller.order("steps", &json!({ "script": talk })).await;

    // A listener speaks: nothing of it goes anywhere.
    let name = "phony_microphone_frames_dropped_total";
    let before = metric(&product.anonymous(), name).await;
    sound.microphone(true);
    sound.say("Nobody may hear this secret sentence.").await;
    eventually("frames are dropped and counted", async || {
        (metric(&product.anonymous(), name).await >= before + 50).then_some(())
    })
    .await;
    sound.microphone(false);

    // Both sides, word for word.
    sound.hears(CALLER, "bell").await;
    sound.hears(AGENT, "dollars.").await;
    // Whoever may no more is sent away.
    let members = admin.get("/v1/members").await.expect(200);
    let member = members["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|member| member["role"] == "supervisor");
    let path = format!("/v1/members/{}", member.unwrap()["id"].as_str().unwrap());
    let _ = admin.patch(&path, &json!({ "role": "viewer" })).await.expect(200);
    let closed = leaves.until("the end of the rights", |heard| heard.closed).await;
    assert!([1012, 4401].contains(&closed), "{closed}");
    caller.hang_up().await;

    let spoken = line.finished(&caller).await;
    let closed = sound.until("the end of the call", |heard| heard.closed).await;
    assert_eq!(closed, 1000, "{spoken}");
    sound.heard(is_in_order).await;
    let (said, told) = sound.heard(|heard| (heard.text(CALLER), heard.text(AGENT))).await;
    assert!(said.contains("Tell me about the delivery."), "{said} {spoken}");
    assert!(said.contains("What does a bell cost?"), "{said} {spoken}");
    // What was cut off is not heard by those who listen either.
    let to_caller = spoken.heard_text();
    assert!(
        to_caller.contains("First we look") && !to_caller.contains("Finally"),
        "{spoken}"
    );
    assert!(told.contains("First we look at your order"), "{told} {spoken}");
    assert!(
        !told.contains("Finally") && told.contains("A bell costs five dollars."),
        "{told} {spoken}"
    );
    assert!(!spoken.to_string().contains("secret"), "{spoken}");
}
