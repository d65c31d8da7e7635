//! How conferences and participants look: to REST clients, and to the control side.

use serde_json::{Value, json};

use super::room::{Member, Room, State};
use crate::calls::Status;
use crate::ids::rfc2822;

/// The REST representation of a conference.
pub(crate) fn conference(room: &Room) -> Value {
    let path = format!(
        "/2010-04-01/Accounts/{}/Conferences/{}",
        room.account_sid, room.sid
    );
    room.read(|state| {
        json!({
            "sid": room.sid,
            "account_sid": room.account_sid,
            "api_version": "2010-04-01",
            "friendly_name": room.name,
            "status": state.stage.word(),
            "region": "us1",
            "reason_conference_ended": state.why_ended,
            "call_sid_ending_conference": state.ended_by,
            "date_created": rfc2822(room.created),
            "date_updated": rfc2822(state.updated),
            "uri": format!("{path}.json"),
            "subresource_uris": {
                "participants": format!("{path}/Participants.json"),
                "recordings": format!("{path}/Recordings.json"),
            },
        })
    })
}

/// The REST representation of somebody in it.
pub(crate) fn participant(room: &Room, member: &Member) -> Value {
    let status = match member.call.status() {
        Status::Queued => "queued",
        Status::Initiated => "connecting",
        Status::Ringing => "ringing",
        Status::InProgress => "connected",
        Status::Completed => "complete",
        _ => "failed",
    };
    json!({
        "account_sid": room.account_sid,
        "call_sid": member.call.sid,
        "conference_sid": room.sid,
        "label": member.seat.label,
        "muted": member.seat.muted,
        "hold": member.hold.is_some(),
        "coaching": member.seat.coach.is_some(),
        "call_sid_to_coach": member.seat.coach,
        "start_conference_on_enter": member.seat.start,
        "end_conference_on_exit": member.seat.end,
        "status": status,
        "queue_time": member.call.queue_ms.to_string(),
        "date_created": rfc2822(member.created),
        "date_updated": rfc2822(member.updated),
        "uri": format!(
            "/2010-04-01/Accounts/{}/Conferences/{}/Participants/{}.json",
            room.account_sid, room.sid, member.call.sid
        ),
    })
}

/// Everything, for the control side.
pub(crate) fn report(room: &Room) -> Value {
    room.read(|state: &State| {
        let participants: Vec<Value> = state
            .members
            .iter()
            .map(|member| participant(room, member))
            .collect();
        json!({
            "conference_sid": room.sid,
            "account_sid": room.account_sid,
            "name": room.name,
            "status": state.stage.word(),
            "reason_ended": state.why_ended,
            "participants": participants,
            "happened": state.happened,
            "said": state.said,
        })
    })
}
