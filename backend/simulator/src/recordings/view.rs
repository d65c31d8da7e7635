//! How a recording looks to REST clients.

use serde_json::{Value, json};

use super::{Recording, Stage};
use crate::ids::rfc2822;
use crate::world::World;

/// Dollars for a started minute, in hundredths of a cent.
const MINUTE: u64 = 25;

/// The resource by itself.
pub(crate) fn whole(world: &World, recording: &Recording) -> Value {
    let mut view = common(world, recording);
    let path = path(recording);
    view["uri"] = json!(format!("{path}.json"));
    view["media_url"] = json!(recording.url);
    view["subresource_uris"] = json!({
        "add_on_results": format!("{path}/AddOnResults.json"),
        "transcriptions": format!("{path}/Transcriptions.json"),
    });
    view
}

/// The resource as part of its call, whose price is a number.
pub(crate) fn of_call(world: &World, recording: &Recording) -> Value {
    let mut view = common(world, recording);
    let call = &recording.call;
    view["uri"] = json!(format!(
        "/2010-04-01/Accounts/{}/Calls/{}/Recordings/{}.json",
        call.account_sid, call.sid, recording.sid
    ));
    view["track"] = json!(recording.wish.track);
    view
}

/// The resource as part of its conference.
pub(crate) fn of_conference(world: &World, recording: &Recording) -> Value {
    let mut view = common(world, recording);
    let room = recording.room.as_ref().map(|room| room.sid.as_str());
    view["uri"] = json!(format!(
        "/2010-04-01/Accounts/{}/Conferences/{}/Recordings/{}.json",
        recording.call.account_sid,
        room.unwrap_or_default(),
        recording.sid
    ));
    view
}

fn path(recording: &Recording) -> String {
    format!(
        "/2010-04-01/Accounts/{}/Recordings/{}",
        recording.call.account_sid, recording.sid
    )
}

fn common(world: &World, recording: &Recording) -> Value {
    let now = world.clock.now();
    let after_ms = world.settings().price_after_ms;
    let state = recording.state.lock();
    let known = matches!(state.stage, Stage::Completed | Stage::Absent);
    let price = state
        .ended
        .filter(|ended| state.stage == Stage::Completed && ended + after_ms <= now)
        .map(|_| {
            let charged = state.duration_ms.div_ceil(60_000) * MINUTE;
            format!("-{}.{:04}", charged / 10_000, charged % 10_000)
        });
    json!({
        "sid": recording.sid,
        "account_sid": recording.call.account_sid,
        "api_version": "2010-04-01",
        "call_sid": recording.room.is_none().then_some(&recording.call.sid),
        "conference_sid": recording.room.as_ref().map(|room| &room.sid),
        "date_created": rfc2822(recording.created),
        "date_updated": rfc2822(state.updated),
        "start_time": rfc2822(recording.created),
        "duration": known.then(|| state.duration_ms.div_ceil(1_000).to_string()),
        "price": price,
        "price_unit": "USD",
        "status": state.stage.word(),
        "channels": recording.wish.channels,
        "source": recording.wish.source,
        "error_code": state.error,
        "encryption_details": Value::Null,
    })
}
