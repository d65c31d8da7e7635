//! Recordings of calls: begun, paused, ended, made into files a little later, and told to whoever asked.

mod file;
pub(crate) mod tape;
pub(crate) mod view;
mod wish;

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use parking_lot::Mutex;

use crate::calls::Call;
use crate::calls::webhook::{self, Fetch};
use crate::clock::Millis;
use crate::conferences::Room;
use crate::ids::rfc2822;
use crate::world::World;
pub(crate) use file::wav;
pub(crate) use wish::Wish;

/// Recordings that are kept; the oldest are forgotten beyond this.
const KEPT: usize = 500;
/// Recordings of one call at the same time.
const AT_ONCE: usize = 4;
/// How often is looked whether a conference is over.
const LOOK_EVERY_MS: Millis = 100;
/// Shorter ones are none.
const SHORTEST_MS: Millis = 200;

/// Where a recording stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    InProgress,
    Paused,
    Stopped,
    Processing,
    Completed,
    Absent,
}

impl Stage {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::InProgress => "in-progress",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Absent => "absent",
        }
    }

    pub(crate) fn is_running(self) -> bool {
        matches!(self, Self::InProgress | Self::Paused)
    }
}

/// What becomes of a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SpanKind {
    Taken,
    Silence,
    Skipped,
}

/// A stretch of time, until the next one.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: Millis,
    kind: SpanKind,
}

struct State {
    stage: Stage,
    spans: Vec<Span>,
    ended: Option<Millis>,
    updated: DateTime<Utc>,
    duration_ms: Millis,
    error: Option<u32>,
    /// The file on one channel, or one for each.
    file: Option<Bytes>,
}

/// One recording.
pub(crate) struct Recording {
    pub(crate) sid: String,
    /// Whose sound it is; of a conference the call that came first, whose account it is in.
    pub(crate) call: Arc<Call>,
    /// The conference that is recorded, where it is not a call.
    pub(crate) room: Option<Arc<Room>>,
    pub(crate) wish: Wish,
    pub(crate) created: DateTime<Utc>,
    began: Millis,
    url: String,
    state: Mutex<State>,
}

/// Every recording of a simulator, newest first.
#[derive(Default)]
pub(crate) struct Recordings(Mutex<Vec<Arc<Recording>>>);

impl Recordings {
    pub(crate) fn all(&self) -> Vec<Arc<Recording>> {
        self.0.lock().clone()
    }

    pub(crate) fn find(&self, account_sid: &str, sid: &str) -> Option<Arc<Recording>> {
        let all = self.0.lock();
        all.iter()
            .find(|one| one.sid == sid && one.call.account_sid == account_sid)
            .cloned()
    }

    /// Those of a call that run.
    pub(crate) fn running(&self, call_sid: &str) -> Vec<Arc<Recording>> {
        let all = self.0.lock();
        all.iter()
            .filter(|one| one.is_of_call(call_sid) && one.stage().is_running())
            .cloned()
            .collect()
    }

    pub(crate) fn forget(&self, sid: &str) {
        self.0.lock().retain(|one| one.sid != sid);
    }
}

/// Whether another recording of this call may begin.
pub(crate) fn has_room(world: &World, call: &Call) -> bool {
    world.recordings.running(&call.sid).len() < AT_ONCE
}

/// Begins to record.
pub(crate) fn start(world: &Arc<World>, call: &Arc<Call>, wish: Wish) -> Arc<Recording> {
    begin(world, call, None, wish)
}

/// Begins to record a conference, until it is over.
pub(crate) fn start_room(world: &Arc<World>, room: &Arc<Room>, first: &Arc<Call>, wish: Wish) {
    let recording = begin(world, first, Some(Arc::clone(room)), wish);
    let (world_of_it, room) = (Arc::clone(world), Arc::clone(room));
    world.spawn(async move {
        while !room.is_over() {
            world_of_it.clock.sleep(LOOK_EVERY_MS).await;
        }
        recording.end(&world_of_it, Stage::Processing);
    });
}

fn begin(world: &Arc<World>, call: &Arc<Call>, room: Option<Arc<Room>>, wish: Wish) -> Arc<Recording> {
    let sid = crate::ids::sid("RE");
    let now = world.clock.now();
    let url = format!(
        "{}/2010-04-01/Accounts/{}/Recordings/{sid}",
        world.base_url(),
        call.account_sid
    );
    if wish.source == "OutboundAPI" {
        call.quietly(|s| s.recorded = Some((sid.clone(), url.clone())));
    }
    let created = Utc::now();
    let recording = Arc::new(Recording {
        sid,
        call: Arc::clone(call),
        room,
        wish,
        created,
        began: now,
        url,
        state: Mutex::new(State {
            stage: Stage::InProgress,
            spans: vec![Span {
                from: now,
                kind: SpanKind::Taken,
            }],
            ended: None,
            updated: created,
            duration_ms: 0,
            error: None,
            file: None,
        }),
    });
    call.tape.begin();
    {
        let mut all = world.recordings.0.lock();
        all.insert(0, Arc::clone(&recording));
        all.truncate(KEPT);
    }
    tell(world, &recording, Stage::InProgress);
    recording
}

