//! Supervisors at a call of the realtime engine: what they say is heard, or told to the model, and their orders are
//! carried out.

use phony_journeys::{Caller, LiveSocket, SpeechLine, eventually};
use serde_json::{Value, json};

use super::{check, hears};

super::journeys!(supervisors:
    what_a_supervisor_says_is_heard_at_once_and_cannot_be_talked_over,
    guidance_is_told_to_the_model_alone,
    keys_are_played_as_tones,
    a_supervisor_hands_the_caller_over,
    a_supervisor_ends_the_call_after_a_sentence,
    a_question_of_the_agent_is_answered,
    replies_are_written_first_and_spoken_as_a_person_decides,
    a_person_takes_over_by_keyboard_and_hands_back,
);

const STORY: &str = "First we look at your order in the system. Then we check the stock in every warehouse. \
                     After that we call the courier. Finally we send you a message with the delivery day.";
const BILLING: &str = "+14155550134";

async fn act(line: &SpeechLine, caller: &Caller, body: Value) {
    let path = format!("/v1/calls/{}/actions", caller.call_sid);
    let answer = line.tenant.admin.post(&path, &body).await.expect(200);
    let done = ["applied", "accepted"].contains(&answer["status"].as_str().unwrap());
    assert!(done, "{}", answer.text);
}

async fn line(settings: Value) -> SpeechLine {
    let line = SpeechLine::start(settings).await;
    line.teach(&[("delivery", STORY), ("bell", "A bell costs five dollars.")])
        .await;
    line
}

async fn what_a_supervisor_says_is_heard_at_once_and_cannot_be_talked_over() {
    let line = line(json!({})).await;
    let caller = line
        .ring(json!([
            hears("Maya."),
            { "say": "Tell me about the delivery." },
            hears("person"),
            { "say": "What does a bell cost?", "at_once": true },
            hears("dollars."),
            { "wait_ms": 700 },
            { "hangup": true }
        ]))
        .await;
    caller.hears("order").await;
    let words = "This is a person speaking, and I will help you from here on.";
    act(
        &line,
        &caller,
        json!({ "action_id": "say-1", "type": "say", "text": words }),
    )
    .await;
    let spoken = line.finished(&caller).await;
    check::protocols(&spoken);
    let heard = spoken.heard_text();
    assert!(
        heard.ends_with(&format!("{words} A bell costs five dollars.")),
        "{spoken}"
    );
    assert!(
        heard.contains("First we look") && !heard.contains("courier"),
        "{spoken}"
    );
    let lines = spoken.of_kind("speech");
    let said = lines.iter().find(|line| line["speaker"] == "supervisor").unwrap();
    assert_eq!(
        (&said["heard"], &said["interrupted"]),
        (&json!(words), &json!(false)),
        "{spoken}"
    );
    let story = lines.iter().find(|line| line["interrupted"] == true).unwrap();
    assert!(STORY.starts_with(story["heard"].as_str().unwrap()));
    assert_eq!(spoken.told("conversation.item.truncate").len(), 1, "{spoken}");
}

async fn guidance_is_told_to_the_model_alone() {
    let line = line(json!({})).await;
    let caller = line
        .ring(json!([
            hears("Maya."),
            { "wait_ms": 1_500 },
            { "say": "What does a bell cost?" },
            hears("dollars."),
            { "wait_ms": 700 },
            { "hangup": true }
        ]))
        .await;
    caller.hears("Maya.").await;
    let body = json!({ "action_id": "g-1", "type": "say", "mode": "guidance", "text": "Offer a free lock." });
    act(&line, &caller, body).await;
    let spoken = line.finished(&caller).await;
    check::protocols(&spoken);
    check::heard(&spoken, &["Hello, this is Maya.", "A bell costs five dollars."]);
    let told = spoken.told("conversation.item.create");
    assert!(
        told.iter()
            .any(|event| event.to_string().contains("Offer a free lock.")),
        "{spoken}"
    );
}

