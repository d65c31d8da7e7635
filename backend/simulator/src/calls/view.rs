//! How a call looks: to REST clients as the carrier shows it, and to the control side with everything in it.

use serde_json::{Value, json};

use super::Call;
use crate::ids::{friendly, rfc2822};

/// The REST representation.
pub(crate) fn rest(call: &Call) -> Value {
    let path = format!("/2010-04-01/Accounts/{}/Calls/{}", call.account_sid, call.sid);
    let sub = |name: &str| format!("{path}/{name}.json");
    call.read(|s| {
        let over = s.status.is_over();
        json!({
            "sid": call.sid,
            "account_sid": call.account_sid,
            "api_version": "2010-04-01",
            "date_created": rfc2822(call.created),
            "date_updated": rfc2822(s.updated),
            "parent_call_sid": call.parent_sid,
            "to": call.to,
            "to_formatted": friendly(&call.to),
            "from": call.from,
            "from_formatted": friendly(&call.from),
            "phone_number_sid": call.number_sid,
            "status": s.status.rest_word(),
            "start_time": s.start.map(rfc2822),
            "end_time": s.end.map(rfc2822),
            "duration": over.then(|| duration(s).to_string()),
            "price": Value::Null,
            "price_unit": "USD",
            "direction": call.direction.word(),
            "answered_by": Value::Null,
            "annotation": Value::Null,
            "forwarded_from": Value::Null,
            "group_sid": Value::Null,
            "caller_name": Value::Null,
            "queue_time": "0",
            "trunk_sid": Value::Null,
            "uri": format!("{path}.json"),
            "subresource_uris": {
                "recordings": sub("Recordings"),
                "notifications": sub("Notifications"),
                "events": sub("Events"),
                "streams": sub("Streams"),
                "siprec": sub("Siprec"),
                "transcriptions": sub("Transcriptions"),
                "payments": sub("Payments"),
                "user_defined_messages": sub("UserDefinedMessages"),
                "user_defined_message_subscriptions": sub("UserDefinedMessageSubscriptions"),
            },
        })
    })
}

fn duration(s: &super::CallState) -> u64 {
    match (s.answered_at, s.ended_at) {
        (Some(answered), Some(ended)) => ended.saturating_sub(answered).div_ceil(1000).max(1),
        _ => 0,
    }
}

/// The short line of `GET /sim/calls`.
pub(crate) fn line(call: &Call) -> Value {
    call.read(|s| {
        json!({
            "call_sid": call.sid,
            "account_sid": call.account_sid,
            "direction": call.direction.word(),
            "from": call.from,
            "to": call.to,
            "parent_call_sid": call.parent_sid,
            "status": s.status.word(),
            "finished": s.finished,
            "ended_by": s.ended_by,
            "agent_speaking": s.agent.speaking,
            "started_at": call.created.to_rfc3339(),
        })
    })
}

/// The whole report of `GET /sim/calls/{sid}`.
pub(crate) fn report(call: &Call) -> Value {
    let mut view = line(call);
    let duration_s = call.duration_s();
    call.read(|s| {
        let report = serde_json::to_value(&s.report).unwrap_or_default();
        if let (Value::Object(view), Value::Object(report)) = (&mut view, report) {
            view.insert("duration_s".to_owned(), json!(duration_s));
            view.extend(report);
        }
    });
    view
}
