//! Talks by voice: turns, words, interruptions, silence.

use std::time::Duration;

use serde_json::{Value, json};

use super::peer::{Got, Peer, connect, noise, record, silence, telephone, voice};
use crate::support;

#[tokio::test]
async fn a_spoken_question_gets_a_spoken_answer() {
    let sim = support::start().await;
    let question = voice(&sim, "When do you open?").await;
    let mut peer = telephone(&sim, json!({})).await;
    peer.seen.clear();
    peer.say(&question).await;
    let done = peer.until("response.done").await;
    peer.until("rate_limits.updated").await;
    if peer
        .all("conversation.item.input_audio_transcription.completed")
        .is_empty()
    {
        peer.until("conversation.item.input_audio_transcription.completed")
            .await;
    }

    let mut kinds = peer.kinds();
    kinds.retain(|kind| !kind.contains("transcription") && !kind.ends_with(".delta"));
    assert_eq!(
        kinds,
        [
            "input_audio_buffer.speech_started",
            "input_audio_buffer.speech_stopped",
            "input_audio_buffer.committed",
            "conversation.item.added",
            "conversation.item.done",
            "response.created",
            "response.output_item.added",
            "conversation.item.added",
            "response.content_part.added",
            "response.output_audio.done",
            "response.output_audio_transcript.done",
            "response.content_part.done",
            "response.output_item.done",
            "conversation.item.done",
            "response.done",
            "rate_limits.updated",
        ]
    );
    let user = peer.all("input_audio_buffer.committed")[0]["item_id"].clone();
    let words = &peer.all("conversation.item.input_audio_transcription.completed")[0];
    assert_eq!(
        (&words["item_id"], &words["transcript"]),
        (&user, &json!("When do you open?"))
    );
    assert_eq!(words["usage"]["type"], "duration");
    let answer = &done["response"]["output"][0];
    let said = answer["content"][0]["transcript"].as_str().unwrap();
    assert!(said.starts_with("We are open from nine"), "{said}");
    let added = peer.all("conversation.item.added");
    assert_eq!(
        (&added[0]["previous_item_id"], &added[1]["previous_item_id"]),
        (&Value::Null, &user)
    );
    let deltas = peer.all("response.output_audio_transcript.delta");
    let whole: String = deltas
        .iter()
        .map(|delta| delta["delta"].as_str().unwrap())
        .collect();
    assert_eq!(whole, said);
    // Seconds of sound, in pieces of no more than a fifth of a second.
    let pieces = peer.all("response.output_audio.delta");
    assert!(
        pieces.len() > 20
            && pieces
                .iter()
                .all(|piece| piece["delta"].as_str().unwrap().len() <= 2_200)
    );

    let record = record(&sim).await;
    assert_eq!(record["heard"][0]["text"], "When do you open?");
    assert_eq!(record["audio"]["bytes_before_update"], 0);
    assert_eq!(record["responses"][0]["text"], said);
}

#[tokio::test]
async fn the_caller_interrupts_and_what_was_not_heard_is_forgotten() {
    let sim = support::start().await;
    let story = voice(&sim, "Tell me a story, please.").await;
    let (_, _) = sim
        .sim("PUT", "/realtime/settings", json!({"audio_speed": 0.2}))
        .await;
    let mut peer = telephone(&sim, json!({})).await;
    peer.say(&story).await;
    for _ in 0..12 {
        peer.until("response.output_audio.delta").await;
    }
    peer.append(&story).await;
    let started = peer.until("input_audio_buffer.speech_started").await;
    assert!(started["audio_start_ms"].as_u64().unwrap() > 1_500);
    let done = peer.until("response.done").await["response"].clone();
    assert_eq!(
        (&done["status"], &done["status_details"]["reason"]),
        (&json!("cancelled"), &json!("turn_detected"))
    );
    assert_eq!(done["output"][0]["status"], "incomplete");
    assert!(done["usage"]["output_tokens"].as_u64().unwrap() > 0);

    let item = done["output"][0]["id"].as_str().unwrap().to_owned();
    let made_ms = peer.sound(Some(&item)).len() as u64 / 8;
    let truncate = |end_ms: u64| json!({"type": "conversation.item.truncate", "item_id": item, "content_index": 0, "audio_end_ms": end_ms});
    peer.send(truncate(made_ms + 60)).await;
    let error = peer.until("error").await["error"].clone();
    assert_eq!(error["code"], "invalid_value");
    let message = format!(
        "Audio content of {made_ms}ms is already shorter than {}ms",
        made_ms + 60
    );
    assert_eq!(error["message"], message);
    for end_ms in [900, 900, 400] {
        peer.send(truncate(end_ms)).await;
        assert_eq!(
            peer.until("conversation.item.truncated").await["audio_end_ms"],
            end_ms
        );
    }
    peer.send(json!({"type": "conversation.item.retrieve", "item_id": item}))
        .await;
    let retrieved = peer.until("conversation.item.retrieved").await;
    assert_eq!(retrieved["item"]["content"][0]["transcript"], "");
    let record = record(&sim).await;
    let heard = record["truncations"][0]["heard"].as_str().unwrap();
    assert!(
        "Gladly. We began as a small shop".starts_with(heard) && !heard.is_empty(),
        "{heard}"
    );
}

