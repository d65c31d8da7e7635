//! Whether the person at a socket may speak in its call, as the conversation tells: never by what the browser says.

use std::time::Duration;

use phony_conversation::EventBody;
use phony_conversation::command::TakeoverVia;
use phony_conversation::supervision::Takeover;
use tokio::time::Instant;

/// Sound of one millisecond.
const BYTES_PER_MS: u64 = 8;
/// A browser that was held up may send so much at once; what is beyond real time and this is dropped.
const BURST_BYTES: u64 = 2_000 * BYTES_PER_MS;
/// A microphone that has sent nothing for so long does not keep the call.
const SILENT_AFTER: Duration = Duration::from_secs(2);

/// What the socket knows of the takeover.
#[derive(Debug)]
pub(super) struct Holding {
    /// The person at this socket.
    me: String,
    /// They speak by microphone.
    holds: bool,
    began: Instant,
    taken_bytes: u64,
    /// When this socket last sent sound in this takeover; another socket of the same person may hold it as well.
    spoke_at: Option<Instant>,
}

impl Holding {
    pub(super) fn new(me: String) -> Self {
        Self {
            me,
            holds: false,
            began: Instant::now(),
            taken_bytes: 0,
            spoke_at: None,
        }
    }

    /// Who speaks now, as the snapshot of the call has it.
    pub(super) fn begin(&mut self, takeover: Option<&Takeover>) {
        let holds = takeover
            .is_some_and(|takeover| takeover.via == TakeoverVia::Microphone && takeover.actor.id == self.me);
        self.set(holds);
    }

    /// Something has happened in the call.
    pub(super) fn on_event(&mut self, body: &EventBody) {
        if let EventBody::TakeoverChanged { actor, via, .. } = body {
            let mine = actor.as_ref().is_some_and(|actor| actor.id == self.me);
            self.set(mine && *via == Some(TakeoverVia::Microphone));
        }
    }

    fn set(&mut self, holds: bool) {
        if holds != self.holds {
            self.holds = holds;
            self.began = Instant::now();
            self.taken_bytes = 0;
            self.spoke_at = None;
        }
    }

    /// Whether a frame with so much sound may go up; otherwise why not.
    pub(super) fn admit(&mut self, bytes: usize) -> Result<(), &'static str> {
        if !self.holds {
            return Err("not_taken_over");
        }
        let elapsed_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let allowed = elapsed_ms.saturating_mul(BYTES_PER_MS) + BURST_BYTES;
        let taken = self.taken_bytes + bytes as u64;
        if taken > allowed {
            return Err("faster_than_time");
        }
        self.taken_bytes = taken;
        self.spoke_at = Some(Instant::now());
        Ok(())
    }

    /// Whether this socket has sent sound in this takeover, which goes when it goes.
    pub(super) fn has_spoken(&self) -> bool {
        self.holds && self.spoke_at.is_some()
    }

    /// Whether it still does: only then is the takeover kept.
    pub(super) fn is_speaking(&self) -> bool {
        self.holds && self.spoke_at.is_some_and(|at| at.elapsed() < SILENT_AFTER)
    }

    pub(super) fn me(&self) -> &str {
        &self.me
    }
}

#[cfg(test)]
mod tests {
    use chrono::Utc;
    use phony_conversation::command::Actor;
    use phony_conversation::supervision::TakeoverReason;

    use super::*;

    fn changed(who: Option<&str>, via: TakeoverVia) -> EventBody {
        EventBody::TakeoverChanged {
            actor: who.map(|id| Actor {
                id: id.to_owned(),
                name: String::new(),
            }),
            via: who.map(|_| via),
            reason: TakeoverReason::Taken,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn only_who_has_taken_the_call_over_by_microphone_may_speak() {
        let mut holding = Holding::new("usr_1".to_owned());
        assert_eq!(holding.admit(160), Err("not_taken_over"));
        holding.on_event(&changed(Some("usr_2"), TakeoverVia::Microphone));
        assert_eq!(holding.admit(160), Err("not_taken_over"));
        holding.on_event(&changed(Some("usr_1"), TakeoverVia::Keyboard));
        assert_eq!(holding.admit(160), Err("not_taken_over"));
        assert!(!holding.has_spoken());
        holding.on_event(&changed(Some("usr_1"), TakeoverVia::Microphone));
        assert!(
            !holding.has_spoken(),
            "another window of the same person may be the one"
        );
        assert_eq!(holding.admit(160), Ok(()));
        assert!(holding.has_spoken() && holding.is_speaking());
        tokio::time::advance(Duration::from_secs(3)).await;
        assert!(holding.has_spoken() && !holding.is_speaking());
        holding.on_event(&changed(None, TakeoverVia::Microphone));
        assert_eq!(holding.admit(160), Err("not_taken_over"));
        assert!(!holding.has_spoken());
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_speaks_faster_than_time_goes() {
        let mut holding = Holding::new("usr_1".to_owned());
        let actor = Actor {
            id: "usr_1".to_owned(),
            name: String::new(),
        };
        holding.begin(Some(&Takeover {
            actor,
            via: TakeoverVia::Microphone,
            since: Utc::now(),
        }));
        let admitted = |holding: &mut Holding| (0..1_000).filter(|_| holding.admit(1_600).is_ok()).count();
        assert_eq!(admitted(&mut holding), 10);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(admitted(&mut holding), 5);
    }
}
