//! Twenty people who look: one thread that reads all their sockets and notes how old each event is.

use std::mem::replace;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use hdrhistogram::Histogram;
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::time::{ClockId, Timespec, clock_gettime};

use super::glance::{Glance, glance};
use super::watcher::{Came, Message, Watcher};
use crate::engine::histogram;

/// Longest wait without a look at whether the watching is over.
const LOOK: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 50_000_000,
};

/// The time of day, in nanoseconds since 1970: the clock that events are stamped by.
pub(super) fn wall_clock_ns() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_nanos()).unwrap_or(i64::MAX)
}

/// A finished sentence.
#[derive(Debug)]
pub(super) struct Sentence {
    pub(super) call: String,
    /// Its line.
    pub(super) item: String,
    pub(super) at_ms: i64,
}

/// What a stretch of watching brought.
#[derive(Debug)]
pub(super) struct Stretch {
    pub(super) since: Instant,
    /// Ages of the wall's events, by all watchers.
    pub(super) wall: Histogram<u64>,
    /// Ages of the events of the watchers' own calls.
    pub(super) call: Histogram<u64>,
    /// Events that the first watcher saw on the wall.
    pub(super) wall_events: u64,
    /// Finished sentences among them.
    pub(super) finals: Vec<Sentence>,
    /// Frames that were no events: snapshots, gaps, errors.
    pub(super) others: Vec<String>,
}

impl Stretch {
    fn new() -> Self {
        Self {
            since: Instant::now(),
            wall: histogram(),
            call: histogram(),
            wall_events: 0,
            finals: Vec::new(),
            others: Vec::new(),
        }
    }

    /// Notes an event that was read at `now`, by the first watcher or another.
    fn note(&mut self, seen: &Glance<'_>, now: i64, first: bool) {
        // The stamp is cut to the millisecond, so an event is up to one younger than this says.
        let age = u64::try_from(now - seen.at_ms * 1_000_000).unwrap_or(0);
        if !seen.wall {
            self.call.saturating_record(age);
            return;
        }
        self.wall.saturating_record(age);
        if !first {
            return;
        }
        self.wall_events += 1;
        if let ("speech.final", Some(item)) = (seen.event, seen.item) {
            self.finals.push(Sentence {
                call: seen.call.to_owned(),
                item: item.to_owned(),
                at_ms: seen.at_ms,
            });
        }
    }
}

#[derive(Debug)]
struct Shared {
    stretch: Mutex<Stretch>,
    over: AtomicBool,
    /// Processor time of the thread, in nanoseconds.
    cpu_ns: AtomicU64,
}

/// The watchers at work.
#[derive(Debug)]
pub(super) struct Watching {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Watching {
    /// Has `watchers`, who have subscribed, watch from now on.
    pub(super) fn start(watchers: Vec<Watcher>) -> Result<Self> {
        let shared = Arc::new(Shared {
            stretch: Mutex::new(Stretch::new()),
            over: AtomicBool::new(false),
            cpu_ns: AtomicU64::new(0),
        });
        let kept = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("watchers".to_owned())
            .spawn(move || watch(watchers, &kept))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// What was seen since the last time; a new stretch begins.
    pub(super) fn take(&self) -> Stretch {
        let mut stretch = self.shared.stretch.lock().unwrap_or_else(PoisonError::into_inner);
        replace(&mut *stretch, Stretch::new())
    }

    /// Processor time of the watchers so far, in seconds.
    pub(super) fn cpu_seconds(&self) -> f64 {
        Duration::from_nanos(self.shared.cpu_ns.load(Ordering::Relaxed)).as_secs_f64()
    }

    /// Ends the watching; an error is a socket that was closed meanwhile.
    pub(super) fn end(mut self) -> Result<()> {
        self.shared.over.store(true, Ordering::Relaxed);
        let thread = self.thread.take().context("ended before")?;
        thread
            .join()
            .unwrap_or_else(|_| Err(anyhow::anyhow!("the watchers fell over")))
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
    }
}

fn watch(mut watchers: Vec<Watcher>, shared: &Shared) -> Result<()> {
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    for (number, watcher) in (0..).zip(&watchers) {
        watcher.stream.set_nonblocking(true)?;
        epoll::add(&poll, &watcher.stream, EventData::new_u64(number), EventFlags::IN)?;
    }
    let mut ready = Vec::with_capacity(watchers.len());
    while !shared.over.load(Ordering::Relaxed) {
        ready.clear();
        // An interrupted wait is a short one.
        let _ = epoll::wait(&poll, rustix::buffer::spare_capacity(&mut ready), Some(&LOOK));
        if ready.is_empty() {
            continue;
        }
        let mut stretch = shared.stretch.lock().unwrap_or_else(PoisonError::into_inner);
        for event in &ready {
            let number = usize::try_from(event.data.u64()).unwrap_or(0);
            look(&mut watchers[number], number, &mut stretch)?;
        }
        drop(stretch);
        let used = clock_gettime(ClockId::ThreadCPUTime);
        let used = Duration::new(
            u64::try_from(used.tv_sec).unwrap_or(0),
            u32::try_from(used.tv_nsec).unwrap_or(0),
        );
        let used = u64::try_from(used.as_nanos()).unwrap_or(0);
        shared.cpu_ns.store(used, Ordering::Relaxed);
    }
    Ok(())
}

/// Reads what has come to one watcher.
fn look(watcher: &mut Watcher, number: usize, stretch: &mut Stretch) -> Result<()> {
    if watcher.fill() == Came::End {
        anyhow::bail!("the socket of watcher {number} ended");
    }
    let now = wall_clock_ns();
    while let Some(message) = watcher.next() {
        match message {
            Message::Text(text) => match glance(text) {
                Some(seen) => stretch.note(&seen, now, number == 0),
                None => stretch.others.push(text.chars().take(80).collect()),
            },
            Message::Closed(code) => anyhow::bail!("the socket of watcher {number} was closed with {code}"),
        }
    }
    Ok(())
}
