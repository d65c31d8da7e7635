//! A call from one of the carrier's numbers to another one it sells: the other number rings as it does for anybody, and
//! what is heard at one end is said at the other. Sound goes on as sound and words as words; between a stream and a
//! recogniser the one is made of the other.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use phony_audio::frame::ULAW_FRAME_BYTES;

use super::{Call, Hears, Signal, Status, inbound};
use crate::rest::incoming::Number;
use crate::stream::{Sound, Sounding};
use crate::world::World;

/// Calls that one number takes from other numbers at one time: two numbers that send callers to each other must not do
/// so for ever.
const MOST_AT_ONCE: usize = 8;

/// The way to the other end.
pub(crate) struct Through {
    far: Weak<Call>,
    world: Weak<World>,
    sounds: AtomicU64,
}

impl World {
    /// The number that is rung when this one is called: one that it sells and that somebody has bought, unless a
    /// telephone was set up in its place.
    pub(crate) fn rings_through(&self, to: &str) -> Option<Number> {
        let store = self.store.lock();
        if store.targets.contains_key(to) {
            return None;
        }
        store
            .numbers
            .iter()
            .find(|number| number.phone_number == to)
            .cloned()
    }
}

/// Rings a number for `near`. `None` when it has as many such calls as it can take.
pub(crate) fn ring(world: &Arc<World>, near: &Arc<Call>, number: &Number) -> Option<Arc<Call>> {
    let calls: Vec<Arc<Call>> = world.store.lock().calls.values().cloned().collect();
    let busy = calls.iter().filter(|call| {
        call.to == number.phone_number && call.through().is_some() && !call.status().is_over()
    });
    // The one that rings is among them.
    if busy.count() > MOST_AT_ONCE {
        return None;
    }
    let far = inbound::for_call(world, number, near);
    let (one, other) = (Arc::clone(near), Arc::clone(&far));
    world.spawn(async move {
        // Whoever is gone already needs no telling.
        tokio::select! {
            () = one.until(|s| s.status.is_over()) => { other.signal(Signal::CallerHungUp); }
            () = other.until(|s| s.status.is_over()) => { one.signal(Signal::CallerHungUp); }
        }
    });
    Some(far)
}

/// How a call ends whose other end was never answered.
pub(crate) fn unanswered(far: &Call) -> Status {
    match far.status() {
        Status::Busy => Status::Busy,
        Status::Failed => Status::Failed,
        _ => Status::NoAnswer,
    }
}

/// Joins two calls, before either of them has begun.
pub(super) fn join(world: &Arc<World>, one: &Arc<Call>, other: &Arc<Call>) {
    for (from, to) in [(one, other), (other, one)] {
        let way = Through {
            far: Arc::downgrade(to),
            world: Arc::downgrade(world),
            sounds: AtomicU64::new(0),
        };
        // A call is joined once.
        let _ = from.through.set(way);
    }
}

impl Through {
    fn listening(&self, how: Hears) -> Option<Arc<Call>> {
        let far = self.far.upgrade()?;
        (far.read(|s| s.hears) == how).then_some(far)
    }

    /// Somebody begins to speak here.
    pub(crate) fn began(&self) {
        if let Some(far) = self.listening(Hears::Words) {
            far.signal(Signal::SpeechBegan);
        }
    }

    /// What has been said so far.
    pub(crate) fn partial(&self, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(far) = self.listening(Hears::Words) {
            far.signal(Signal::SpeechPartial(text.to_owned()));
        }
    }

    /// A sentence is over that was only words here.
    pub(crate) fn ended(&self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.recognised(text);
        let (Some(far), Some(world)) = (self.listening(Hears::Sound), self.world.upgrade()) else {
            return;
        };
        let id = self.sounds.fetch_add(1, Ordering::Relaxed) + 1;
        let text = text.to_owned();
        let speech = world.speech.clone();
        world.spawn(async move {
            let voice = far.read(|s| s.voice.clone());
            let sound = Sound::Voice(speech.say(&text, &voice).await);
            far.signal(Signal::Sound(Sounding { id, sound }));
        });
    }

    /// A sentence is over that was sound here, and understood.
    pub(crate) fn recognised(&self, text: &str) {
        let Some(far) = self.far.upgrade() else { return };
        if let Some(world) = self.world.upgrade() {
            far.note_greeted(world.clock.now());
        }
        if !text.is_empty() && far.read(|s| s.hears) == Hears::Words {
            far.signal(Signal::SpeechEnded(text.to_owned()));
        }
    }

    /// Keys were pressed here.
    pub(crate) fn pressed(&self, keys: &str) {
        if let Some(far) = self.far.upgrade() {
            far.signal(Signal::Pressed(keys.to_owned()));
        }
    }

    /// Twenty milliseconds of what was heard here.
    pub(crate) fn frame(&self, frame: &[u8; ULAW_FRAME_BYTES]) {
        if let Some(far) = self.listening(Hears::Sound) {
            far.signal(Signal::Frame(Box::new(*frame)));
        }
    }
}
