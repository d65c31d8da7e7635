//! Sessions with the model that end before the talk does: the next one takes over, and nobody notices.

use phony_journeys::{SpeechLine, Spoken};
use serde_json::{Value, json};

use super::{check, hears};

super::journeys!(sessions:
    a_talk_over_many_sessions,
    a_session_that_ends_while_the_agent_speaks,
    a_session_that_ends_while_the_caller_speaks,
    an_answer_of_the_session_before_is_interrupted,
);

const STORY: &str = "First we look at your order in the system. Then we check the stock in every warehouse. \
                     After that we call the courier. Finally we send you a message with the delivery day.";

async fn with_limit(limit_ms: u64) -> SpeechLine {
    let line = SpeechLine::start(json!({})).await;
    line.sim(
        "PUT",
        "/sim/realtime/settings",
        &json!({ "session_limit_ms": limit_ms }),
    )
    .await;
    line.teach(&[
        ("delivery", STORY),
        ("opening hours", "We open at nine and close at six."),
        ("Sunday", "On Sunday we are closed."),
        ("bell", "A bell costs five dollars."),
        ("helmet", "A helmet costs thirty pounds."),
        ("long sentence", "That was a long sentence."),
    ])
    .await;
    line
}

/// Every session but the last was left before its end.
fn was_renewed(spoken: &Spoken, at_least: usize) {
    check::protocols(spoken);
    check::whole_sound(spoken);
    assert!(spoken.sessions.len() > at_least, "{spoken}");
    for session in &spoken.sessions {
        assert_eq!(session["closed"]["by"], "client", "{spoken}");
    }
    let warnings = spoken.warnings();
    assert!(warnings.iter().all(|code| *code == "session_renewed"), "{spoken}");
    assert!(warnings.len() >= at_least, "{spoken}");
    assert_eq!(spoken.call["ended_reason"], "caller_hangup", "{spoken}");
}

async fn a_talk_over_many_sessions() {
    let line = with_limit(8_000).await;
    let talk = [
        (
            "What are your opening hours?",
            "We open at nine and close at six.",
        ),
        ("And on Sunday?", "On Sunday we are closed."),
        ("What does a bell cost?", "A bell costs five dollars."),
        ("And what about a helmet?", "A helmet costs thirty pounds."),
    ];
    let mut script = vec![hears("Maya.")];
    for (said, answer) in talk {
        script.extend([
            json!({ "say": said }),
            hears(answer.split(' ').next_back().unwrap()),
        ]);
    }
    script.extend([json!({ "wait_ms": 700 }), json!({ "hangup": true })]);
    let caller = line.ring(Value::Array(script)).await;
    let spoken = line.finished(&caller).await;
    was_renewed(&spoken, 2);
    let mut said = vec![("agent", "Hello, this is Maya.")];
    let mut heard = vec!["Hello, this is Maya."];
    for (question, answer) in talk {
        said.extend([("caller", question), ("agent", answer)]);
        heard.push(answer);
    }
    assert_eq!(spoken.said(), said, "{spoken}");
    check::heard(&spoken, &heard);
    // The last one knew the talk from its beginning, each line once.
    let told = spoken.sessions.last().unwrap()["received"].to_string();
    for part in [
        "Hello, this is Maya.",
        "What are your opening hours?",
        "close at six.",
    ] {
        assert_eq!(told.matches(part).count(), 1, "{part}: {spoken}");
    }
}

async fn a_session_that_ends_while_the_agent_speaks() {
    let line = with_limit(9_000).await;
    let caller = line
        .ring(json!([
            hears("Maya."),
            { "say": "Tell me about the delivery." },
            hears("day."),
            { "say": "What does a bell cost?" },
            hears("dollars."),
            { "wait_ms": 700 },
            { "hangup": true }
        ]))
        .await;
    let spoken = line.finished(&caller).await;
    was_renewed(&spoken, 1);
    check::heard(
        &spoken,
        &["Hello, this is Maya.", STORY, "A bell costs five dollars."],
    );
}

async fn a_session_that_ends_while_the_caller_speaks() {
    let line = with_limit(9_000).await;
    let said = "I will now say a long sentence that goes on and on and on, over the hills and far away, \
                until somebody gets tired of it.";
    let caller = line
        .ring(json!([
            hears("Maya."),
            { "wait_ms": 1_200 },
            { "say": said, "at_once": true },
            hears("sentence."),
            { "wait_ms": 700 },
            { "hangup": true }
        ]))
        .await;
    let spoken = line.finished(&caller).await;
    was_renewed(&spoken, 1);
    assert_eq!(
        spoken.said(),
        [
            ("agent", "Hello, this is Maya."),
            ("caller", said),
            ("agent", "That was a long sentence.")
        ],
        "{spoken}"
    );
    check::heard(&spoken, &["Hello, this is Maya.", "That was a long sentence."]);
}

async fn an_answer_of_the_session_before_is_interrupted() {
    let line = with_limit(9_000).await;
    let caller = line
        .ring(json!([
            hears("Maya."),
            { "say": "Tell me about the delivery." },
            hears("that"),
            { "say": "Wait, what does a bell cost?", "at_once": true },
            hears("dollars."),
            { "wait_ms": 700 },
            { "hangup": true }
        ]))
        .await;
    let spoken = line.finished(&caller).await;
    was_renewed(&spoken, 1);
    assert!(!spoken.heard_text().contains("Finally"), "{spoken}");
    // By whichever session is asked next: a second one may have been renewed before that.
    let told = spoken.sessions[1..].iter().any(|session| {
        session["received"]
            .to_string()
            .contains("the caller heard only: \\\"First we look")
    });
    assert!(told, "{spoken}");
}
