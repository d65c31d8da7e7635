//! News of a conference, in the order things happened.

use std::sync::Arc;

use chrono::Utc;
use tokio::sync::mpsc;

use super::room::{Happening, Room, State};
use crate::calls::Call;
use crate::calls::webhook::{self, Fetch};
use crate::clock::Millis;
use crate::ids::rfc2822;
use crate::world::World;

/// A callback on its way out, and the call in whose report it is noted.
pub(super) type Outgoing = (Arc<Call>, Fetch);

/// Happenings that one conference remembers.
const MOST_HAPPENINGS: usize = 5_000;

/// The word that asks for an event.
fn word(event: &str) -> &'static str {
    match event {
        "conference-start" => "start",
        "conference-end" => "end",
        "participant-join" => "join",
        "participant-leave" => "leave",
        "participant-mute" | "participant-unmute" => "mute",
        "participant-hold" | "participant-unhold" => "hold",
        "participant-modify" => "modify",
        "participant-speech-start" | "participant-speech-stop" => "speaker",
        _ => "announcement",
    }
}

impl Room {
    /// Notes what happened and tells whoever asked for it.
    pub(super) fn happened(
        &self,
        state: &mut State,
        now: Millis,
        event: &'static str,
        at: Option<usize>,
        extra: &[(&'static str, String)],
    ) {
        let member = at.and_then(|at| state.members.get(at));
        let call_sid = member.map(|member| member.call.sid.clone());
        let call = member
            .map(|member| Arc::clone(&member.call))
            .or_else(|| state.first.clone());
        if state.happened.len() < MOST_HAPPENINGS {
            state.happened.push(Happening {
                at_ms: now.saturating_sub(self.born),
                event,
                call_sid,
            });
        }
        let (Some(news), Some(call)) = (state.news.clone(), call) else {
            return;
        };
        if !news.events.iter().any(|wanted| wanted == word(event)) {
            return;
        }
        state.sequence += 1;
        let mut params = vec![
            ("AccountSid", self.account_sid.clone()),
            ("ConferenceSid", self.sid.clone()),
            ("FriendlyName", self.name.clone()),
            ("SequenceNumber", state.sequence.to_string()),
            ("Timestamp", rfc2822(Utc::now())),
            ("StatusCallbackEvent", event.to_owned()),
        ];
        if let Some(member) = at.and_then(|at| state.members.get(at)) {
            params.extend([
                ("CallSid", member.call.sid.clone()),
                ("Muted", member.seat.muted.to_string()),
                ("Hold", member.hold.is_some().to_string()),
                ("Coaching", member.seat.coach.is_some().to_string()),
                ("EndConferenceOnExit", member.seat.end.to_string()),
                ("StartConferenceOnEnter", member.seat.start.to_string()),
            ]);
            params.extend(member.seat.label.clone().map(|label| ("ParticipantLabel", label)));
        }
        params.extend(extra.iter().cloned());
        let fetch = Fetch {
            kind: "conference",
            url: news.url,
            method: news.method,
            params: params
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        };
        // Nobody delivers after a stop, and then nobody looks either.
        let _ = self.outgoing.send((call, fetch));
    }
}

/// Sends the news of one conference, one after the other.
pub(super) async fn deliver(world: Arc<World>, mut outgoing: mpsc::UnboundedReceiver<Outgoing>) {
    while let Some((call, fetch)) = outgoing.recv().await {
        webhook::notify(&world, &call, &fetch, None).await;
    }
}
