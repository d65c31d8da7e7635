//! The agent stays as note-taker: what caller and colleague say to each other ends in the ledger, with notes of it. An
//! engine that does not hear sound says that it cannot.

use phony_journeys::eventually;
use serde_json::{Value, json};

use super::{Line, SORRY, colleague, person};
use crate::own_keys;

const BILLING: &str = "+14155550161";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_agent_stays_as_note_taker_and_hears_both_by_the_companys_own_key() {
    let line = own_keys::speech_line(json!({
        "transfer_targets": [{ "alias": "billing", "e164": BILLING, "kind": "warm", "stay_as": "note_taker" }],
    }))
    .await;
    line.teach(&[(
        "Write the notes of this meeting",
        "The caller gets the money back until Friday.",
    )])
    .await;
    let hears = |words: &str| json!({ "wait_for": words, "timeout_ms": 120_000 });
    let script = json!([
        hears("press 1"), { "press": "1" },
        hears("charged twice"),
        { "say": "You get the money back on Friday." },
    ]);
    let telephone =
        json!({ "number": BILLING, "answerer": "person", "ring_ms": 300, "script": script, "stay": true });
    line.sim("POST", "/sim/targets", &telephone).await;
    let caller = line.ring(json!([])).await;
    caller.hears("Maya.").await;
    caller.say("I want to talk to a person, please.").await;
    for steps in [
        &["requested", "asked", "accepted", "joined"][..],
        &["asked", "accepted", "joined"],
        &["accepted", "joined"],
        &["joined"],
    ] {
        line.item(&caller, "the two come together", |item| {
            item["kind"] == "transfer" && steps.iter().any(|step| item["status"] == *step)
        })
        .await;
    }
    // Who speaks on the way there is heard by nobody: both have to be in the room, and its sound on its way.
    eventually("both are in the room, and its sound is copied", async || {
        let rooms = line.sim("GET", "/sim/conferences", &json!({})).await.json;
        let present = rooms["data"].as_array()?.iter().any(|room| {
            let here = room["participants"].as_array();
            room["status"] == "in-progress" && here.is_some_and(|here| here.len() == 2)
        });
        let streams = caller.report().await["streams"].as_array()?.clone();
        let copied = |stream: &Value| stream["name"] == "notes" && !stream["opened_at_ms"].is_null();
        (present && streams.iter().any(copied)).then_some(())
    })
    .await;
    caller.say("I was charged twice for my bicycle.").await;
    let said = |speaker: &'static str, words: &'static str| {
        move |item: &Value| {
            let text = item["text"].as_str().unwrap_or_default();
            item["kind"] == "speech" && item["speaker"] == speaker && text.contains(words)
        }
    };
    line.item(&caller, "the caller is heard", said("caller", "charged twice"))
        .await;
    line.item(&caller, "the colleague is heard", said("colleague", "money back"))
        .await;
    // It says nothing while it listens.
    let before = line.items(&caller).await;
    let agent = |items: &[Value]| items.iter().filter(|item| item["speaker"] == "agent").count();
    let spoken = agent(&before);
    caller.hang_up().await;
    let note = line
        .item(&caller, "the notes are there", |item| item["kind"] == "note")
        .await;
    assert_eq!(note["text"], "The caller gets the money back until Friday.");
    // The note-taker and the carrier tell of the end in any order.
    let call = eventually("the call has ended", async || {
        let call = line.call(&caller).await;
        (call["status"] == "ended").then_some(call)
    })
    .await;
    assert_eq!(call["ended_reason"], "transfer_completed", "{call:#}");
    assert_eq!(note["transfer"], call["transfers"][0]["id"], "{call:#}");
    assert_eq!(agent(&line.items(&caller).await), spoken);
    eventually(
        "what was used is billed: the agent's stream and that of the meeting",
        async || {
            let path = format!("/v1/calls/{}/usage", caller.call_sid);
            let usage = line.tenant.admin.get(&path).await.expect(200);
            let rows = usage["data"].as_array().cloned().unwrap_or_default();
            let of = |sku: &str| -> i64 {
                let rows = rows.iter().filter(|row| row["sku"] == sku);
                rows.filter_map(|row| row["quantity"].as_i64()).sum()
            };
            (of("twilio.stream_minute") >= 2 && of("stt.gpt-transcribe.second") >= 1).then_some(())
        },
    )
    .await;
    let booked =
        "SELECT string_agg(DISTINCT split_part(sku, '.', 1) || ' ' || payer, ', ') FROM phony.usage_events";
    eventually("the models are the company's, the line is not", async || {
        let booked = line.product.sql_text(booked).await;
        (booked == "openai tenant, stt tenant, twilio platform").then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_engine_that_does_not_hear_sound_cannot_stay() {
    let sam = colleague(
        "sam",
        "+14155550162",
        "warm",
        person(&json!([{ "wait_for": "press 1" }, { "press": "2" }])),
        "",
    );
    let line = Line::new("relay", &[sam]).await;
    let caller = line.ring().await;
    let wish = |id: &str, kind: &str| json!({ "action_id": id, "type": "transfer", "to": "sam", "kind": kind, "stay_as": "note_taker" });
    for (id, kind, code) in [
        ("n-1", "warm", "engine_cannot_take_notes"),
        ("n-2", "cold", "stay_as_needs_warm"),
    ] {
        let refused = line.act(&caller, wish(id, kind)).await;
        assert_eq!(
            (&refused["status"], &refused["code"]),
            (&json!("failed"), &json!(code)),
            "{refused:#}"
        );
    }
    // A target that is set to it is reached all the same, and those who watch are told.
    let path = "/v1/personalities?limit=100";
    let made = line.tenant.admin.get(path).await.expect(200);
    let maya = made["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == "Maya");
    let path = format!("/v1/personalities/{}", maya.unwrap()["id"].as_str().unwrap());
    let targets = |kind: &str| {
        json!({ "transfer_targets": [
            { "alias": "sam", "e164": "+14155550162", "kind": kind, "stay_as": "note_taker" },
        ]})
    };
    let refused = line.tenant.admin.patch(&path, &targets("cold")).await.expect(422);
    assert_eq!(
        refused["errors"][0]["param"], "transfer_targets[0].stay_as",
        "{}",
        refused.text
    );
    caller.hang_up().await;
    let changed = line.tenant.admin.patch(&path, &targets("warm")).await.expect(200);
    assert_eq!(
        changed["transfer_targets"][0]["stay_as"], "note_taker",
        "{}",
        changed.text
    );
    let caller = line.ring().await;
    caller.say("Please ask sam.").await;
    caller.hears(SORRY).await;
    let warned = eventually("those who watch are told", async || {
        line.items(&caller, "warning").await.pop()
    })
    .await;
    assert_eq!(warned["code"], "engine_cannot_take_notes", "{warned:#?}");
}
