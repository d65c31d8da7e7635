//! A call's sound for those who listen: cut into even pieces, each with its time, and published.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use phony_kernel::{CallId, TenantId};

use super::piece::{CALLER, Piece, SUPERVISOR, sound_channel};
use super::{SoundPost, Tap};
use crate::bus::EventBus;
use crate::web::AGENT_SOUND;

/// Mu-law bytes of a millisecond.
const BYTES_PER_MS: u64 = 8;
/// Length of a piece.
const PIECE_MS: u64 = 40;
const PIECE_BYTES: usize = 320;
/// A clock that differs by less from what was told last goes on from there: sound has no holes that short.
const SMOOTH_MS: u64 = 60;
/// A voice that has said nothing for so long is over, and the rest of its last piece is told.
const OVER_AFTER_MS: u64 = 100;
/// A carrier's clock that runs ahead of ours by more is set anew.
const MOST_AHEAD_MS: u64 = 200;
const SILENCE: u8 = 0xff;

/// One voice of the call.
#[derive(Debug)]
struct Track {
    kind: u8,
    waiting: Vec<u8>,
    /// When what waits began; also where the next sound begins at the earliest.
    at_ms: u64,
    /// When sound came last.
    heard_ms: u64,
    /// What is to be added to the carrier's time, where the carrier tells one.
    carrier_ms: Option<u64>,
}

impl Track {
    fn new(kind: u8) -> Self {
        Self {
            kind,
            waiting: Vec::new(),
            at_ms: 0,
            heard_ms: 0,
            carrier_ms: None,
        }
    }

    /// When sound began of `ms` that came now, with the carrier's own time of it.
    fn begins_ms(&mut self, now_ms: u64, carrier_ms: u64, ms: u64) -> u64 {
        let by_clock = now_ms.saturating_sub(ms);
        match self.carrier_ms {
            Some(offset) if carrier_ms > 0 && carrier_ms + offset <= by_clock + MOST_AHEAD_MS => {
                carrier_ms + offset
            }
            _ => {
                self.carrier_ms = Some(by_clock.saturating_sub(carrier_ms));
                by_clock
            }
        }
    }

    /// Takes sound that began at `begins_ms`.
    fn push(&mut self, begins_ms: u64, sound: &[u8], mut emit: impl FnMut(u8, u64, &[u8])) {
        let ends_ms = self.at_ms + self.waiting.len() as u64 / BYTES_PER_MS;
        if begins_ms > ends_ms + SMOOTH_MS {
            self.flush(&mut emit);
            self.at_ms = begins_ms;
        }
        self.heard_ms = begins_ms + sound.len() as u64 / BYTES_PER_MS;
        self.waiting.extend_from_slice(sound);
        let mut told = 0;
        for piece in self.waiting.chunks_exact(PIECE_BYTES) {
            emit(self.kind, self.at_ms, piece);
            self.at_ms += PIECE_MS;
            told += PIECE_BYTES;
        }
        self.waiting.drain(..told);
    }

    /// The rest of the last piece, filled up with silence.
    fn flush(&mut self, emit: &mut impl FnMut(u8, u64, &[u8])) {
        if self.waiting.is_empty() {
            return;
        }
        self.waiting.resize(PIECE_BYTES, SILENCE);
        emit(self.kind, self.at_ms, &self.waiting);
        self.waiting.clear();
        self.at_ms += PIECE_MS;
    }

    fn rest(&mut self, now_ms: u64, mut emit: impl FnMut(u8, u64, &[u8])) {
        if now_ms > self.heard_ms + OVER_AFTER_MS {
            self.flush(&mut emit);
        }
    }
}

/// All voices of a call, and whether anybody listens to them. Times are those of the call, in milliseconds.
pub(crate) struct Listeners {
    tap: Arc<Tap>,
    post: Option<SoundPost>,
    channel: Arc<str>,
    /// Somebody listened when it was looked last.
    open: bool,
    caller: Track,
    agent: Track,
    supervisor: Track,
    scratch: Vec<u8>,
}

impl Listeners {
    /// Nobody can listen without a bus.
    pub(crate) fn new(tenant: TenantId, call: CallId, bus: Option<&EventBus>) -> Self {
        Self {
            tap: Arc::default(),
            post: bus.map(|bus| bus.sound().clone()),
            channel: sound_channel(tenant, call).into(),
            open: false,
            caller: Track::new(CALLER),
            agent: Track::new(AGENT_SOUND),
            supervisor: Track::new(SUPERVISOR),
            scratch: Vec::new(),
        }
    }

    /// By which listeners say that they are there.
    pub(crate) fn tap(&self) -> Arc<Tap> {
        self.tap.clone()
    }

