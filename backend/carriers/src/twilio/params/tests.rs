//! Forms of the carrier: the documented ones, odd ones, and those that lack or repeat what matters.

use super::*;

fn body(extra: &str) -> Vec<u8> {
    format!("CallSid=CA1&AccountSid=AC1&{extra}").into_bytes()
}

#[test]
fn the_documented_inbound_request_is_read() {
    let request = VoiceRequest::parse(
        b"AccountSid=AC11&ApiVersion=2010-04-01&CallSid=CA22&CallStatus=ringing&CallToken=%7B%7D&\
Called=%2B15550100001&CalledCity=&Caller=%2B15550100002&Direction=inbound&From=%2B15550100002&\
FromCity=AUSTIN&FromCountry=US&StirVerstat=TN-Validation-Passed-A&To=%2B15550100001&ToCity=&SomethingNew=1",
    )
    .unwrap();
    assert_eq!(request.call_sid, "CA22");
    assert_eq!(request.account_sid, "AC11");
    assert_eq!(request.call_status, CarrierStatus::Ringing);
    assert_eq!(request.caller().number().unwrap().as_str(), "+15550100002");
    assert_eq!(request.called().number().unwrap().as_str(), "+15550100001");
    assert_eq!(request.from_country.as_deref(), Some("US"));
    assert_eq!(request.forwarded_from, None);
    assert!(request.is_inbound());
    assert_eq!(
        format!("{request:?}"),
        "VoiceRequest { call_sid: \"CA22\", call_status: Ringing, .. }"
    );
}

#[test]
fn who_the_call_is_cannot_be_missing_or_told_twice() {
    assert_eq!(
        VoiceRequest::parse(b"AccountSid=AC1").unwrap_err(),
        BadForm::Missing("CallSid")
    );
    assert_eq!(
        VoiceRequest::parse(b"CallSid=&AccountSid=AC1").unwrap_err(),
        BadForm::Missing("CallSid")
    );
    assert_eq!(
        VoiceRequest::parse(b"CallSid=CA1&AccountSid=AC1&AccountSid=AC2").unwrap_err(),
        BadForm::Contradictory("AccountSid")
    );
    assert!(VoiceRequest::parse(&body("")).is_ok(), "all else may be missing");
}

#[test]
fn parties_are_told_apart() {
    for withheld in [
        "",
        "anonymous",
        "Restricted",
        "+266696687",
        "+86282452253",
        "5550100",
    ] {
        assert_eq!(Party::read(withheld), Party::Withheld, "{withheld}");
    }
    assert_eq!(Party::read("client:agent_7"), Party::Client("agent_7".into()));
    assert_eq!(
        Party::read("sip:bob@acme.example"),
        Party::Sip("sip:bob@acme.example".into())
    );
    assert!(Party::read("+15550100002").number().is_some());
    assert!(!format!("{:?}", Party::read("sip:bob@acme.example")).contains("bob"));
}

#[test]
fn a_terminal_callback_is_read() {
    let callback = StatusCallback::parse(&body(
        "CallStatus=completed&SequenceNumber=3&CallDuration=61&Duration=2&SipResponseCode=200&\
Timestamp=Sat%2C+21+Nov+2026+09%3A15%3A02+%2B0000&CallbackSource=call-progress-events",
    ))
    .unwrap();
    assert_eq!(callback.status, CarrierStatus::Completed);
    assert_eq!(callback.sequence_number, Some(3));
    assert_eq!(callback.duration_seconds, Some(61));
    assert_eq!(callback.billed_minutes, Some(2));
    assert_eq!(callback.sip_response_code, Some(200));
    assert_eq!(
        callback.timestamp.unwrap().to_rfc3339(),
        "2026-11-21T09:15:02+00:00"
    );
}

#[test]
fn odd_values_of_a_callback_are_no_failure() {
    let callback = StatusCallback::parse(&body(
        "CallStatus=Melted&SequenceNumber=x&CallDuration=-5&Timestamp=yesterday&SipResponseCode=99999",
    ))
    .unwrap();
    assert_eq!(
        (callback.status, callback.raw_status.as_str()),
        (CarrierStatus::Unknown, "Melted")
    );
    assert_eq!(
        (callback.sequence_number, callback.duration_seconds),
        (None, None)
    );
    assert_eq!((callback.timestamp, callback.sip_response_code), (None, None));
    assert_eq!(
        StatusCallback::parse(&body("")).unwrap_err(),
        BadForm::Missing("CallStatus")
    );
}

#[test]
fn the_end_of_a_session_is_read_with_what_we_asked_for() {
    let action = ConnectAction::parse(&body(
        "CallStatus=in-progress&SessionId=VX1&SessionStatus=ended&SessionDuration=12&\
HandoffData=%7B%22reason%22%3A%22transfer%22%2C%22to%22%3A%22%2B15550100009%22%7D",
    ))
    .unwrap();
    assert_eq!(action.session_status, SessionStatus::Ended);
    assert_eq!(action.session_seconds, Some(12));
    assert_eq!(
        action.handoff(),
        Some(Handoff::transfer("+15550100009".parse().unwrap()))
    );

    let ended = ConnectAction::parse(&body(
        "SessionStatus=ended&HandoffData=%7B%22reason%22%3A%22end%22%7D",
    ));
    assert_eq!(ended.unwrap().handoff(), Some(Handoff::end()));

    let failed =
        ConnectAction::parse(&body("SessionStatus=FAILED&ErrorCode=39001&ErrorMessage=lost")).unwrap();
    assert_eq!(
        (failed.session_status, failed.error_code),
        (SessionStatus::Failed, Some(39001))
    );
    assert_eq!(failed.handoff(), None);

    let odd =
        ConnectAction::parse(&body("SessionStatus=ended&HandoffData=hello&SessionDuration=-1")).unwrap();
    assert_eq!((odd.handoff(), odd.session_seconds), (None, None));
}

#[test]
fn a_transfer_is_taken_only_when_the_legs_were_joined() {
    let read = |extra: &str| DialAction::parse(&body(extra)).unwrap();
    assert!(read("DialCallStatus=completed&DialCallDuration=31&DialBridged=true").was_taken());
    assert!(!read("DialCallStatus=completed&DialBridged=false").was_taken());
    assert!(read("DialCallStatus=answered").was_taken());
    assert!(!read("DialCallStatus=no-answer").was_taken());
    assert!(!read("").was_taken());
    assert_eq!(read("DialCallStatus=busy").dial_status, CarrierStatus::Busy);
    assert_eq!(read("DialCallDuration=-1").dial_seconds, None);
    assert_eq!(read("DialCallDuration=31").dial_seconds, Some(31));
}