async fn keys_are_played_as_tones() {
    let line = line(json!({})).await;
    let caller = line
        .ring(json!([hears("Maya."), { "wait_ms": 9_000 }, { "hangup": true }]))
        .await;
    caller.hears("Maya.").await;
    act(
        &line,
        &caller,
        json!({ "action_id": "k-1", "type": "dtmf", "digits": "12#" }),
    )
    .await;
    let spoken = line.finished(&caller).await;
    check::protocols(&spoken);
    // The greeting, and three keys of an eighth of a second with pauses of the same length.
    let played = spoken.report["streams"][0]["played_ms"].as_u64().unwrap();
    let greeting = spoken.sessions[0]["responses"][0]["audio_ms"].as_u64().unwrap();
    assert!(played - greeting >= 600, "{spoken}");
    assert_eq!(spoken.of_kind("dtmf_sent")[0]["digits"], "12#", "{spoken}");
}

async fn a_supervisor_hands_the_caller_over() {
    let line = line(json!({ "transfer_targets": [{ "alias": "billing", "e164": BILLING }] })).await;
    let target = json!({ "number": BILLING, "outcome": "answer", "ring_ms": 300, "says": "Billing here.", "talk_ms": 1_000 });
    line.sim("POST", "/sim/targets", &target).await;
    let caller = line.ring(json!([hears("here."), { "silence_ms": 60_000 }])).await;
    caller.hears("Maya.").await;
    act(
        &line,
        &caller,
        json!({ "action_id": "t-1", "type": "transfer", "to": "billing" }),
    )
    .await;
    let spoken = line.finished(&caller).await;
    check::protocols(&spoken);
    assert!(
        spoken.heard().iter().any(|words| words.contains("Billing here.")),
        "{spoken}"
    );
    assert!(
        spoken.call["ended_reason"]
            .as_str()
            .unwrap()
            .starts_with("transfer"),
        "{spoken}"
    );
}

async fn a_supervisor_ends_the_call_after_a_sentence() {
    let line = line(json!({})).await;
    let mut wall = LiveSocket::open(&line.product.url, &line.tenant.admin).await;
    wall.send(&json!({ "op": "subscribe", "topic": "calls" })).await;
    let caller = line
        .ring(json!([hears("Maya."), { "say": "Tell me about the delivery." }, { "silence_ms": 60_000 }]))
        .await;
    caller.hears("order").await;
    let words = "We call you back. Goodbye.";
    act(
        &line,
        &caller,
        json!({ "action_id": "e-1", "type": "end", "say": words }),
    )
    .await;
    let spoken = line.finished(&caller).await;
    check::protocols(&spoken);
    let heard = spoken.heard_text();
    assert!(heard.ends_with(words) && !heard.contains("courier"), "{spoken}");
    let ended = (&spoken.call["ended_reason"], &spoken.call["ended_by"]);
    assert_eq!(ended, (&json!("supervisor_hangup"), &json!("supervisor")));
    assert_eq!(spoken.streams()[0]["unplayed_ms"], 0, "{spoken}");
    let frame = wall
        .wait_for("the end on the wall", |frame| {
            frame["event"] == "call.state" && frame["data"]["status"] == "ended"
        })
        .await;
    assert_eq!(frame["data"]["ending"]["reason"], "supervisor_hangup");
}

async fn a_question_of_the_agent_is_answered() {
    let line = line(json!({})).await;
    let caller = line
        .ring(json!([
            hears("Maya."),
            { "say": "Is parking included?" },
            hears("parking"),
            { "wait_ms": 8_000 },
            { "hangup": true }
        ]))
        .await;
    let asked = line
        .item(&caller, "the question", |item| {
            item["kind"]
                .as_str()
                .is_some_and(|kind| kind.contains("clarification"))
        })
        .await;
    let body = json!({ "action_id": "a-1", "type": "clarify", "clarification_id": asked["id"], "answer": "Yes, free parking at the back." });
    act(&line, &caller, body).await;
    let spoken = line.finished(&caller).await;
    check::protocols(&spoken);
    let told = spoken.told("conversation.item.create");
    assert!(
        told.iter()
            .any(|event| event["item"]["type"] == "function_call_output"),
        "{spoken}"
    );
    assert!(
        told.iter()
            .any(|event| event.to_string().contains("free parking at the back")),
        "{spoken}"
    );
}

