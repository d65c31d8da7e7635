//! How a call looks: to REST clients as the carrier shows it, and to the control side with everything in it.

use serde_json::{Value, json};

use super::{Call, CallState, Direction};
use crate::ids::{friendly, rfc2822};
use crate::world::World;

/// Dollars for a started minute, in hundredths of a cent.
const OUTBOUND: u64 = 140;
const INBOUND: u64 = 85;

/// The REST representation.
pub(crate) fn rest(world: &World, call: &Call) -> Value {
    let price_after_ms = world.settings().price_after_ms;
    let now = world.clock.now();
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
            "price": s.ended_at.filter(|ended| ended + price_after_ms <= now).map(|_| price(call, s)),
            "price_unit": "USD",
            "direction": call.direction.word(),
            "answered_by": s.answer.answered_by,
            "annotation": Value::Null,
            "forwarded_from": Value::Null,
            "group_sid": Value::Null,
            "caller_name": Value::Null,
            "queue_time": call.queue_ms.to_string(),
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

/// A negative decimal as text: what was charged. A call nobody answered costs nothing.
fn price(call: &Call, s: &CallState) -> String {
    let minute = if call.direction == Direction::Inbound {
        INBOUND
    } else {
        OUTBOUND
    };
    let charged = duration(s).div_ceil(60) * minute;
    if charged == 0 {
        return "0".to_owned();
    }
    format!("-{}.{:04}", charged / 10_000, charged % 10_000)
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
            view.insert("answered_by".to_owned(), json!(s.answer.answered_by));
            view.insert("mailbox".to_owned(), json!(call.mailbox(s)));
            view.extend(report);
        }
    });
    view
}
