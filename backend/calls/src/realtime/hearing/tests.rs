//! Tests of what is made of the caller's sounds.

use super::*;

fn hearing() -> Hearing {
    Hearing::new(300, 500)
}

fn after(steps: impl FnOnce(&mut Hearing, &mut Vec<Sense>)) -> Vec<&'static str> {
    let (mut hearing, mut out) = (hearing(), Vec::new());
    steps(&mut hearing, &mut out);
    out.iter()
        .map(|sense| match sense {
            Sense::Began { .. } => "began",
            Sense::Certain => "certain",
            Sense::Turn { .. } => "turn",
            Sense::Noise { .. } => "noise",
            Sense::Words { .. } => "words",
        })
        .collect()
}

#[test]
fn a_sentence_is_a_turn_without_waiting_for_its_words() {
    let senses = after(|hearing, out| {
        hearing.started(0, "u1".to_owned(), 1_000, out);
        hearing.on_deadline(900, out);
        hearing.stopped(2_000, "u1", 3_000, out);
        assert!(!hearing.is_busy() && hearing.awaits_words());
        hearing.written("u1", Some("What are your hours?".to_owned()), None, out);
        assert!(!hearing.awaits_words());
    });
    assert_eq!(senses, ["began", "certain", "turn", "words"]);
}

#[test]
fn a_cough_is_noise() {
    let senses = after(|hearing, out| {
        hearing.started(0, "u1".to_owned(), 1_000, out);
        hearing.on_deadline(850, out);
        hearing.stopped(850, "u1", 2_100, out);
        assert!(hearing.is_busy(), "in doubt until the words are there");
        hearing.written("u1", Some(String::new()), None, out);
    });
    assert_eq!(senses, ["began", "noise"]);
}

#[test]
fn a_hum_is_noise_and_a_short_word_is_not() {
    for (text, last) in [
        ("Mm-hmm.", "noise"),
        ("No.", "words"),
        ("Stop!", "words"),
        ("हाँ", "words"),
    ] {
        let senses = after(|hearing, out| {
            hearing.started(0, "u1".to_owned(), 1_000, out);
            hearing.stopped(500, "u1", 2_000, out);
            hearing.written("u1", Some(text.to_owned()), None, out);
        });
        assert_eq!(senses.last(), Some(&last), "{text}");
    }
}

#[test]
fn a_long_hum_is_noise_only_while_the_agent_speaks() {
    for (over_agent, last) in [(true, "noise"), (false, "words")] {
        let senses = after(|hearing, out| {
            hearing.agent_speaks(over_agent);
            hearing.started(0, "u1".to_owned(), 1_000, out);
            hearing.on_deadline(1_250, out);
            hearing.stopped(1_250, "u1", 2_600, out);
            hearing.written("u1", Some("Mm-hm.".to_owned()), None, out);
        });
        assert_eq!(senses.last(), Some(&last));
    }
}

#[test]
fn without_words_the_length_decides() {
    for (audio_end_ms, expected) in [(1_950, "noise"), (2_050, "turn")] {
        let senses = after(|hearing, out| {
            hearing.started(0, "u1".to_owned(), 1_000, out);
            hearing.stopped(500, "u1", audio_end_ms, out);
            let due = hearing.deadline().unwrap();
            hearing.on_deadline(due, out);
        });
        assert_eq!(senses.last(), Some(&expected));
    }
}

#[test]
fn words_make_a_sound_certain_at_once() {
    let senses = after(|hearing, out| {
        hearing.started(0, "u1".to_owned(), 1_000, out);
        hearing.hears_words("u1", "mm", out);
        hearing.hears_words("u1", "Wait", out);
    });
    assert_eq!(senses, ["began", "certain"]);
}

#[test]
fn a_caller_who_goes_on_after_a_short_word_has_said_it() {
    let senses = after(|hearing, out| {
        hearing.started(0, "u1".to_owned(), 1_000, out);
        hearing.stopped(500, "u1", 2_000, out);
        hearing.started(700, "u2".to_owned(), 2_200, out);
    });
    assert_eq!(senses, ["began", "certain", "turn", "began"]);
}

#[test]
fn a_lost_ear_leaves_nothing_open() {
    let senses = after(|hearing, out| {
        hearing.started(0, "u1".to_owned(), 0, out);
        hearing.stopped(2_000, "u1", 2_000, out);
        hearing.started(3_000, "u2".to_owned(), 3_000, out);
        hearing.lost(out);
        assert!(!hearing.is_busy() && !hearing.awaits_words() && hearing.deadline().is_none());
    });
    assert_eq!(senses, ["began", "certain", "turn", "began", "noise", "words"]);
}