/// The call is over, and with it what records it.
pub(crate) fn call_over(world: &Arc<World>, call: &Call) {
    for recording in world.recordings.running(&call.sid) {
        recording.end(world, Stage::Processing);
    }
}

/// What the last callback of a call says that was recorded from its answer on.
pub(crate) fn of_whole_call(call: &Call) -> Vec<(&'static str, String)> {
    let Some((sid, url)) = call.read(|s| s.recorded.clone()) else {
        return Vec::new();
    };
    vec![
        ("RecordingSid", sid),
        ("RecordingUrl", url),
        ("RecordingDuration", call.duration_s().to_string()),
    ]
}

impl Recording {
    /// Whether it is one of this very call.
    pub(crate) fn is_of_call(&self, call_sid: &str) -> bool {
        self.room.is_none() && self.call.sid == call_sid
    }

    /// Where it can be fetched.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn stage(&self) -> Stage {
        self.state.lock().stage
    }

    /// The file, when it is there.
    pub(crate) fn file(&self) -> Option<Bytes> {
        self.state.lock().file.clone()
    }

    /// Records nothing for a while.
    pub(crate) fn pause(&self, now: Millis, silence: bool) {
        let kind = if silence {
            SpanKind::Silence
        } else {
            SpanKind::Skipped
        };
        self.turn(now, Stage::Paused, kind);
    }

    pub(crate) fn resume(&self, now: Millis) {
        self.turn(now, Stage::InProgress, SpanKind::Taken);
    }

    fn turn(&self, now: Millis, stage: Stage, kind: SpanKind) {
        let mut state = self.state.lock();
        if state.stage.is_running() && state.stage != stage {
            state.stage = stage;
            state.updated = Utc::now();
            state.spans.push(Span { from: now, kind });
        }
    }

    /// Ends it; the file is there a little later.
    pub(crate) fn end(self: &Arc<Self>, world: &Arc<World>, stage: Stage) {
        let now = world.clock.now();
        {
            let mut state = self.state.lock();
            if !state.stage.is_running() {
                return;
            }
            state.stage = stage;
            state.ended = Some(now);
            state.updated = Utc::now();
            state.duration_ms = length(&state.spans, now);
        }
        let (world_of_it, recording) = (Arc::clone(world), Arc::clone(self));
        world.spawn(async move {
            let world = world_of_it;
            world.clock.sleep(world.settings().file_after_ms).await;
            let stage = recording.make(&world, now).await;
            recording.call.tape.end();
            tell(&world, &recording, stage);
        });
    }

    async fn make(&self, world: &World, until: Millis) -> Stage {
        let (spans, length) = {
            let state = self.state.lock();
            (state.spans.clone(), state.duration_ms)
        };
        let sound = file::sound(world, self, &spans, until).await;
        let error = if length < SHORTEST_MS {
            Some(16_101)
        } else if sound.is_silent() {
            Some(16_102)
        } else {
            None
        };
        let file = error
            .is_none()
            .then(|| sound.file(&self.wish.track, self.wish.channels));
        let mut state = self.state.lock();
        state.updated = Utc::now();
        state.error = error;
        state.file = file;
        state.stage = if error.is_some() {
            Stage::Absent
        } else {
            Stage::Completed
        };
        state.stage
    }
}

/// Time that the file shows.
fn length(spans: &[Span], until: Millis) -> Millis {
    let ends = spans.iter().skip(1).map(|span| span.from).chain([until]);
    spans
        .iter()
        .zip(ends)
        .filter(|(span, _)| span.kind != SpanKind::Skipped)
        .map(|(span, end)| end.saturating_sub(span.from))
        .sum()
}

/// Sends the callback for a stage, if somebody asked for it.
fn tell(world: &Arc<World>, recording: &Arc<Recording>, stage: Stage) {
    let wish = &recording.wish;
    let Some((url, method)) = wish.callback.clone() else {
        return;
    };
    if !wish.events.iter().any(|event| event == stage.word()) {
        return;
    }
    let (duration_s, error) = {
        let state = recording.state.lock();
        (state.duration_ms.div_ceil(1_000), state.error)
    };
    let call = &recording.call;
    let mut params = vec![
        ("AccountSid", call.account_sid.clone()),
        match &recording.room {
            Some(room) => ("ConferenceSid", room.sid.clone()),
            None => ("CallSid", call.sid.clone()),
        },
        ("RecordingSid", recording.sid.clone()),
        ("RecordingUrl", recording.url.clone()),
        ("RecordingStatus", stage.word().to_owned()),
        ("RecordingChannels", wish.channels.to_string()),
        ("RecordingStartTime", rfc2822(recording.created)),
        ("RecordingSource", wish.source.to_owned()),
        ("RecordingTrack", wish.track.clone()),
    ];
    if stage != Stage::InProgress {
        params.push(("RecordingDuration", duration_s.to_string()));
    }
    if let Some(code) = error {
        params.push(("ErrorCode", code.to_string()));
    }
    let fetch = Fetch {
        kind: "recording",
        url,
        method,
        params: params
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    };
    let (world_of_it, call) = (Arc::clone(world), Arc::clone(call));
    world.spawn(async move {
        webhook::notify(&world_of_it, &call, &fetch, None).await;
    });
}