    /// Looks whether somebody listens. `None` when that is as it was.
    pub(crate) fn look(&mut self) -> Option<bool> {
        let open = self.post.is_some() && self.tap.is_open();
        if open == self.open {
            return None;
        }
        self.open = open;
        for track in [&mut self.caller, &mut self.agent, &mut self.supervisor] {
            track.waiting.clear();
            track.carrier_ms = None;
        }
        Some(open)
    }

    /// Whether somebody listened when it was looked last.
    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    /// The next sound that a carrier sends, with its own time of it: the caller's, or of a fork the agent's.
    pub(crate) fn carried(&mut self, now_ms: u64, inbound: bool, carrier_ms: u64, base64: &str) {
        self.scratch.clear();
        if STANDARD.decode_vec(base64, &mut self.scratch).is_err() {
            return;
        }
        let track = if inbound {
            &mut self.caller
        } else {
            &mut self.agent
        };
        let begins_ms = track.begins_ms(now_ms, carrier_ms, self.scratch.len() as u64 / BYTES_PER_MS);
        track.push(
            begins_ms,
            &self.scratch,
            publish(self.post.as_ref(), &self.channel),
        );
    }

    /// What the caller has just heard of the agent; also when that is nothing.
    pub(crate) fn agent(&mut self, now_ms: u64, sound: &[u8]) {
        let emit = publish(self.post.as_ref(), &self.channel);
        if sound.is_empty() {
            self.agent.rest(now_ms, emit);
        } else {
            let begins_ms = now_ms.saturating_sub(sound.len() as u64 / BYTES_PER_MS);
            self.agent.push(begins_ms, sound, emit);
        }
    }

    /// What the caller now hears of who has taken the call over.
    pub(crate) fn supervisor(&mut self, now_ms: u64, base64: &[u8]) {
        self.scratch.clear();
        if STANDARD.decode_vec(base64, &mut self.scratch).is_ok() {
            let emit = publish(self.post.as_ref(), &self.channel);
            self.supervisor.push(now_ms, &self.scratch, emit);
        }
    }

    /// The rest of a voice that is over.
    pub(crate) fn rest(&mut self, now_ms: u64) {
        let emit = publish(self.post.as_ref(), &self.channel);
        self.supervisor.rest(now_ms, emit);
    }
}

fn publish(post: Option<&SoundPost>, channel: &Arc<str>) -> impl FnMut(u8, u64, &[u8]) {
    move |kind, time_ms, sound| {
        if let Some(post) = post {
            let time_ms = u32::try_from(time_ms).unwrap_or(u32::MAX);
            post.send(channel, Piece::write(kind, time_ms, sound));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Told = Vec<(u64, usize)>;

    fn push(track: &mut Track, begins_ms: u64, ms: usize, told: &mut Told) {
        track.push(begins_ms, &vec![1; ms * 8], |_, at, sound| {
            told.push((at, sound.len()));
        });
    }

    #[test]
    fn even_pieces_have_even_times_whatever_the_clock_says() {
        let (mut track, mut told) = (Track::new(CALLER), Vec::new());
        for (at, late) in (1_000_u64..).step_by(20).zip([0, 7, 3, 19, 0, 12, 25, 1]) {
            push(&mut track, at + late, 20, &mut told);
        }
        assert_eq!(told, [(1_000, 320), (1_040, 320), (1_080, 320), (1_120, 320)]);
    }

    #[test]
    fn a_pause_moves_the_time_on_and_it_never_goes_back() {
        let (mut track, mut told) = (Track::new(AGENT_SOUND), Vec::new());
        push(&mut track, 1_000, 50, &mut told);
        push(&mut track, 3_000, 40, &mut told);
        push(&mut track, 2_000, 40, &mut told);
        assert_eq!(told, [(1_000, 320), (1_040, 320), (3_000, 320), (3_040, 320)]);
    }

    #[test]
    fn the_carriers_clock_is_believed_unless_it_runs_ahead() {
        let mut track = Track::new(CALLER);
        assert_eq!(track.begins_ms(5_020, 120, 20), 5_000);
        // Held up for a second, and then all at once.
        assert_eq!(track.begins_ms(6_100, 140, 20), 5_020);
        assert_eq!(track.begins_ms(6_100, 160, 20), 5_040);
        assert_eq!(track.begins_ms(6_100, 900_000, 20), 6_080);
        assert_eq!(track.begins_ms(6_120, 0, 20), 6_100);
    }

    #[test]
    fn the_end_of_a_voice_is_told_too() {
        let (mut track, mut told) = (Track::new(AGENT_SOUND), Vec::new());
        push(&mut track, 1_000, 30, &mut told);
        let mut rest = |track: &mut Track, now_ms| {
            track.rest(now_ms, |_, at, sound| told.push((at, sound.len())));
            told.len()
        };
        assert_eq!(rest(&mut track, 1_100), 0);
        assert_eq!(rest(&mut track, 1_200), 1);
        assert_eq!(rest(&mut track, 1_300), 1);
    }
}
