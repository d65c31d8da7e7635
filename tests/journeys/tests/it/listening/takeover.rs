//! Taken over by microphone: the caller hears a person, everything is written down, and the agent comes back.

use phony_journeys::{AGENT, CALLER, Caller, SUPERVISOR, SoundSocket, SpeechLine, eventually};
use phony_kernel::Role;
use serde_json::{Value, json};

use super::{call_id, hears, is_in_order, line, listens, ticket};

async fn act(line: &SpeechLine, caller: &Caller, body: Value) {
    let path = format!("/v1/calls/{}/actions", caller.call_sid);
    let answer = line.tenant.admin.post(&path, &body).await.expect(200);
    let done = ["applied", "accepted"].contains(&answer["status"].as_str().unwrap());
    assert!(done, "{}", answer.text);
}

async fn said(line: &SpeechLine, caller: &Caller, speaker: &str, words: &str) -> Value {
    line.item(caller, words, |item| {
        let text = item["text"].as_str().unwrap_or_default();
        item["kind"] == "speech" && item["speaker"] == speaker && text.contains(words)
    })
    .await
}

/// Waits until it is a person who speaks: what a microphone sends before is nobody's.
async fn is_taken(line: &SpeechLine, call: &str) {
    let path = format!("/v1/calls/{call}/events");
    eventually("the call is taken over", async || {
        let events = line.tenant.admin.get(&path).await.expect(200);
        events.text.contains("takeover.changed").then_some(())
    })
    .await;
}

/// By microphone, heard by the caller and by who listens, written down, and given back to an agent who knows it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_speaks_and_hands_the_call_back() {
    let line = line().await;
    let supervisor = line.product.member(&line.tenant, Role::Supervisor).await;
    let (elsewhere, url) = line.product.second_instance().await;
    let caller = line.ring(json!([hears("Maya.")])).await;
    let call = call_id(&line, &caller).await;
    let ben = listens(&line, &supervisor, &call).await;
    // She is at another instance than the call.
    let (ticket, speech) = (
        ticket(&line.tenant.admin, &call).await,
        line.product.simulator.speech(),
    );
    let ana = SoundSocket::open_with(&url, &call, &ticket, None, speech).await;
    let ana = ana.expect("an open socket");
    let talk = json!([
        { "say": "Tell me about the delivery." },
        hears("tomorrow."),
        { "wait_ms": 500 },
        { "say": "Thank you, my name is Lee." }
    ]);
    caller.order("steps", &json!({ "script": talk })).await;
    caller.hears("order").await;
    act(
        &line,
        &caller,
        json!({ "action_id": "t-1", "type": "takeover", "via": "microphone" }),
    )
    .await;
    is_taken(&line, &call).await;
    ana.microphone(true);
    // The other one has not taken it over: nobody hears them.
    ben.microphone(true);
    ben.say("Nobody may hear this secret sentence.").await;
    ana.say("Hello, this is Ana from the office. The parcel comes tomorrow.")
        .await;

    caller.hears("tomorrow.").await;
    ben.hears(SUPERVISOR, "tomorrow.").await;
    let line_of_ana = said(&line, &caller, "supervisor", "Ana from the office").await;
    assert!(
        line_of_ana["text"]
            .as_str()
            .unwrap()
            .contains("The parcel comes tomorrow.")
    );
    said(&line, &caller, "caller", "my name is Lee").await;
    act(&line, &caller, json!({ "action_id": "h-1", "type": "handback" })).await;
    ana.microphone(false);
    let agent = "My colleague told you: Hello, this is Ana from the office. The parcel comes tomorrow.";
    caller.hears(agent).await;
    caller.hang_up().await;

    let spoken = line.finished(&caller).await;
    let heard = spoken.heard_text();
    assert!(
        heard.contains("Hello, this is Ana from the office. The parcel comes tomorrow."),
        "{spoken}"
    );
    assert!(
        !heard.contains("courier") && !heard.contains("secret"),
        "{spoken}"
    );
    assert!(
        spoken.streams()[0]["clears"].as_u64().unwrap() >= 1,
        "the agent stops at once: {spoken}"
    );
    // Nothing was asked of the model while a person spoke.
    let said = spoken.said();
    let of_ana = said.iter().position(|(who, _)| *who == "supervisor").unwrap();
    let of_lee = said
        .iter()
        .position(|(_, text)| text.contains("my name is Lee"))
        .unwrap();
    assert!(
        said[of_ana.min(of_lee)..=of_ana.max(of_lee)]
            .iter()
            .all(|(who, _)| *who != "agent"),
        "{spoken}"
    );
    ben.heard(is_in_order).await;
    ben.heard(|heard| {
        assert!(
            heard.text(CALLER).contains("my name is Lee."),
            "{}",
            heard.text(CALLER)
        );
        assert!(
            heard.text(AGENT).contains("My colleague told you"),
            "{}",
            heard.text(AGENT)
        );
    })
    .await;
    let path = format!("/v1/calls/{call}/usage");
    eventually("writing her words down is booked", async || {
        let usage = line.tenant.admin.get(&path).await.expect(200);
        usage.text.contains("transcribe").then_some(())
    })
    .await;
    elsewhere.stop_now().await;
}

/// The browser of who speaks dies: the agent has the call again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_agent_comes_back_when_the_browser_dies() {
    let line = line().await;
    let caller = line
        .ring(json!([
            hears("Maya."),
            { "say": "Tell me about the delivery." },
            hears("second."),
            hears("back"),
            { "wait_ms": 1_500 },
            { "say": "What does a bell cost?" },
            hears("dollars."),
            { "wait_ms": 700 },
            { "hangup": true }
        ]))
        .await;
    let call = call_id(&line, &caller).await;
    let ana = listens(&line, &line.tenant.admin, &call).await;
    caller.hears("order").await;
    act(
        &line,
        &caller,
        json!({ "action_id": "t-1", "type": "takeover", "via": "microphone" }),
    )
    .await;
    is_taken(&line, &call).await;
    ana.microphone(true);
    ana.say("One second.").await;
    caller.hears("second.").await;
    ana.lose();
    let spoken = line.finished(&caller).await;
    let heard = spoken.heard_text();
    assert!(
        heard.contains("I am back with you.") && heard.contains("A bell costs five dollars."),
        "{spoken}"
    );
    // The carrier's clock says in which order.
    let words = spoken.words();
    let at = |wanted: &str| words.iter().find(|(_, word)| *word == wanted).unwrap().0;
    assert!(at("second.") < at("back"), "{spoken}");
}
