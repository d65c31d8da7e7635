//! `<Start><Stream>`: a fork of the sound of a call for an application that only listens, while the call goes on with its
//! verbs.
//!
//! In conferences people are heard by their words; here each sentence is made sound again when it is over.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::{FutureExt as _, StreamExt as _};
use phony_audio::frame::ULAW_FRAME_BYTES;

use super::FRAME_MS;
use super::messages::{self, Ids, Writer};
use super::options::{Options, Use};
use super::outgoing::Outgoing;
use super::report::StreamReport;
use super::upgrade;
use crate::calls::Call;
use crate::calls::runner::Runner;
use crate::clock::Millis;
use crate::speech::Utterance;
use crate::twiml::Element;
use crate::world::World;

/// Mu-law silence.
const SILENCE: u8 = 0xff;
/// Frames made up for at once after a pause of the whole process.
const MOST_FRAMES_AT_ONCE: u32 = 100;
/// How the person at the other end sounds.
const OTHER_VOICE: &str = "colleague";

impl Runner {
    /// Begins a fork; the call goes on at once.
    pub(crate) fn start_fork(&self, noun: &Element) {
        // What is wrong with it is told as the call's trouble.
        let _ = start(&self.world, &self.call, self.base.as_ref(), noun);
    }

    /// Ends the fork of this name.
    pub(crate) fn stop_fork(&self, noun: &Element) {
        if let Some(name) = noun.attribute("name") {
            self.call.change(|s| s.stopped.push(name.to_owned()));
        }
    }
}

/// Begins a fork of a call's sound. Gives its id, or the carrier's code and words for what is wrong with it.
pub(crate) fn start(
    world: &Arc<World>,
    call: &Arc<Call>,
    base: Option<&url::Url>,
    noun: &Element,
) -> Result<String, (u32, String)> {
    let (options, usable) = Options::read(noun, base, Use::Forked);
    let now = world.clock.now();
    let sid = crate::ids::sid("MZ");
    if let Err(unusable) = usable {
        call.note_trouble(now, unusable.code, unusable.message.clone());
        let error = Some(format!("{}: {}", unusable.code, unusable.message));
        upgrade::announce(call, &options, &sid, "stream-error", error);
        return Err((unusable.code, unusable.message));
    }
    let name = options.name.clone();
    let index = call.change(|s| {
        // A fork of this name that was stopped before is another one.
        s.stopped.retain(|stopped| Some(stopped) != name.as_ref());
        s.report.streams.push(StreamReport {
            stream_sid: sid.clone(),
            url: options.url.clone(),
            name: name.clone(),
            custom_parameters: options.parameters.clone(),
            ..StreamReport::default()
        });
        s.report.streams.len() - 1
    });
    let forked = run(Arc::clone(world), Arc::clone(call), options, sid.clone(), index);
    world.spawn(forked);
    Ok(sid)
}

/// Ends the fork of this id or name. Gives both; none is one that does not run.
pub(crate) fn stop(call: &Call, stream: &str) -> Option<(String, String)> {
    call.change(|s| {
        let running = s.report.streams.iter().rev().find(|report| {
            let named = report.name.as_deref() == Some(stream) || report.stream_sid == stream;
            named && report.ended.is_none() && report.name.is_some()
        })?;
        let name = running.name.clone()?;
        let sid = running.stream_sid.clone();
        s.stopped.push(name.clone());
        Some((sid, name))
    })
}

/// One end of the call: what is still to be heard of it.
struct Track {
    name: &'static str,
    voice: String,
    waiting: VecDeque<Arc<Utterance>>,
    at: usize,
}

impl Track {
    fn frame(&mut self) -> Vec<u8> {
        let Some(utterance) = self.waiting.front() else {
            return vec![SILENCE; ULAW_FRAME_BYTES];
        };
        let rest = utterance.ulaw.get(self.at..).unwrap_or_default();
        let mut frame: Vec<u8> = rest.iter().copied().take(ULAW_FRAME_BYTES).collect();
        self.at += frame.len();
        if self.at >= utterance.ulaw.len() {
            self.waiting.pop_front();
            self.at = 0;
        }
        frame.resize(ULAW_FRAME_BYTES, SILENCE);
        frame
    }
}

/// How far the report has been made sound.
struct Seen {
    sent: usize,
    heard: usize,
}

