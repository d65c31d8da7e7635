//! Opening the media socket, and what the carrier calls it when that fails.

use super::options::Options;
use crate::calls::Call;
use crate::calls::callbacks::Queued;
use crate::calls::webhook::Fetch;
use crate::relay::socket::{self, Cause, Refused, Socket};
use crate::world::World;

/// The carrier's code for a socket that did not open.
pub(super) fn code(refused: &Refused) -> u32 {
    match refused.cause {
        Cause::Timeout => 31901,
        Cause::Refused => 31902,
        Cause::Unreachable => 31904,
        Cause::Tls => 31910,
        Cause::Answer => 31920,
        Cause::Address => 31923,
        Cause::Protocol => 31924,
    }
}

pub(super) async fn open(world: &World, call: &Call, options: &Options) -> Result<Socket, (u32, String)> {
    let form = world.settings().socket_form();
    socket::connect_signed(&options.url, &call.auth_token, form)
        .await
        .map_err(|refused| (code(&refused), refused.message))
}

/// Queues a callback about the stream behind those of the call.
pub(super) fn announce(
    call: &Call,
    options: &Options,
    stream_sid: &str,
    event: &'static str,
    error: Option<String>,
) {
    let Some((url, method)) = options.status.clone() else {
        return;
    };
    let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let mut params: Vec<(String, String)> = Vec::new();
    let mut put = |name: &str, value: String| params.push((name.to_owned(), value));
    put("AccountSid", call.account_sid.clone());
    put("CallSid", call.sid.clone());
    put("StreamSid", stream_sid.to_owned());
    put(
        "StreamName",
        options.name.clone().unwrap_or_else(|| stream_sid.to_owned()),
    );
    put("StreamEvent", event.to_owned());
    if let Some(error) = error {
        put("StreamError", error);
    }
    put("Timestamp", now);
    // The deliverer lives as long as the call, so a failed send means the simulator stops.
    let _ = call.callbacks.send(Queued::Send(Fetch {
        kind: "stream",
        url,
        method,
        params,
    }));
}
