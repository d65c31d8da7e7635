//! One stream: from the upgrade to the socket's end, frame by frame.

use futures_util::{FutureExt, StreamExt};

use super::FRAME_MS;
use super::faults::Line;
use super::hearing::Hearing;
use super::messages::{self, Ids, Writer};
use super::mouth::Mouth;
use super::options::{Options, Use};
use super::outgoing::Outgoing;
use super::playout::Playout;
use super::report::StreamReport;
use super::upgrade;
use crate::calls::Hears;
use crate::calls::runner::{Flow, Runner};
use crate::clock::Millis;
use crate::control::settings::Settings;
use crate::twiml::Element;

/// How a stream ended.
pub(crate) enum Outcome {
    /// The agent closed it, it never opened, or it broke: the call goes on.
    Over,
    /// The call itself ended or was sent elsewhere.
    Left(Flow),
}

/// Why the loop ends.
pub(super) enum End {
    /// The agent closed the socket, with this code.
    Closed(Option<u16>),
    Broken {
        code: u32,
        message: String,
    },
    /// On demand.
    Killed {
        mid_frame: bool,
    },
    Left(Flow),
}

/// Warnings the carrier gives once a stream.
#[derive(Default)]
pub(super) struct Warned {
    pub(super) binary: bool,
    pub(super) invalid: bool,
    pub(super) overflow: bool,
}

/// A stream while it runs.
pub(super) struct Live<'a> {
    pub(super) runner: &'a mut Runner,
    pub(super) sid: String,
    pub(super) settings: Settings,
    pub(super) out: Outgoing,
    pub(super) writer: Writer,
    pub(super) playout: Playout,
    pub(super) mouth: Mouth,
    pub(super) hearing: Hearing,
    pub(super) line: Line,
    pub(super) warned: Warned,
    /// Place in the report.
    pub(super) index: usize,
    pub(super) began: Millis,
    pub(super) frames: u64,
    /// Frames that are still to be lost.
    pub(super) losing: u64,
    pub(super) end: Option<End>,
}

/// Runs a stream until it ends one way or another.
pub(crate) async fn run(runner: &mut Runner, noun: &Element) -> Outcome {
    let (options, usable) = Options::read(noun, runner.base.as_ref(), Use::Connected);
    let sid = crate::ids::sid("MZ");
    let now = runner.world.clock.now();
    for (code, message) in &options.warnings {
        runner.call.note_trouble(now, *code, message.clone());
    }
    let report = StreamReport {
        stream_sid: sid.clone(),
        url: options.url.clone(),
        name: options.name.clone(),
        custom_parameters: options.parameters.clone(),
        ..StreamReport::default()
    };
    let index = runner.call.change(|s| {
        s.report.streams.push(report);
        s.report.streams.len() - 1
    });
    let opened = match usable {
        Ok(()) => upgrade::open(&runner.world, &runner.call, &options).await,
        Err(unusable) => Err((unusable.code, unusable.message)),
    };
    let outcome = match opened {
        Ok(socket) => Box::pin(converse(runner, socket, &options, &sid, index)).await,
        Err((code, message)) => {
            let now = runner.world.clock.now();
            runner.call.note_trouble(now, code, message.clone());
            runner
                .call
                .change(|s| s.report.streams[index].ended = Some("refused"));
            let error = Some(format!("{code}: {message}"));
            upgrade::announce(&runner.call, &options, &sid, "stream-error", error);
            Outcome::Over
        }
    };
    runner.call.change(|s| s.hears = Hears::Nothing);
    outcome
}

async fn converse(
    runner: &mut Runner,
    socket: crate::relay::socket::Socket,
    options: &Options,
    sid: &str,
    index: usize,
) -> Outcome {
    let settings = runner.world.settings();
    let now = runner.world.clock.now();
    let hearing = Hearing::new(&runner.world.speech, index);
    let mut live = Live {
        sid: sid.to_owned(),
        out: Outgoing::new(socket),
        writer: Writer::new(settings.future_messages),
        playout: Playout::default(),
        mouth: Mouth::new(settings.audible_keys),
        hearing,
        line: Line::default(),
        warned: Warned::default(),
        index,
        began: now,
        frames: 0,
        losing: 0,
        end: None,
        settings,
        runner,
    };
    live.open(options).await;
    upgrade::announce(&live.runner.call, options, sid, "stream-started", None);
    let end = Box::pin(live.run()).await;
    let (outcome, error) = live.close(end).await;
    let call = &runner.call;
    if let Some(error) = error {
        upgrade::announce(call, options, sid, "stream-error", Some(error));
    }
    upgrade::announce(call, options, sid, "stream-stopped", None);
    outcome
}

impl Live<'_> {
    pub(super) fn ids(&self) -> Ids<'_> {
        Ids {
            stream: &self.sid,
            call: &self.runner.call.sid,
            account: &self.runner.call.account_sid,
        }
    }

    pub(super) fn now(&self) -> Millis {
        self.runner.world.clock.now()
    }

    /// Changes the report without waking those who wait for something to happen.
    pub(super) fn count(&self, act: impl FnOnce(&mut StreamReport)) {
        let index = self.index;
        self.runner.call.quietly(|s| act(&mut s.report.streams[index]));
    }

    pub(super) fn note(&self, at: Millis, kind: &'static str, name: Option<&str>, ms: Option<u64>) {
        let at_ms = self.runner.call.since_start(at);
        let index = self.index;
        self.runner
            .call
            .change(|s| s.report.streams[index].note(at_ms, kind, name, ms));
    }

    pub(super) async fn post(&mut self, text: String) {
        if let Err(message) = self.out.send(text).await {
            self.broken(31903, message);
        }
    }

    pub(super) fn broken(&mut self, code: u32, message: impl Into<String>) {
        if self.end.is_none() {
            self.end = Some(End::Broken {
                code,
                message: message.into(),
            });
        }
    }

    pub(super) async fn open(&mut self, options: &Options) {
        self.post(messages::connected()).await;
        let mut writer = std::mem::take(&mut self.writer);
        let start = writer.start(&self.ids(), &options.tracks, &options.parameters);
        self.writer = writer;
        self.post(start).await;
        if self.writer.future {
            let unknown = self.writer.unknown(&self.sid);
            self.post(unknown).await;
        }
        self.began = self.now();
        let at_ms = self.runner.call.since_start(self.began);
        self.count(|report| report.opened_at_ms = Some(at_ms));
        self.runner.call.change(|s| s.hears = Hears::Sound);
    }

    /// After a pause of the whole process, what arrived meanwhile counts as having arrived in time.
    async fn read_what_is_there(&mut self) {
        while !self.line.deaf && self.end.is_none() {
            let Some(frame) = self.out.socket.next().now_or_never() else {
                return;
            };
            self.on_frame(frame).await;
        }
    }

    pub(super) async fn run(&mut self) -> End {
        let clock = self.runner.world.clock;
        loop {
            self.read_what_is_there().await;
            self.catch_up().await;
            if let Some(end) = self.end.take() {
                return end;
            }
            let due = self.began + (self.frames + 1) * FRAME_MS;
            tokio::select! {
                () = clock.sleep_until(due) => {}
                signal = self.runner.inbox.recv() => match signal {
                    Some(signal) => self.on_signal(signal).await,
                    None => self.end = Some(End::Left(Flow::End("carrier"))),
                },
                frame = self.out.socket.next(), if !self.line.deaf => self.on_frame(frame).await,
            }
        }
    }
}