impl Seen {
    fn of(call: &Call) -> Self {
        call.read(|s| Self {
            sent: s.report.sent.len(),
            heard: s.report.heard.len(),
        })
    }

    /// What was said by this end and by the other one since.
    fn news(&mut self, call: &Call) -> [Vec<String>; 2] {
        call.read(|s| {
            let said = s.report.sent.iter().skip(self.sent);
            let said: Vec<String> = said
                .filter(|sent| sent.kind == "say")
                .map(|sent| sent.text.clone())
                .collect();
            self.sent = s.report.sent.len();
            let mut heard = Vec::new();
            while let Some(line) = s.report.heard.get(self.heard).filter(|line| line.finished) {
                if matches!(line.kind, "person" | "speech") && !line.text.is_empty() {
                    heard.push(line.text.clone());
                }
                self.heard += 1;
            }
            [said, heard]
        })
    }
}

async fn run(world: Arc<World>, call: Arc<Call>, options: Options, sid: String, index: usize) {
    let socket = match upgrade::open(&world, &call, &options).await {
        Ok(socket) => socket,
        Err((code, message)) => {
            call.note_trouble(world.clock.now(), code, message.clone());
            call.change(|s| s.report.streams[index].ended = Some("refused"));
            let error = Some(format!("{code}: {message}"));
            upgrade::announce(&call, &options, &sid, "stream-error", error);
            return;
        }
    };
    upgrade::announce(&call, &options, &sid, "stream-started", None);
    let mut out = Outgoing::new(socket);
    let ended = Box::pin(send(&world, &call, &options, &sid, index, &mut out)).await;
    call.change(|s| s.report.streams[index].ended = Some(ended));
    upgrade::announce(&call, &options, &sid, "stream-stopped", None);
}

/// Sends sound until the call, the application or somebody's wish ends it.
async fn send(
    world: &World,
    call: &Call,
    options: &Options,
    sid: &str,
    index: usize,
    out: &mut Outgoing,
) -> &'static str {
    let ids = Ids {
        stream: sid,
        call: &call.sid,
        account: &call.account_sid,
    };
    let mut writer = Writer::default();
    let mut seen = Seen::of(call);
    let mut tracks: Vec<Track> = options
        .tracks
        .iter()
        .map(|name| Track {
            name,
            voice: match *name {
                "inbound" => call.read(|s| s.voice.clone()),
                _ => OTHER_VOICE.to_owned(),
            },
            waiting: VecDeque::new(),
            at: 0,
        })
        .collect();
    let hello = [
        messages::connected(),
        writer.start(&ids, &options.tracks, &options.parameters),
    ];
    for text in hello {
        if out.send(text).await.is_err() {
            return "broken";
        }
    }
    let began = world.clock.now();
    let at_ms = call.since_start(began);
    call.quietly(|s| s.report.streams[index].opened_at_ms = Some(at_ms));
    let mut frames: Millis = 0;
    loop {
        let over = call.read(|s| {
            let stopped = options.name.as_ref().is_some_and(|name| s.stopped.contains(name));
            s.status.is_over() || stopped
        });
        if over {
            let _ = out.send(writer.stop(&ids)).await;
            let _ = out.flush(world.clock.now()).await;
            let _ = out.socket.close(None).await;
            return "stopped";
        }
        let news = seen.news(call);
        for track in &mut tracks {
            let texts = if track.name == "inbound" {
                &news[0]
            } else {
                &news[1]
            };
            for text in texts {
                let utterance = world.speech.say(text, &track.voice).await;
                track.waiting.push_back(utterance);
            }
        }
        for _ in 0..MOST_FRAMES_AT_ONCE {
            let due = began + (frames + 1) * FRAME_MS;
            if world.clock.now() < due {
                break;
            }
            frames += 1;
            for track in &mut tracks {
                let frame = track.frame();
                let media = writer.media_of(track.name, sid, frames * FRAME_MS, &frame);
                if out.send(media).await.is_err() {
                    return "broken";
                }
            }
            call.quietly(|s| s.report.streams[index].media_sent += tracks.len() as u64);
            if out.flush(due).await.is_err() {
                return "broken";
            }
        }
        // Nothing is wanted of it but its end.
        while let Some(frame) = out.socket.next().now_or_never() {
            if !matches!(frame, Some(Ok(frame)) if !frame.is_close()) {
                return "closed";
            }
        }
        world.clock.sleep_until(began + (frames + 1) * FRAME_MS).await;
    }
}