#[tokio::test]
async fn a_client_may_decide_about_turns_itself() {
    let sim = support::start().await;
    let hello = voice(&sim, "Hello there.").await;
    let mut peer = telephone(&sim, json!({"audio": {"input": {"turn_detection": null}}})).await;
    let commit = json!({"type": "input_audio_buffer.commit"});
    peer.send(commit.clone()).await;
    assert_eq!(peer.error().await, "input_audio_buffer_commit_empty");
    peer.say(&hello).await;
    peer.send(json!({"type": "input_audio_buffer.clear"})).await;
    peer.until("input_audio_buffer.cleared").await;
    peer.send(commit.clone()).await;
    assert_eq!(peer.error().await, "input_audio_buffer_commit_empty");
    peer.say(&hello).await;
    peer.send(commit).await;
    peer.until("conversation.item.input_audio_transcription.completed")
        .await;
    assert!(peer.all("input_audio_buffer.speech_started").is_empty());
    assert!(peer.all("response.created").is_empty());
    let done = peer.reply(json!({})).await;
    let said = done["output"][0]["content"][0]["transcript"].as_str().unwrap();
    assert!(said.starts_with("Hello, good to hear"), "{said}");
}

#[tokio::test]
async fn events_alone_leave_it_to_the_client() {
    let sim = support::start().await;
    let hello = voice(&sim, "Hello there.").await;
    let turns = json!({"type": "server_vad", "create_response": false, "interrupt_response": false});
    sim.sim("PUT", "/realtime/settings", json!({"audio_speed": 0.05}))
        .await;
    let mut peer = telephone(&sim, json!({"audio": {"input": {"turn_detection": turns}}})).await;
    peer.send(json!({"type": "response.create"})).await;
    peer.until("response.output_audio.delta").await;
    peer.say(&hello).await;
    peer.until("conversation.item.input_audio_transcription.completed")
        .await;
    assert!(
        peer.all("response.done").is_empty(),
        "nobody has stopped the reply"
    );
    peer.send(json!({"type": "response.create"})).await;
    assert_eq!(peer.error().await, "conversation_already_has_active_response");
    peer.send(json!({"type": "response.cancel"})).await;
    let done = peer.until("response.done").await;
    assert_eq!(done["response"]["status_details"]["reason"], "client_cancelled");
    peer.send(json!({"type": "response.cancel"})).await;
    assert_eq!(peer.error().await, "response_cancel_not_active");
}

#[tokio::test]
async fn noise_is_a_turn_without_words_and_silence_is_none() {
    let sim = support::start().await;
    let mut peer = telephone(&sim, json!({})).await;
    peer.append(&silence(3_000)).await;
    peer.say(&noise(700)).await;
    let completed = peer
        .until("conversation.item.input_audio_transcription.completed")
        .await;
    assert_eq!(completed["transcript"], "");
    assert_eq!(peer.all("input_audio_buffer.speech_started").len(), 1);
    let at = peer.all("input_audio_buffer.speech_started")[0]["audio_start_ms"]
        .as_u64()
        .unwrap();
    assert!((2_600..=2_800).contains(&at), "{at}");
}

#[tokio::test]
async fn before_the_first_update_sound_is_pcm() {
    let sim = support::start().await;
    let mut peer = connect(&sim).await;
    let created = peer.until("session.created").await["session"].clone();
    assert_eq!(
        created["audio"]["input"]["format"],
        json!({"type": "audio/pcm", "rate": 24_000})
    );
    let turns = &created["audio"]["input"]["turn_detection"];
    assert_eq!(
        (&turns["type"], &turns["silence_duration_ms"]),
        (&json!("server_vad"), &json!(200))
    );
    let done = peer
        .reply(json!({"instructions": "Say exactly: \"Where is my order?\""}))
        .await;
    assert_eq!(done["audio"]["output"]["format"]["type"], "audio/pcm");
    // Sound that went out as PCM is understood when it comes back as PCM: six bytes for one of μ-law.
    let sound = peer.sound(None);
    peer.seen.clear();
    peer.append(&sound).await;
    peer.append(&vec![0; 1_000 * 48]).await;
    let done = peer.until("response.done").await;
    let said = done["response"]["output"][0]["content"][0]["transcript"]
        .as_str()
        .unwrap();
    assert!(said.contains("warehouse"), "{said}");
    assert!(
        record(&sim).await["audio"]["bytes_before_update"]
            .as_u64()
            .unwrap()
            > 0
    );
    // The same as μ-law without having said so: nobody speaks there for as long as it should last.
    let mut peer = connect(&sim).await;
    peer.until("session.created").await;
    peer.append(&silence(2_000)).await;
    peer.send(json!({"type": "input_audio_buffer.commit"})).await;
    peer.until("input_audio_buffer.committed").await;
    assert_eq!(record(&sim).await["heard"][0]["audio_ms"], 2_000 * 8 / 48);
}

