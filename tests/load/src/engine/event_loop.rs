//! The loop itself: what is due is sent, what came is read, what the other threads want is done.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender};

use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::fd::OwnedFd;
use rustix::time::Timespec;

use super::carrier::Carrier;
use super::model::Session;
use super::socket::{Gone, Socket};
use super::{Command, Shared, Standing, Window};
use crate::clock::now_ns;

/// What a frame lasts.
const FRAME_NS: u64 = 20_000_000;
/// Longest wait without a look at what the other threads want.
const LOOK_NS: u64 = 5_000_000;
/// Frames on their way at the end of a window have this long to come back.
const GRACE_NS: u64 = 1_000_000_000;
/// What may be read at one time, with the part that was kept.
const BUFFER: usize = 512 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Frame(usize),
    Mark(usize),
}

const LISTENER: u64 = u64::MAX;
const SESSION: u64 = 1 << 32;

pub(super) struct State {
    epoll: OwnedFd,
    listener: TcpListener,
    calls: Vec<Carrier>,
    sessions: Vec<Option<Session>>,
    due: BinaryHeap<Reverse<(u64, Due)>>,
    shared: Shared,
    finishing: Option<(u64, Sender<Window>)>,
    busy: u64,
    measured_from: u64,
    dropped: u64,
    last_code: u16,
    opened: usize,
}

