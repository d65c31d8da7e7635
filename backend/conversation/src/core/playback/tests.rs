//! Playback against a carrier that reports, reports late, or not at all.

use super::*;

fn said(playback: &mut Playback, now_ms: u64, text: &str) -> ItemId {
    let item = ItemId::new();
    playback.say(now_ms, item, text, true);
    playback.close(item);
    item
}

#[test]
fn the_carriers_word_decides_what_was_heard() {
    let mut playback = Playback::default();
    let item = said(&mut playback, 0, "Sure, which day would suit you?");
    let (whole, cuts) = playback.cut(10_000, Stop::Carrier("Sure, which day"));
    assert!(whole.is_empty());
    let expected = Cut {
        item,
        heard: "Sure, which day".to_owned(),
        unheard: "would suit you?".to_owned(),
    };
    assert_eq!(cuts, [expected]);
}

#[test]
fn a_report_about_a_later_line_leaves_the_earlier_whole() {
    let mut playback = Playback::default();
    let first = said(&mut playback, 0, "One moment please.");
    let second = said(&mut playback, 0, "Your parcel arrives on Monday at noon.");
    let (whole, cuts) = playback.cut(100, Stop::Carrier("Your parcel arrives"));
    assert_eq!(whole.iter().map(|line| line.item).collect::<Vec<_>>(), [first]);
    assert_eq!(
        (cuts[0].item, cuts[0].unheard.as_str()),
        (second, "on Monday at noon.")
    );
}

#[test]
fn without_a_report_the_time_decides() {
    let mut playback = Playback::default();
    said(&mut playback, 0, "one two three four five six seven eight");
    let (_, cuts) = playback.cut(START_MS + 1_000, Stop::Ours);
    assert_eq!(cuts[0].heard, "one two three");
    assert_eq!(cuts[0].unheard, "four five six seven eight");
}

#[test]
fn nothing_heard_cuts_every_line_to_nothing() {
    let mut playback = Playback::default();
    said(&mut playback, 0, "One.");
    said(&mut playback, 0, "Two.");
    let (whole, cuts) = playback.cut(0, Stop::Carrier(""));
    assert!(whole.is_empty());
    assert!(cuts.iter().all(|cut| cut.heard.is_empty()));
    assert_eq!(cuts.len(), 2);
}

#[test]
fn a_late_report_corrects_the_estimate() {
    let mut playback = Playback::default();
    let item = said(&mut playback, 0, "Sure, which day would suit you?");
    assert_eq!(playback.settle().len(), 1);
    let (_, cuts) = playback.cut(10_000, Stop::Carrier("Sure, which"));
    assert_eq!(cuts[0].item, item);
    assert_eq!(cuts[0].unheard, "day would suit you?");
}

#[test]
fn what_the_carrier_has_spoken_is_heard_whatever_the_clock_says() {
    let mut playback = Playback::default();
    let first = said(&mut playback, 0, "One two three.");
    said(&mut playback, 0, "Four five six.");
    for token in ["One ", "two ", "three.", "Four "] {
        playback.played(token);
    }
    assert_eq!(
        playback
            .take_played()
            .iter()
            .map(|line| line.item)
            .collect::<Vec<_>>(),
        [first]
    );
    assert!(!playback.voice(60_000, false), "the report about the first line");
    let (_, cuts) = playback.cut(60_000, Stop::Ours);
    assert_eq!(
        (cuts[0].heard.as_str(), cuts[0].unheard.as_str()),
        ("Four", "five six.")
    );
}

#[test]
fn the_voice_stopping_means_heard_unless_it_was_the_line_before() {
    let mut playback = Playback::default();
    said(&mut playback, 1_000, "A sentence of some length.");
    assert!(!playback.voice(1_000, false));
    assert!(playback.voice(3_000, false));
}
