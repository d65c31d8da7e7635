//! The event loop that is the carrier of all calls and the model of all calls: one thread, one clock.

mod carrier;
mod event_loop;
mod model;
mod replies;
mod socket;
mod tally;
#[cfg(test)]
mod tests;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::num::NonZeroU64;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, Result};

use event_loop::State;
pub(crate) use model::accept;
pub(crate) use tally::{Window, histogram};

/// What all sockets use in turn.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) buffer: Vec<u8>,
    pub(crate) out: Vec<u8>,
    pub(crate) text: Vec<u8>,
    pub(crate) window: Window,
    /// Messages that the real model would refuse.
    pub(crate) model_faults: u64,
}

/// How things stand.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Standing {
    /// Calls whose sockets are up.
    pub(crate) up: usize,
    /// Calls that ended although nobody hung up, since the start.
    pub(crate) dropped: u64,
    /// Sessions that were ever opened.
    pub(crate) sessions: usize,
    /// Messages that the real model would refuse.
    pub(crate) model_faults: u64,
    /// Close code of the last call that was dropped.
    pub(crate) last_code: u16,
}

enum Command {
    Call {
        stream: TcpStream,
        stream_sid: String,
        start: String,
    },
    Voice {
        call: u32,
        begins: bool,
    },
    HangUp {
        keep: usize,
        done: Sender<()>,
    },
    Measure,
    Finish(Sender<Window>),
    Standing(Sender<Standing>),
    End,
}

/// The running loop.
#[derive(Debug)]
pub(crate) struct Engine {
    commands: Sender<Command>,
    /// Where the model stand-in listens.
    pub(crate) model: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    /// Starts it on `core`.
    pub(crate) fn start(core: Option<usize>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("no free port")?;
        let model = listener.local_addr()?;
        let (commands, inbox) = channel();
        let mut state = State::new(listener)?;
        let thread = std::thread::Builder::new()
            .name("carrier".to_owned())
            .spawn(move || {
                // Where it runs is a wish; results tell where it did.
                let _ = core.map(crate::process::pin_thread);
                let _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(1_000));
                state.run(&inbox);
            })?;
        Ok(Self {
            commands,
            model,
            thread: Some(thread),
        })
    }

    fn tell(&self, command: Command) {
        // The loop ends only with this value.
        let _ = self.commands.send(command);
    }

    fn ask<T>(&self, make: impl FnOnce(Sender<T>) -> Command) -> Result<T> {
        let (sender, answer) = channel();
        self.tell(make(sender));
        answer
            .recv_timeout(Duration::from_secs(30))
            .context("the driver does not answer")
    }

    /// Takes over a call whose upgrade is done; it begins at once.
    pub(crate) fn call(&self, stream: TcpStream, stream_sid: String, start: String) {
        self.tell(Command::Call {
            stream,
            stream_sid,
            start,
        });
    }

    /// Lets a caller begin or end to speak.
    pub(crate) fn voice(&self, call: u32, begins: bool) {
        self.tell(Command::Voice { call, begins });
    }

    /// Lets all but the first `keep` of the calls that are up hang up.
    pub(crate) fn hang_up(&self, keep: usize) -> Result<()> {
        self.ask(|done| Command::HangUp { keep, done })
    }

    /// Begins to measure.
    pub(crate) fn begin(&self) {
        self.tell(Command::Measure);
    }

    /// Ends what [`Self::begin`] has begun.
    pub(crate) fn finish(&self) -> Result<Window> {
        self.ask(Command::Finish)
    }

    pub(crate) fn standing(&self) -> Result<Standing> {
        self.ask(Command::Standing)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.tell(Command::End);
        if let Some(thread) = self.thread.take() {
            // It has nothing left to say.
            let _ = thread.join();
        }
    }
}
