//! The caller has the word: the agent stops at once, and remembers what was heard. Who only coughs or hums loses
//! nothing.

use phony_journeys::{SpeechLine, Spoken};
use serde_json::{Value, json};

use super::{check, hears};

super::journeys!(interruptions:
    the_agent_stops_at_once_and_remembers_what_was_heard,
    the_agent_stops_when_the_model_has_long_finished,
    a_cough_costs_nothing,
    a_hum_costs_nothing,
    late_sound_of_a_stopped_answer_is_never_heard,
    a_word_alone_interrupts,
    a_caller_who_cannot_be_written_down_interrupts_all_the_same,
);

const STORY: &str = "First we look at your order in the system. Then we check the stock in every warehouse. \
                     After that we call the courier. Finally we send you a message with the delivery day.";
const ANSWER: &str = "A bell costs five dollars.";

fn begins(events: &[Value], kind: &str) -> Vec<u64> {
    let of_kind = events.iter().filter(|event| event["kind"] == kind);
    of_kind.map(|event| event["at_ms"].as_u64().unwrap()).collect()
}

/// A caller who asks for the story and does something in the middle of it.
async fn into_the_story(line: &SpeechLine, act: Value, last_words: &str) -> Spoken {
    line.teach(&[("delivery", STORY), ("bell", ANSWER), ("stop", "I have stopped.")])
        .await;
    let caller = line
        .ring(json!([
            hears("this is Maya."),
            { "say": "Tell me about the delivery." },
            act,
            hears(last_words),
            { "wait_ms": 700 },
            { "hangup": true }
        ]))
        .await;
    let spoken = line.finished(&caller).await;
    check::protocols(&spoken);
    spoken
}

/// The story was cut at the caller's first sound, everywhere at about the same place, and the answer followed.
fn was_interrupted(spoken: &Spoken, answer: &str) {
    let heard = spoken.report["heard"].as_array().unwrap();
    assert_eq!(heard.len(), 3, "{heard:#?}");
    let cut = &heard[1];
    let words = cut["text"].as_str().unwrap();
    assert!(
        STORY.starts_with(words) && words.len() < STORY.len() / 2,
        "{cut:#}"
    );
    assert_eq!(cut["interrupted"], true);
    assert_eq!(heard[2]["text"], answer);

    // How soon: the caller's voice, and then the clear.
    let events = spoken.streams()[0]["events"].as_array().unwrap();
    let voice = begins(events, "caller_voice_began")[1];
    let clear = begins(events, "clear")[0];
    assert!(clear > voice && clear - voice < 500, "{} ms", clear - voice);
    let after: Vec<&Value> = cut["words"].as_array().unwrap().iter().collect();
    assert!(
        after.iter().all(|word| word["at_ms"].as_u64().unwrap() <= clear),
        "{cut:#}"
    );

    // The model is told what was played, to a few frames.
    let truncations = spoken.sessions[0]["truncations"].as_array().unwrap();
    assert_eq!(truncations.len(), 1, "{truncations:#?}");
    let played = clear - begins(events, "agent_voice_began")[1];
    let told = truncations[0]["audio_end_ms"].as_u64().unwrap();
    assert!(told.abs_diff(played) <= 250, "told {told} ms, played {played} ms");

    // The ledger has what was heard, and the rest as not heard.
    let lines = spoken.of_kind("speech");
    let story = lines.iter().find(|line| line["interrupted"] == true).unwrap();
    let kept = story["heard"].as_str().unwrap();
    assert!(STORY.starts_with(kept), "{story:#}");
    let count = |text: &str| text.split_whitespace().count();
    assert!(
        count(kept).abs_diff(count(words)) <= 2,
        "kept {kept:?}, heard {words:?}"
    );
    assert_eq!(spoken.call["ended_reason"], "caller_hangup");
}

