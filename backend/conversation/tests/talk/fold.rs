//! The fold of a call's events: what crosses on its way does not move it backwards.

use phony_conversation::Snapshot;
use phony_conversation::event::{Event, EventBody};
use phony_kernel::call::{CallStatus, EndedReason, Ending};

fn state(seq: u64, status: CallStatus) -> Event {
    let ending = (status == CallStatus::Ended).then(|| Ending::of(EndedReason::CallerHangup));
    Event {
        seq,
        at: chrono::Utc::now(),
        offset_ms: 0,
        body: EventBody::CallState { status, ending },
    }
}

#[test]
fn a_late_word_of_the_carrier_does_not_move_a_call_backwards() {
    let mut snapshot = Snapshot::default();
    snapshot.apply(&state(1, CallStatus::InProgress));
    snapshot.apply(&state(2, CallStatus::Ringing));
    assert_eq!(snapshot.status, Some(CallStatus::InProgress));
    assert_eq!(snapshot.seq, 2);
    snapshot.apply(&state(3, CallStatus::Ended));
    snapshot.apply(&state(4, CallStatus::InProgress));
    assert_eq!(snapshot.status, Some(CallStatus::Ended));
    assert!(snapshot.ending.is_some());
}
