//! Replies: their parts, their limits, their figures, replies beside the talk.

use serde_json::{Value, json};

use super::peer::{Got, connect, record, telephone};
use crate::support;

fn said(response: &Value) -> &str {
    let part = &response["output"][0]["content"][0];
    part["transcript"].as_str().or(part["text"].as_str()).unwrap()
}

#[tokio::test]
async fn it_greets_and_says_what_it_is_told() {
    let sim = support::start().await;
    let mut peer = telephone(&sim, json!({})).await;
    let greeting = peer.reply(json!({})).await;
    assert_eq!(said(&greeting), "Hello, this is Maya. How can I help you today?");
    let told = "Say exactly this to the caller, word for word: \"Please hold the line.\"";
    let held = peer
        .reply(json!({"instructions": told, "metadata": {"purpose": "verbatim"}}))
        .await;
    assert_eq!(
        (said(&held), &held["metadata"]["purpose"]),
        ("Please hold the line.", &json!("verbatim"))
    );
    peer.user_text("How much is it?").await;
    assert!(said(&peer.reply(json!({})).await).starts_with("Our standard plan"));
    // The same rules as for the chat model.
    let rule = json!([{"when_contains": "refund", "reply": "A refund takes three days."}]);
    sim.sim("POST", "/model/rules", rule).await;
    peer.user_text("I want a refund").await;
    assert_eq!(said(&peer.reply(json!({})).await), "A refund takes three days.");
    let note =
        "Note: your colleague answered \"Is parking included?\" with: \"Yes, two places.\". Tell the caller.";
    let item =
        json!({"type": "message", "role": "system", "content": [{"type": "input_text", "text": note}]});
    peer.send(json!({"type": "conversation.item.create", "item": item}))
        .await;
    assert!(said(&peer.reply(json!({})).await).ends_with("Yes, two places."));
}

#[tokio::test]
async fn text_and_every_form_of_sound() {
    let sim = support::start().await;
    let mut peer = connect(&sim).await;
    let told = "Say exactly: \"Good morning to you.\"";
    let written = peer
        .reply(json!({"output_modalities": ["text"], "instructions": told}))
        .await;
    assert_eq!(said(&written), "Good morning to you.");
    assert_eq!(written["usage"]["output_token_details"]["audio_tokens"], 0);
    let text: String = peer
        .all("response.output_text.delta")
        .iter()
        .map(|delta| delta["delta"].as_str().unwrap())
        .collect();
    assert_eq!(
        (text.as_str(), &peer.all("response.output_text.done")[0]["text"]),
        (said(&written), &json!(text))
    );
    let mut sizes = Vec::new();
    for format in [
        json!({"type": "audio/pcmu"}),
        json!({"type": "audio/pcma"}),
        json!({"type": "audio/pcm", "rate": 24_000}),
    ] {
        peer.seen.clear();
        let done = peer
            .reply(json!({"instructions": told, "audio": {"output": {"format": format, "voice": "marin"}}}))
            .await;
        assert_eq!(done["audio"]["output"]["format"], format);
        sizes.push(peer.sound(None).len());
    }
    assert!(
        sizes[0] > 7_000 && sizes[1] == sizes[0] && sizes[2] == 6 * sizes[0],
        "{sizes:?}"
    );
}

#[tokio::test]
async fn the_figures_grow_with_the_talk() {
    let sim = support::start().await;
    let long = "You are Maya. ".repeat(60);
    let mut peer = telephone(&sim, json!({"instructions": long})).await;
    let mut before: Option<Value> = None;
    for _ in 0..3 {
        peer.user_text("What are your opening hours?").await;
        let usage = peer.reply(json!({})).await["usage"].clone();
        let number = |path: &str| usage.pointer(path).unwrap().as_u64().unwrap();
        assert_eq!(
            number("/total_tokens"),
            number("/input_tokens") + number("/output_tokens")
        );
        let input = number("/input_token_details/text_tokens") + number("/input_token_details/audio_tokens");
        assert_eq!(number("/input_tokens"), input);
        let output =
            number("/output_token_details/text_tokens") + number("/output_token_details/audio_tokens");
        assert_eq!(number("/output_tokens"), output);
        let cached = number("/input_token_details/cached_tokens");
        let split = "/input_token_details/cached_tokens_details";
        assert_eq!(
            cached,
            number(&format!("{split}/text_tokens")) + number(&format!("{split}/audio_tokens"))
        );
        match &before {
            None => assert_eq!(cached, 0),
            Some(before) => {
                assert!(cached >= 128 && number("/input_tokens") > before["input_tokens"].as_u64().unwrap());
            }
        }
        before = Some(usage);
    }
    let limits = peer.until("rate_limits.updated").await;
    assert_eq!(limits["rate_limits"][0]["remaining"], 397);
    let record = record(&sim).await;
    assert_eq!(record["responses"][2]["usage"], before.unwrap());
    let audio_ms = record["responses"][0]["audio_ms"].as_u64().unwrap();
    let tokens = &record["responses"][0]["usage"]["output_token_details"]["audio_tokens"];
    assert_eq!(tokens, audio_ms.div_ceil(50));
}