impl State {
    pub(super) fn new(listener: TcpListener) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        listener.set_nonblocking(true)?;
        epoll::add(&epoll, &listener, EventData::new_u64(LISTENER), EventFlags::IN)?;
        Ok(Self {
            epoll,
            listener,
            calls: Vec::new(),
            sessions: Vec::new(),
            due: BinaryHeap::new(),
            shared: Shared {
                buffer: vec![0; BUFFER],
                out: Vec::new(),
                text: Vec::new(),
                window: Window::new(u64::MAX),
                model_faults: 0,
            },
            finishing: None,
            busy: 0,
            measured_from: 0,
            dropped: 0,
            last_code: 0,
            opened: 0,
        })
    }

    pub(super) fn run(&mut self, inbox: &Receiver<Command>) {
        let mut events = Vec::with_capacity(256);
        let mut awake = now_ns();
        loop {
            while let Ok(command) = inbox.try_recv() {
                if matches!(command, Command::End) {
                    return;
                }
                self.command(command);
            }
            self.send_due();
            if self.finishing.as_ref().is_some_and(|(at, _)| *at <= now_ns()) {
                self.settle();
            }
            let now = now_ns();
            let until = self.due.peek().map_or(now + LOOK_NS, |Reverse((at, _))| *at);
            let wait = until.saturating_sub(now).min(LOOK_NS);
            let timeout = Timespec {
                tv_sec: 0,
                tv_nsec: i64::try_from(wait).unwrap_or(0),
            };
            self.busy += now - awake;
            events.clear();
            // An interrupted wait is a short one.
            let _ = epoll::wait(
                &self.epoll,
                rustix::buffer::spare_capacity(&mut events),
                Some(&timeout),
            );
            awake = now_ns();
            for event in &events {
                let data = event.data.u64();
                match data {
                    LISTENER => self.accept(),
                    session if session & SESSION != 0 => self.session(index(session & !SESSION)),
                    call => self.carrier(index(call)),
                }
            }
        }
    }

    /// Sends what is due, but not so much at once that what came would wait long.
    fn send_due(&mut self) {
        for _ in 0..8 {
            let now = now_ns();
            let Some(Reverse((at, what))) = self.due.peek().copied() else {
                return;
            };
            if at > now {
                return;
            }
            self.due.pop();
            match what {
                Due::Frame(call) => {
                    let Some(carrier) = self.calls.get_mut(call) else {
                        continue;
                    };
                    if !carrier.up {
                        continue;
                    }
                    if at >= self.shared.window.from && at < self.shared.window.to {
                        self.shared.window.lag.saturating_record(now - at);
                    }
                    let sent = carrier.send_frame(now, &mut self.shared);
                    let sent = sent.and_then(|()| carrier.socket.flush());
                    self.due.push(Reverse((at + FRAME_NS, what)));
                    self.judge_call(call, sent);
                }
                Due::Mark(call) => {
                    let Some(carrier) = self.calls.get_mut(call) else {
                        continue;
                    };
                    if carrier.up {
                        let played = carrier.play(now, &mut self.shared);
                        self.judge_call(call, played);
                    }
                }
            }
        }
    }

    fn accept(&mut self) {
        while let Ok((stream, _)) = self.listener.accept() {
            let id = self.sessions.len();
            let Ok(socket) = Socket::new(stream, false) else {
                continue;
            };
            let number = u64::try_from(id).unwrap_or(0);
            let added = epoll::add(
                &self.epoll,
                &socket.stream,
                EventData::new_u64(SESSION | number),
                EventFlags::IN,
            );
            if added.is_ok() {
                self.opened += 1;
                let session = Session::new(u32::try_from(id).unwrap_or(0), socket);
                self.sessions.push(Some(session));
            }
        }
    }

    fn session(&mut self, id: usize) {
        let Some(place) = self.sessions.get_mut(id) else {
            return;
        };
        let Some(session) = place else { return };
        let result = session.readable(&mut self.shared, &mut self.calls);
        let result = result.and_then(|()| session.socket.flush());
        if result.is_err() {
            // Dropping the socket takes it out of the loop.
            *place = None;
        }
    }

    fn carrier(&mut self, call: usize) {
        let Some(carrier) = self.calls.get_mut(call) else {
            return;
        };
        let result = carrier.readable(&mut self.shared);
        self.judge_call(call, result);
    }

    fn judge_call(&mut self, call: usize, result: Result<(), Gone>) {
        let Some(carrier) = self.calls.get_mut(call) else {
            return;
        };
        if let Some(due) = carrier.next_mark()
            && carrier.alarm != Some(due)
        {
            carrier.alarm = Some(due);
            self.due.push(Reverse((due, Due::Mark(call))));
        }
        let Err(gone) = result else { return };
        // A socket that is never looked at again must not wake the loop.
        let _ = epoll::delete(&self.epoll, &carrier.socket.stream);
        // The stream stays until the end, closed for both sides.
        let _ = carrier.socket.stream.shutdown(std::net::Shutdown::Both);
        if !carrier.leaving {
            self.dropped += 1;
            self.shared.window.dropped += 1;
            self.last_code = match gone {
                Gone::Closed(code) => code,
                Gone::Broken => 0,
            };
        }
        carrier.up = false;
        carrier.leaving = true;
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Call {
                stream,
                stream_sid,
                start,
            } => self.add_call(stream, &stream_sid, &start),
            Command::Voice { call, begins } => self.voice(call, begins),
            Command::HangUp { keep, done } => {
                let mut up = 0;
                for carrier in &mut self.calls {
                    if carrier.up {
                        up += 1;
                        if up > keep {
                            carrier.hang_up(&mut self.shared);
                        }
                    }
                }
                // Whoever asked may have given up waiting.
                let _ = done.send(());
            }
            Command::Measure => {
                self.busy = 0;
                self.measured_from = now_ns();
                self.shared.window = Window::new(self.measured_from);
            }
            Command::Finish(sender) => {
                let now = now_ns();
                let passed = (now - self.measured_from).max(1);
                #[expect(clippy::cast_precision_loss, reason = "a share")]
                let share = self.busy as f64 / passed as f64;
                self.shared.window.driver_busy = share;
                self.shared.window.to = now;
                self.finishing = Some((now + GRACE_NS, sender));
            }
            Command::Standing(sender) => {
                let standing = Standing {
                    up: self.calls.iter().filter(|call| call.up).count(),
                    dropped: self.dropped,
                    sessions: self.opened,
                    model_faults: self.shared.model_faults,
                    last_code: self.last_code,
                };
                let _ = sender.send(standing);
            }
            Command::End => {}
        }
    }

    fn add_call(&mut self, stream: TcpStream, stream_sid: &str, start: &str) {
        let call = self.calls.len();
        let number = u64::try_from(call).unwrap_or(0);
        let Ok(socket) = Socket::new(stream, true) else {
            return;
        };
        let flags = EventFlags::IN;
        if epoll::add(&self.epoll, &socket.stream, EventData::new_u64(number), flags).is_err() {
            return;
        }
        let now = now_ns();
        let mut carrier = Carrier::new(u32::try_from(call).unwrap_or(0), socket, stream_sid, now);
        let connected = br#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#;
        let begun = carrier.socket.text(&[connected], &mut self.shared.out);
        let begun = begun.and_then(|()| carrier.socket.text(&[start.as_bytes()], &mut self.shared.out));
        // Callers do not speak in step: a stride by the golden ratio spreads any number of them evenly.
        let phase = number.wrapping_mul(12_360_680) % FRAME_NS;
        let first = now - now % FRAME_NS + FRAME_NS + phase;
        self.due.push(Reverse((first, Due::Frame(call))));
        self.calls.push(carrier);
        self.judge_call(call, begun);
    }

    fn voice(&mut self, call: u32, begins: bool) {
        let session = self.sessions.iter_mut().flatten();
        let Some(session) = session.into_iter().find(|one| one.call == Some(call)) else {
            return;
        };
        if begins && let Some(carrier) = self.calls.get_mut(index(u64::from(call))) {
            carrier.spoke_at = Some(now_ns());
        }
        // A session that is gone shows when it is read.
        let _ = if begins {
            session.voice_begins(&mut self.shared)
        } else {
            session.voice_ends(&mut self.shared)
        };
    }

    fn settle(&mut self) {
        let Some((_, sender)) = self.finishing.take() else {
            return;
        };
        for carrier in &mut self.calls {
            // Calls that hung up or were cut off miss their last frames, which is told apart.
            if carrier.up {
                carrier.frames.settle(&mut self.shared.window);
            }
        }
        let window = std::mem::replace(&mut self.shared.window, Window::new(u64::MAX));
        let _ = sender.send(window);
    }
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
