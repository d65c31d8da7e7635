//! The voice against the clock.

use super::*;

const MANNER: Manner = Manner {
    interruptible: None,
    preemptible: false,
};

/// Ten characters a second, a hundred milliseconds before the first sound.
fn voice() -> Voice {
    Voice::new(10.0, 100, 0)
}

fn ended(sounds: &[Sound]) -> Vec<(String, bool)> {
    sounds
        .iter()
        .filter_map(|s| match s {
            Sound::Ended { text, cut, .. } => Some((text.clone(), *cut)),
            _ => None,
        })
        .collect()
}

#[test]
fn speaks_at_its_pace_and_ends() {
    let mut v = voice();
    v.text(0, "Hello there", true, MANNER);
    assert_eq!(v.advance(50), vec![]);
    assert!(!v.is_speaking());
    let sounds = v.advance(600);
    assert_eq!(
        sounds[0],
        Sound::Began {
            id: 0,
            kind: "speech"
        }
    );
    assert_eq!(
        sounds[1],
        Sound::Heard {
            id: 0,
            text: "Hello".into()
        }
    );
    let sounds = v.advance(1200);
    assert_eq!(ended(&sounds), vec![("Hello there".to_owned(), false)]);
    assert!(!v.is_busy());
}

#[test]
fn an_interruption_knows_what_was_heard() {
    let mut v = voice();
    v.text(0, "Sure, which day would ", false, MANNER);
    v.text(10, "suit you?", true, MANNER);
    let (cut, _) = v.cut(1400);
    assert_eq!(
        cut.unwrap(),
        Cut {
            heard: "Sure, which".into(),
            after_ms: 1300
        }
    );
    assert!(!v.is_busy());
    assert_eq!(v.cut(1500).0, None);
}

#[test]
fn without_the_end_marker_the_last_word_waits() {
    let mut v = voice();
    v.text(0, "One two", false, MANNER);
    let sounds = v.advance(10_000);
    assert_eq!(
        sounds.last().unwrap(),
        &Sound::Heard {
            id: 0,
            text: "One".into()
        }
    );
    assert_eq!(v.next_change(10_000), None);
    v.text(10_000, "", true, MANNER);
    assert_eq!(ended(&v.advance(11_000)), vec![("One two".to_owned(), false)]);
}

#[test]
fn tokens_are_reported_when_they_have_been_spoken() {
    let mut v = voice();
    v.text(0, "One ", false, MANNER);
    v.text(0, "two", true, MANNER);
    let played: Vec<_> = v
        .advance(600)
        .into_iter()
        .filter(|s| matches!(s, Sound::Token(_)))
        .collect();
    assert_eq!(played, vec![Sound::Token("One ".into())]);
}

#[test]
fn a_preemptible_utterance_gives_way() {
    let mut v = voice();
    v.text(
        0,
        "One moment please",
        true,
        Manner {
            preemptible: true,
            ..MANNER
        },
    );
    v.advance(600);
    let sounds = v.text(600, "Here it is", true, MANNER);
    assert_eq!(ended(&sounds), vec![("One".to_owned(), true)]);
}

#[test]
fn utterances_play_and_digits_follow_each_other() {
    let mut v = voice();
    v.text(0, "Now", true, MANNER);
    v.digits(0, "12");
    v.play(0, "https://a.example/b.wav", 1000, MANNER);
    let sounds = v.advance(5_000);
    let texts: Vec<_> = ended(&sounds).into_iter().map(|(t, _)| t).collect();
    assert_eq!(texts, ["Now", "12", "https://a.example/b.wav"]);
    assert!(sounds.contains(&Sound::Digits("12".into())));
}