/// A socket of the admin at the console of a call.
async fn console(line: &SpeechLine, caller: &Caller) -> LiveSocket {
    // Who rings is known to the carrier first.
    let path = format!("/v1/calls/{}", caller.call_sid);
    eventually("the call is known", async || {
        (line.tenant.admin.get(&path).await.status == 200).then_some(())
    })
    .await;
    let mut live = LiveSocket::open(&line.product.url, &line.tenant.admin).await;
    live.send(&json!({ "op": "subscribe", "topic": "call", "id": caller.call_sid }))
        .await;
    live.wait_for("the console", |frame| frame["op"] == "snapshot")
        .await;
    live
}

async fn replies_are_written_first_and_spoken_as_a_person_decides() {
    let line = line(json!({ "approval": { "mode": "every_turn", "timeout_seconds": 60 } })).await;
    let caller = line.ring(json!([hears("Maya.")])).await;
    let mut live = console(&line, &caller).await;
    let talk = json!([
        { "say": "What does a bell cost?" },
        hears("dollars."),
        { "wait_ms": 700 },
        { "say": "Tell me about the delivery." },
        hears("Friday."),
        { "wait_ms": 700 },
        { "hangup": true }
    ]);
    caller.order("steps", &json!({ "script": talk })).await;
    let first = live.event("approval.requested").await;
    assert_eq!(first["data"]["text"], "A bell costs five dollars.");
    let id = &first["data"]["approval_id"];
    act(
        &line,
        &caller,
        json!({ "action_id": "y", "type": "approve", "approval_id": id }),
    )
    .await;
    let second = live
        .wait_for("the next reply", |frame| {
            frame["event"] == "approval.requested" && frame["data"]["text"] == STORY
        })
        .await;
    let id = &second["data"]["approval_id"];
    let edited = "It comes on Friday.";
    let body = json!({ "action_id": "e", "type": "approve", "approval_id": id, "text": edited });
    act(&line, &caller, body).await;
    let spoken = line.finished(&caller).await;
    check::protocols(&spoken);
    check::heard(
        &spoken,
        &["Hello, this is Maya.", "A bell costs five dollars.", edited],
    );
    // What was written and not spoken is taken out of the model's talk.
    let asked = spoken.told("response.create");
    let written = asked
        .iter()
        .filter(|event| event["response"]["output_modalities"] == json!(["text"]));
    assert_eq!(written.count(), 2, "{spoken}");
    assert_eq!(spoken.told("conversation.item.delete").len(), 2, "{spoken}");
}

async fn a_person_takes_over_by_keyboard_and_hands_back() {
    let line = line(json!({})).await;
    let caller = line
        .ring(json!([
            hears("Maya."),
            { "say": "Tell me about the delivery." },
            hears("answer"),
            { "say": "Thank you, what does a bell cost?" },
            hears("Friday."),
            { "wait_ms": 700 },
            { "hangup": true }
        ]))
        .await;
    let mut live = console(&line, &caller).await;
    caller.hears("order").await;
    live.send(&json!({ "op": "action", "action_id": "t", "call": caller.call_sid, "type": "takeover", "data": { "via": "keyboard" } }))
        .await;
    live.wait_for("taken over", |frame| frame["data"]["reason"] == "taken")
        .await;
    let words = "This is Ada, and I know the answer.";
    act(
        &line,
        &caller,
        json!({ "action_id": "s", "type": "say", "text": words }),
    )
    .await;
    live.wait_for("the caller's words", |frame| {
        let text = frame["data"]["text"].as_str().unwrap_or_default();
        frame["event"] == "speech.final" && text.contains("bell") && frame["data"]["speaker"] == "caller"
    })
    .await;
    act(
        &line,
        &caller,
        json!({ "action_id": "h", "type": "handback", "note": "It comes on Friday." }),
    )
    .await;
    let spoken = line.finished(&caller).await;
    check::protocols(&spoken);
    let heard = spoken.heard_text();
    assert!(
        heard.contains(words) && !heard.contains("courier") && !heard.contains("five dollars"),
        "{spoken}"
    );
    assert!(
        heard.ends_with("It comes on Friday."),
        "the agent refers to it: {spoken}"
    );
}
