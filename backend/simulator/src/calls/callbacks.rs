//! Status callbacks: numbered in the order things happened, delivered in that order or, on demand, shuffled, repeated or withheld.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::Utc;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::report::Callback;
use super::webhook::{self, Fetch};
use super::{Call, Status};
use crate::clock::Millis;
use crate::ids::rfc2822;
use crate::world::World;

/// How status callbacks are delivered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Delivery {
    /// One after the other, as they happened.
    #[default]
    InOrder,
    /// Kept until the call is over, then sent last first.
    Shuffled,
    /// Each sent twice with the same idempotency token.
    Repeated,
    /// Never sent.
    Withheld,
}

/// Who wants to hear about a call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub(crate) url: Option<String>,
    pub(crate) method: String,
    /// `initiated`, `ringing`, `answered`, `completed`.
    pub(crate) events: Vec<String>,
    pub(crate) delivery: Option<Delivery>,
}

impl Plan {
    /// A plan for a resource that named events, or the default of the final event only.
    pub(crate) fn new(url: Option<String>, method: Option<String>, mut events: Vec<String>) -> Self {
        if events.is_empty() {
            events.push("completed".to_owned());
        }
        let url = url.filter(|url| !url.is_empty());
        Self {
            url,
            method: method.unwrap_or_else(|| "POST".to_owned()),
            events,
            delivery: None,
        }
    }
}

/// A callback on its way out.
pub(crate) enum Queued {
    Send(Fetch),
    /// The call is over; nothing follows.
    Last,
}

fn event_word(status: Status) -> &'static str {
    match status {
        Status::Queued | Status::Initiated => "initiated",
        Status::Ringing => "ringing",
        Status::InProgress => "answered",
        _ => "completed",
    }
}

/// Queues the callback for a new status, if somebody subscribed to it.
pub(crate) fn announce(call: &Call, status: Status) {
    let fetch = call.change(|s| {
        let url = s.plan.url.clone()?;
        if !s.plan.events.iter().any(|event| event == event_word(status)) {
            return None;
        }
        let sequence = s.sequence;
        s.sequence += 1;
        Some((url, s.plan.method.clone(), sequence))
    });
    let Some((url, method, sequence)) = fetch else {
        return;
    };
    let mut params = call.params(status);
    let mut put = |name: &str, value: String| params.push((name.to_owned(), value));
    put("CallbackSource", "call-progress-events".to_owned());
    put("SequenceNumber", sequence.to_string());
    put("Timestamp", rfc2822(Utc::now()));
    if status.is_over() {
        let seconds = call.duration_s();
        put("CallDuration", seconds.to_string());
        put("Duration", seconds.div_ceil(60).to_string());
        let (sip, error) = call.read(|s| (s.sip, s.error));
        put(
            "SipResponseCode",
            sip.unwrap_or_else(|| status.sip_code()).to_owned(),
        );
        if let Some((code, message)) = error {
            put("ErrorCode", code.to_string());
            put("ErrorMessage", message.to_owned());
        }
        for (name, value) in crate::recordings::of_whole_call(call) {
            put(name, value);
        }
    }
    // The deliverer lives as long as the call, so a failed send means the simulator stops.
    let _ = call.callbacks.send(Queued::Send(Fetch {
        kind: "status",
        url,
        method,
        params,
    }));
}

/// Delivers the callbacks of one call until the last, then marks the call finished.
pub(crate) async fn deliver(world: Arc<World>, call: Arc<Call>, mut queue: mpsc::UnboundedReceiver<Queued>) {
    let delivery = call
        .read(|s| s.plan.delivery)
        .unwrap_or_else(|| world.settings().callbacks);
    let mut kept = Vec::new();
    while let Some(Queued::Send(fetch)) = queue.recv().await {
        match delivery {
            Delivery::InOrder => {
                webhook::notify(&world, &call, &fetch, None).await;
            }
            Delivery::Shuffled => kept.push(fetch),
            Delivery::Repeated => {
                let token = uuid::Uuid::new_v4().to_string();
                webhook::notify(&world, &call, &fetch, Some(&token)).await;
                webhook::notify(&world, &call, &fetch, Some(&token)).await;
            }
            Delivery::Withheld => withhold(&call, fetch, world.clock.now()),
        }
    }
    for fetch in kept.into_iter().rev() {
        webhook::notify(&world, &call, &fetch, None).await;
    }
    call.change(|s| s.finished = true);
}

fn withhold(call: &Call, fetch: Fetch, now: Millis) {
    call.note_callback(Callback {
        at_ms: call.since_start(now),
        kind: fetch.kind,
        url: fetch.url,
        method: fetch.method,
        params: fetch.params.into_iter().collect::<BTreeMap<_, _>>(),
        status: None,
        error: None,
        took_ms: 0,
        withheld: true,
        idempotency_token: String::new(),
    });
}