#[tokio::test]
async fn replies_beside_the_talk_leave_no_trace_in_it() {
    let sim = support::start().await;
    sim.sim("PUT", "/realtime/settings", json!({"audio_speed": 0.05}))
        .await;
    let mut peer = telephone(&sim, json!({})).await;
    peer.send(json!({"type": "response.create"})).await;
    let main = peer.until("response.created").await["response"]["id"].clone();
    peer.until("response.output_audio.delta").await;
    let aside = json!({"conversation": "none", "output_modalities": ["text"], "metadata": {"purpose": "summary"},
        "instructions": "Summarise.", "input": [{"type": "message", "role": "user",
            "content": [{"type": "input_text", "text": "the order is late"}]}]});
    let done = peer.reply(aside).await;
    assert_eq!(
        (&done["conversation_id"], &done["metadata"]["purpose"]),
        (&Value::Null, &json!("summary"))
    );
    assert!(said(&done).contains("order"));
    let added = peer.all("conversation.item.added").len();
    assert_eq!(added, 1, "only the item of the reply to the caller");
    let second = json!({"type": "response.create", "event_id": "again"});
    peer.send(second).await;
    let error = peer.until("error").await["error"].clone();
    assert_eq!(
        (&error["code"], &error["event_id"]),
        (
            &json!("conversation_already_has_active_response"),
            &json!("again")
        )
    );
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains(main.as_str().unwrap())
    );
    peer.send(json!({"type": "response.cancel", "response_id": main}))
        .await;
    assert_eq!(peer.until("response.done").await["response"]["id"], main);
    let unknown = json!({"conversation": "none", "input": [{"type": "item_reference", "id": "nothing"}]});
    peer.send(json!({"type": "response.create", "response": unknown}))
        .await;
    assert_eq!(peer.error().await, "item_reference_not_found");
}

#[tokio::test]
async fn a_limit_cuts_a_reply_short() {
    let sim = support::start().await;
    let mut peer = telephone(&sim, json!({})).await;
    peer.user_text("Tell me a story").await;
    let done = peer.reply(json!({"max_output_tokens": 40})).await;
    assert_eq!(
        (&done["status"], &done["status_details"]["reason"]),
        (&json!("incomplete"), &json!("max_output_tokens"))
    );
    let tokens = done["usage"]["output_tokens"].as_u64().unwrap();
    assert!((40..60).contains(&tokens), "{tokens}");
    assert!("Gladly. We began as a small shop on a quiet street.".starts_with(&said(&done)[..20]));
}

#[tokio::test]
async fn replies_can_be_laid_ready() {
    let sim = support::start().await;
    let script = json!([
        {"when_contains": "cake", "output": [{"say": "Let me look."}, {"silence_ms": 500}, {"say": "We have cake."}], "first_ms": 40},
        {"output": [], "times": 1},
        {"output": [{"say": "Always this."}], "times": null, "audio_speed": 50.0},
    ]);
    let (status, list) = sim.sim("POST", "/realtime/replies", script.clone()).await;
    assert_eq!((status, &list["data"][0]["output"]), (201, &script[0]["output"]));
    let mut peer = telephone(&sim, json!({})).await;
    // Words that are dictated do not use up what was laid ready.
    let told = peer
        .reply(json!({"instructions": "Say exactly: \"Hello.\""}))
        .await;
    assert_eq!(said(&told), "Hello.");
    peer.user_text("Do you have Cake?").await;
    let cake = peer.reply(json!({})).await;
    assert_eq!(cake["output"].as_array().unwrap().len(), 3);
    let silent = cake["output"][1]["id"].as_str().unwrap();
    assert_eq!(peer.sound(Some(silent)), vec![0xff; 4_000]);
    let indexes: Vec<u64> = peer
        .all("response.output_item.done")
        .iter()
        .map(|done| done["output_index"].as_u64().unwrap())
        .collect();
    assert_eq!(indexes, [0, 0, 1, 2]);
    assert_eq!(peer.reply(json!({})).await["output"], json!([]));
    for _ in 0..2 {
        assert_eq!(said(&peer.reply(json!({})).await), "Always this.");
    }
    sim.sim("DELETE", "/realtime/replies", Value::Null).await;
    assert_ne!(said(&peer.reply(json!({})).await), "Always this.");
    let bad = sim
        .sim("POST", "/realtime/replies", json!([{"output": [{"sing": "la"}]}]))
        .await;
    assert_eq!(bad.0, 400);
    let slow = sim
        .sim("PUT", "/realtime/settings", json!({"audio_speed": 0}))
        .await;
    assert_eq!(slow.0, 400);
}

#[tokio::test]
async fn an_item_that_was_cut_stays_cut_while_the_reply_goes_on() {
    let sim = support::start().await;
    sim.sim("PUT", "/realtime/settings", json!({"audio_speed": 0.1}))
        .await;
    let mut peer = telephone(&sim, json!({})).await;
    peer.user_text("When do you open?").await;
    peer.send(json!({"type": "response.create"})).await;
    for _ in 0..4 {
        peer.until("response.output_audio.delta").await;
    }
    let item = peer.all("response.output_audio.delta")[0]["item_id"].clone();
    peer.send(json!({"type": "conversation.item.truncate", "item_id": item, "content_index": 0, "audio_end_ms": 300}))
        .await;
    peer.until("conversation.item.truncated").await;
    peer.send(json!({"type": "response.cancel"})).await;
    peer.until("response.done").await;
    peer.send(json!({"type": "conversation.item.retrieve", "item_id": item}))
        .await;
    let kept = peer.until("conversation.item.retrieved").await;
    assert_eq!(kept["item"]["content"][0]["transcript"], "");
    assert!(!matches!(
        peer.next_within(std::time::Duration::from_millis(100)).await,
        Got::End(_)
    ));
}
