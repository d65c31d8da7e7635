//! What a note-taker keeps of a long talk.

use super::*;

#[test]
fn the_end_of_a_long_talk_is_kept() {
    let mut talk = Talk::default();
    for at in 0..2_000 {
        let speaker = if at % 2 == 0 {
            Speaker::Caller
        } else {
            Speaker::Colleague
        };
        talk.add(speaker, &format!("Sentence number {at}."));
    }
    let text = talk.text();
    assert!(text.chars().count() <= MAX_TALK_CHARS + talk.lines.len());
    assert!(text.ends_with("Colleague: Sentence number 1999."));
    assert!(!text.contains("number 3."));
}