async fn the_agent_stops_at_once_and_remembers_what_was_heard() {
    let line = SpeechLine::start(json!({})).await;
    // The model is still speaking when it is interrupted.
    line.sim("PUT", "/sim/realtime/settings", &json!({ "audio_speed": 1.3 }))
        .await;
    let act = json!({ "interrupt_after_ms": 2_500, "say": "Wait, what does a bell cost?" });
    let spoken = into_the_story(&line, act, "five dollars.").await;
    was_interrupted(&spoken, ANSWER);
    let cancels = spoken.told("response.cancel");
    assert_eq!(cancels.len(), 1, "{cancels:#?}");
    assert!(cancels[0]["response_id"].is_string());
}

async fn the_agent_stops_when_the_model_has_long_finished() {
    let line = SpeechLine::start(json!({})).await;
    line.sim("PUT", "/sim/realtime/settings", &json!({ "audio_speed": 50.0 }))
        .await;
    let act = json!({ "interrupt_after_ms": 2_500, "say": "Wait, what does a bell cost?" });
    let spoken = into_the_story(&line, act, "five dollars.").await;
    was_interrupted(&spoken, ANSWER);
    assert!(
        spoken.told("response.cancel").is_empty(),
        "there was nothing to cancel"
    );
}

/// Everything was heard, and nobody was told of an interruption.
fn lost_nothing(spoken: &Spoken) {
    let heard = spoken.heard();
    let all = heard[1..].join(" ");
    assert_eq!(all, STORY, "{heard:?}");
    assert!(spoken.told("conversation.item.truncate").is_empty());
    assert!(spoken.told("response.cancel").is_empty());
    assert_eq!(spoken.told("response.create").len(), 2);
    assert_eq!(
        spoken.said(),
        [
            ("agent", "Hello, this is Maya."),
            ("caller", "Tell me about the delivery."),
            ("agent", STORY)
        ]
    );
    let story = *spoken.of_kind("speech").last().unwrap();
    assert_eq!(
        (&story["heard"], &story["interrupted"]),
        (&json!(STORY), &json!(false))
    );
}

async fn a_cough_costs_nothing() {
    let line = SpeechLine::start(json!({})).await;
    let act = json!({ "interrupt_after_ms": 2_000, "cough_ms": 300 });
    let spoken = into_the_story(&line, act, "the delivery day.").await;
    lost_nothing(&spoken);
}

async fn a_hum_costs_nothing() {
    let line = SpeechLine::start(json!({})).await;
    let act = json!({ "interrupt_after_ms": 2_000, "say": "Mm-hm." });
    let spoken = into_the_story(&line, act, "the delivery day.").await;
    lost_nothing(&spoken);
}

async fn late_sound_of_a_stopped_answer_is_never_heard() {
    let line = SpeechLine::start(json!({})).await;
    line.sim("PUT", "/sim/realtime/settings", &json!({ "audio_speed": 1.3 }))
        .await;
    line.fault(json!({ "target": "realtime", "kind": "late_deltas", "match": "delivery" }))
        .await;
    let act = json!({ "interrupt_after_ms": 2_500, "say": "Wait, what does a bell cost?" });
    let spoken = into_the_story(&line, act, "five dollars.").await;
    was_interrupted(&spoken, ANSWER);
}

async fn a_word_alone_interrupts() {
    let line = SpeechLine::start(json!({})).await;
    let act = json!({ "interrupt_after_ms": 2_500, "say": "Stop!" });
    let spoken = into_the_story(&line, act, "have stopped.").await;
    was_interrupted(&spoken, "I have stopped.");
}

async fn a_caller_who_cannot_be_written_down_interrupts_all_the_same() {
    let line = SpeechLine::start(json!({})).await;
    line.fault(json!({ "target": "realtime", "kind": "transcription_failed", "match": "bell" }))
        .await;
    let act = json!({ "interrupt_after_ms": 2_500, "say": "Wait, what does a bell cost?" });
    let spoken = into_the_story(&line, act, "five dollars.").await;
    was_interrupted(&spoken, ANSWER);
    assert!(
        spoken.said().contains(&("caller", "(inaudible)")),
        "{:?}",
        spoken.said()
    );
}
