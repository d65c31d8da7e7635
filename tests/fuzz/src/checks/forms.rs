//! Forms of the carrier's webhooks.

use phony_carriers::twilio::params::{
    ConferenceEvent, ConnectAction, DialAction, GatherAction, GatherPartial, MachineVerdict, Party,
    RecordingStatus, StatusCallback, StreamStatus, VoiceRequest,
};
use phony_kernel::E164;

/// No form is a failure of ours, who the call is is always known, and figures stay in their range.
pub fn forms(data: &[u8]) {
    read(data);
    // Most random forms lack the ids; this one has them.
    let ids: &[u8] = b"CallSid=CA1&AccountSid=AC1&CallStatus=ringing&RecordingSid=RE1&ConferenceSid=CF1&";
    read(&[ids, data].concat());
}

fn read(body: &[u8]) {
    if let Ok(request) = VoiceRequest::parse(body) {
        assert!(!request.call_sid.is_empty() && !request.account_sid.is_empty());
        is_sound(&request.caller());
        is_sound(&request.called());
        let _ = request.is_inbound();
    }
    if let Ok(callback) = StatusCallback::parse(body) {
        assert!(!callback.raw_status.is_empty());
        assert!(callback.duration_seconds.is_none_or(|seconds| seconds >= 0));
        assert!(callback.billed_minutes.is_none_or(|minutes| minutes >= 0));
    }
    if let Ok(action) = ConnectAction::parse(body) {
        assert!(action.session_seconds.is_none_or(|seconds| seconds >= 0));
        if let Some(handoff) = action.handoff() {
            let text = serde_json::to_string(&handoff).unwrap_or_default();
            assert_eq!(serde_json::from_str(&text).ok(), Some(handoff));
        }
    }
    if let Ok(action) = DialAction::parse(body) {
        assert!(action.dial_seconds.is_none_or(|seconds| seconds >= 0));
        let _ = action.was_taken();
    }
    if let Ok(action) = GatherAction::parse(body) {
        assert!(action.confidence.is_none_or(|share| (0.0..=1.0).contains(&share)));
        assert_eq!(
            action.is_empty(),
            action.digits.is_none() && action.speech_result.is_none()
        );
        for keys in [&action.digits, &action.finished_on_key].into_iter().flatten() {
            assert!((1..=128).contains(&keys.len()));
            assert!(keys.bytes().all(|key| b"0123456789*#ABCD".contains(&key)));
        }
        assert!(action.speech_result.is_none_or(|words| !words.trim().is_empty()));
    }
    if let Ok(partial) = GatherPartial::parse(body) {
        assert!(partial.stability.is_none_or(|share| (0.0..=1.0).contains(&share)));
        assert!(partial.words().len() <= 3 * body.len() + 1);
    }
    if let Ok(status) = StreamStatus::parse(body) {
        assert!(!status.call_sid.is_empty());
    }
    if let Ok(verdict) = MachineVerdict::parse(body) {
        assert!(verdict.duration_ms.is_none_or(|ms| ms >= 0));
        assert!(!verdict.answered_by.takes_message() || verdict.answered_by.is_machine());
    }
    if let Ok(status) = RecordingStatus::parse(body) {
        assert!(!status.recording_sid.is_empty());
        assert!(status.duration_seconds.is_none_or(|seconds| seconds >= 0));
    }
    if let Ok(event) = ConferenceEvent::parse(body) {
        assert!(!event.conference_sid.is_empty() && !event.account_sid.is_empty());
    }
}

fn is_sound(party: &Party) {
    if let Some(number) = party.number() {
        assert_eq!(E164::from_canonical(number.as_str()).as_ref(), Ok(number));
        assert!(!format!("{party:?}").contains(number.as_str()));
    }
}