#[tokio::test]
async fn a_silent_caller_is_asked() {
    let sim = support::start().await;
    let turns = json!({"type": "server_vad", "idle_timeout_ms": 30_000, "create_response": true});
    let mut peer = telephone(&sim, json!({"audio": {"input": {"turn_detection": turns}}})).await;
    peer.append(&silence(200)).await;
    peer.reply(json!({})).await;
    peer.append(&silence(4_000)).await;
    let triggered = peer.until("input_audio_buffer.timeout_triggered").await;
    assert_eq!(
        (&triggered["audio_start_ms"], &triggered["audio_end_ms"]),
        (&json!(200), &json!(4_200))
    );
    let committed = peer.until("input_audio_buffer.committed").await;
    assert_eq!(committed["item_id"], triggered["item_id"]);
    let done = peer.until("response.done").await["response"].clone();
    assert_eq!(
        done["output"][0]["content"][0]["transcript"],
        "Are you still there?"
    );
}

#[tokio::test]
async fn a_session_may_only_write_down() {
    let sim = support::start().await;
    let words = voice(&sim, "Please book a table.").await;
    let headers = [("authorization", "Bearer sk-test")];
    let mut peer = super::peer::connect_with(&sim, "?intent=transcription", &headers)
        .await
        .unwrap();
    assert_eq!(
        peer.until("session.created").await["session"]["type"],
        "transcription"
    );
    let session = json!({"type": "transcription", "audio": {"input": {"format": {"type": "audio/pcmu"},
        "transcription": {"model": "gpt-live-transcribe"}}}});
    peer.send(json!({"type": "session.update", "session": session}))
        .await;
    peer.until("session.updated").await;
    peer.say(&words).await;
    let completed = peer
        .until("conversation.item.input_audio_transcription.completed")
        .await;
    assert_eq!(completed["transcript"], "Please book a table.");
    peer.send(json!({"type": "response.create"})).await;
    assert_eq!(peer.error().await, "invalid_event");
    assert!(peer.all("response.created").is_empty());
}

#[tokio::test]
async fn words_decide_where_meaning_counts() {
    let sim = support::start().await;
    let finished = voice(&sim, "Where is my order?").await;
    let open = voice(&sim, "I would like to ask about").await;
    let turns = json!({"type": "semantic_vad", "eagerness": "high"});
    let mut peer = telephone(&sim, json!({"audio": {"input": {"turn_detection": turns}}})).await;
    let pause = async |peer: &mut Peer, sound: &[u8]| {
        peer.append(sound).await;
        peer.append(&silence(900)).await;
        matches!(peer.next_within(Duration::from_secs(30)).await, Got::Event(e) if e["type"] == "input_audio_buffer.speech_started")
    };
    assert!(pause(&mut peer, &open).await);
    assert!(matches!(
        peer.next_within(Duration::from_millis(300)).await,
        Got::Nothing
    ));
    peer.append(&silence(1_500)).await;
    peer.until("input_audio_buffer.speech_stopped").await;
    peer.until("response.done").await;
    peer.append(&finished).await;
    peer.append(&silence(500)).await;
    peer.until("input_audio_buffer.speech_stopped").await;
}

#[tokio::test]
async fn a_voice_from_elsewhere_is_noticed_and_told_that_it_is_not_understood() {
    let sim = support::start().await;
    let stranger = phony_simulator::speech::Speech::of_tones();
    let said = stranger
        .say("Could you tell me when my order comes?", "somebody")
        .await;
    let mut peer = telephone(&sim, json!({})).await;
    peer.say(&said.ulaw).await;
    let done = peer.until("response.done").await;
    assert_eq!(peer.all("input_audio_buffer.speech_started").len(), 1);
    let answer = done["response"]["output"][0]["content"][0]["transcript"]
        .as_str()
        .unwrap();
    assert!(answer.contains("I can hear that you speak"), "{answer}");
    assert!(answer.contains("type to me"), "{answer}");
}
