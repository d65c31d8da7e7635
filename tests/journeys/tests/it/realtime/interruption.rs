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

/// A caller who asks for the story and does something in the middle of it.
async fn into_the_story(line: &SpeechLine, act: Value, last_words: &str) -> Spoken {
    line.teach(&[("delivery", STORY), ("bell", ANSWER), ("stop", "I have stopped.")])
        .await;
    let caller = line
        .ring(json!([
            hears("Maya."),
            { "say": "Tell me about the delivery." },
            act,
            hears(last_words.split(' ').next_back().unwrap()),
            { "wait_ms": 700 },
            { "hangup": true }
        ]))
        .await;
    let spoken = line.finished(&caller).await;
    check::protocols(&spoken);
    spoken
}

/// How much of the story the caller heard.
fn count(text: &str) -> usize {
    text.split_whitespace().count()
}

/// The story was cut at the caller's first sound, everywhere at about the same place, and the answer followed.
fn was_interrupted(spoken: &Spoken, answer: &str) {
    // How soon: the caller's voice, and then the clear.
    let (voice, clear) = (spoken.times("caller_voice_began")[1], spoken.times("clear")[0]);
    assert!(
        clear > voice && clear - voice < 2_000,
        "{} ms: {spoken}",
        clear - voice
    );
    let told = |from: u64, to: u64| {
        let words = spoken.words().into_iter();
        let words = words.filter(|(at_ms, _)| (from..to).contains(at_ms));
        words.map(|(_, word)| word).collect::<Vec<_>>().join(" ")
    };
    let heard = told(spoken.times("caller_voice_ended")[0], clear);
    assert!(STORY.starts_with(&heard) && heard.len() < STORY.len(), "{spoken}");
    assert_eq!(told(clear, u64::MAX), answer, "{spoken}");

    // The model is told what was played, to a few frames.
    let truncations = spoken.sessions[0]["truncations"].as_array().unwrap();
    assert_eq!(truncations.len(), 1, "{spoken}");
    let played = spoken.report["streams"][0]["played_ms"].as_u64().unwrap();
    let responses = spoken.sessions[0]["responses"].as_array().unwrap().iter();
    let whole: u64 = responses
        .filter(|response| !STORY.starts_with(response["text"].as_str().unwrap()))
        .map(|response| response["audio_ms"].as_u64().unwrap())
        .sum();
    let ms = truncations[0]["audio_end_ms"].as_u64().unwrap();
    assert!(
        ms.abs_diff(played - whole) <= 300,
        "told {ms} ms, played {played} - {whole} ms: {spoken}"
    );

    // The ledger has what was heard, and the rest as not heard.
    let lines = spoken.of_kind("speech");
    let story = lines.iter().find(|line| line["interrupted"] == true).unwrap();
    let kept = story["heard"].as_str().unwrap();
    assert!(
        STORY.starts_with(kept) && count(kept).abs_diff(count(&heard)) <= 3,
        "{spoken}"
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
    let heard = spoken.heard_text();
    // The word in which the voice was held may be recognised in neither half, or in both.
    let all = format!("Hello, this is Maya. {STORY}");
    assert!(count(&heard).abs_diff(count(&all)) <= 1, "{spoken}");
    assert!(
        heard.ends_with(
            "After that we call the courier. Finally we send you a message with the delivery day."
        ),
        "{spoken}"
    );
    let played = spoken.report["streams"][0]["played_ms"].as_u64().unwrap();
    let responses = spoken.sessions[0]["responses"].as_array().unwrap().iter();
    let made: u64 = responses
        .map(|response| response["audio_ms"].as_u64().unwrap())
        .sum();
    assert!(
        played.abs_diff(made) <= 300,
        "{made} ms were made, {played} ms played: {spoken}"
    );
    assert_eq!(spoken.streams()[0]["clears"], 1, "{spoken}");
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
