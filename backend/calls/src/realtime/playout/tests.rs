//! Tests of the play-out clock.

use super::*;

fn sound(ms: u64) -> Bytes {
    let groups = usize::try_from(ms * BYTES_PER_MS / 3).unwrap();
    Bytes::from("/".repeat(groups * 4))
}

fn sent_ms(out: &VecDeque<ToCarrier>) -> u64 {
    let media = out.iter().map(|frame| match frame {
        ToCarrier::Media(base64) => decoded_len(base64),
        _ => 0,
    });
    media.sum::<u64>() / BYTES_PER_MS
}

fn last_mark(out: &VecDeque<ToCarrier>) -> String {
    out.iter()
        .rev()
        .find_map(|frame| match frame {
            ToCarrier::Mark(name) => Some(name.clone()),
            _ => None,
        })
        .unwrap()
}

#[test]
fn little_is_sent_ahead_and_nothing_is_lost() {
    let (mut playout, mut out) = (Playout::default(), VecDeque::new());
    for _ in 0..30 {
        assert!(playout.push(0, sound(300), &mut out));
    }
    assert!(sent_ms(&out) <= AHEAD_MS + 300, "{}", sent_ms(&out));
    for now in (0..12_000).step_by(100) {
        playout.refill(now, &mut out);
        assert!(playout.ahead_ms(now) <= AHEAD_MS + 300);
    }
    assert_eq!(sent_ms(&out), 9_000);
    let name = last_mark(&out);
    assert!(playout.on_mark(12_000, &name));
    assert!(playout.is_silent(12_000));
}

#[test]
fn a_mark_tells_more_than_the_clock() {
    let (mut playout, mut out) = (Playout::default(), VecDeque::new());
    playout.push(0, sound(300), &mut out);
    let first = last_mark(&out);
    playout.push(0, sound(300), &mut out);
    // The carrier is slower than the clock: nothing behind a mark that is not back was heard.
    assert_eq!(playout.played(550), 300 * BYTES_PER_MS);
    assert!(playout.on_mark(400, &first));
    assert!(!playout.on_mark(400, &first), "twice tells nothing new");
    assert_eq!(playout.played(500), 400 * BYTES_PER_MS);
    assert!(!playout.on_mark(500, "0.99999999"), "never sent");
    assert!(!playout.on_mark(500, "nonsense"));
}

#[test]
fn a_hold_clears_and_keeps_what_was_not_heard() {
    let (mut playout, mut out) = (Playout::default(), VecDeque::new());
    for _ in 0..4 {
        playout.push(0, sound(300), &mut out);
    }
    let stale = last_mark(&out);
    out.clear();
    let heard = playout.hold(150, &mut out);
    assert_eq!(heard, 150 * BYTES_PER_MS);
    assert_eq!(out, [ToCarrier::Clear]);
    assert!(
        !playout.on_mark(160, &stale),
        "a mark that a clear brought back was not heard"
    );
    playout.push(200, sound(300), &mut out);
    assert_eq!(out.len(), 1, "what comes meanwhile waits");
    playout.resume(500, &mut out);
    for now in (500..4_000).step_by(100) {
        playout.refill(now, &mut out);
    }
    assert_eq!(sent_ms(&out), 1_500 - 150, "a false alarm costs no sound");
}

#[test]
fn what_is_forgotten_is_never_sent() {
    let (mut playout, mut out) = (Playout::default(), VecDeque::new());
    for _ in 0..10 {
        playout.push(0, sound(300), &mut out);
    }
    let heard = playout.hold(900, &mut out);
    playout.forget(heard);
    out.clear();
    playout.refill(5_000, &mut out);
    assert!(out.is_empty());
    assert!(playout.is_silent(900));
    assert!(
        playout.push(1_000, sound(300), &mut out),
        "and the next words are sent"
    );
    assert_eq!(sent_ms(&out), 300);
}

#[test]
fn marks_that_never_come_do_not_stop_the_clock() {
    let (mut playout, mut out) = (Playout::default(), VecDeque::new());
    playout.push(0, sound(300), &mut out);
    assert_eq!(playout.played(10_000), 300 * BYTES_PER_MS);
    assert!(playout.give_up_marks(10_000));
    assert!(playout.is_silent(10_000) && playout.deadline().is_none());
}

#[test]
fn it_is_bounded() {
    let (mut playout, mut out) = (Playout::default(), VecDeque::new());
    let mut taken = 0;
    while playout.push(0, sound(60_000), &mut out) {
        taken += 1;
        assert!(taken < 100);
    }
    assert!(playout.waiting_bytes <= MAX_WAITING);
}
