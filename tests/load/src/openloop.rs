//! HTTP at a given rate, or as fast as it goes.
//!
//! At a given rate the times are set beforehand, as calls come: whoever waits because everybody before waited is
//! counted from the time at which it should have been asked.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use hdrhistogram::Histogram;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep_until};

use crate::engine::histogram;
use crate::http;

/// Makes the request with this number.
pub(crate) type Make = Rc<dyn Fn(u64) -> Vec<u8>>;

/// What an answer must say to be a good one, beside its status of 200: a refusal in polite TwiML has that too.
pub(crate) type Says = &'static str;

/// What a run brought.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    /// From the time it should have been asked to the whole answer.
    pub(crate) times: Histogram<u64>,
    pub(crate) good: u64,
    pub(crate) bad: u64,
    /// Good answers a second.
    pub(crate) rate: f64,
    /// Requests that could not go out in time, because nobody was free to ask.
    pub(crate) late: u64,
}

struct Plan {
    next: Cell<u64>,
    /// When each request is due, in nanoseconds; empty for as fast as it goes.
    due: Vec<u64>,
    begun: Instant,
    time: Duration,
    says: Says,
    load: RefCell<Load>,
}

/// Asks at `rate` a second, at random times, over at most `connections`.
pub(crate) fn at_rate(
    address: SocketAddr,
    rate: f64,
    time: Duration,
    connections: usize,
    make: &Make,
    says: Says,
) -> Result<Load> {
    let mut noise = 0x2545_f491_4f6c_dd1d_u64;
    let mut due = Vec::new();
    let mut at = 0.0;
    while at < time.as_secs_f64() {
        noise ^= noise << 13;
        noise ^= noise >> 7;
        noise ^= noise << 17;
        #[expect(clippy::cast_precision_loss, reason = "a random share")]
        let share = ((noise >> 11) as f64 / (1_u64 << 53) as f64).max(1e-12);
        at -= share.ln() / rate;
        due.push(u64::try_from(Duration::from_secs_f64(at).as_nanos()).unwrap_or(u64::MAX));
    }
    run(address, due, time, connections, make, says)
}

/// Asks as fast as `connections` get answers.
pub(crate) fn flat_out(
    address: SocketAddr,
    time: Duration,
    connections: usize,
    make: &Make,
    says: Says,
) -> Result<Load> {
    run(address, Vec::new(), time, connections, make, says)
}

fn run(
    address: SocketAddr,
    due: Vec<u64>,
    time: Duration,
    connections: usize,
    make: &Make,
    says: Says,
) -> Result<Load> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let local = LocalSet::new();
    local.block_on(&runtime, async {
        let mut sockets = Vec::new();
        for _ in 0..connections {
            let stream = TcpStream::connect(address).await.context("no connection")?;
            stream.set_nodelay(true)?;
            sockets.push(stream);
        }
        let plan = Rc::new(Plan {
            next: Cell::new(0),
            due,
            begun: Instant::now(),
            time,
            says,
            load: RefCell::new(Load {
                times: histogram(),
                good: 0,
                bad: 0,
                rate: 0.0,
                late: 0,
            }),
        });
        let workers = sockets.into_iter().map(|stream| {
            let (plan, make) = (Rc::clone(&plan), Rc::clone(make));
            tokio::task::spawn_local(async move { work(stream, &plan, &make).await })
        });
        for worker in workers.collect::<Vec<_>>() {
            let limit = time + Duration::from_secs(20);
            tokio::time::timeout(limit, worker)
                .await
                .context("no answer in time")???;
        }
        let seconds = plan.begun.elapsed().as_secs_f64();
        let mut load = plan.load.borrow().clone();
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let good = load.good as f64;
        load.rate = good / seconds;
        Ok(load)
    })
}

async fn work(mut stream: TcpStream, plan: &Plan, make: &Make) -> Result<()> {
    let mut buffer = Vec::with_capacity(16 * 1024);
    loop {
        let number = plan.next.get();
        plan.next.set(number + 1);
        let mut from = Instant::now();
        if plan.due.is_empty() {
            if plan.begun.elapsed() > plan.time {
                return Ok(());
            }
        } else {
            let Some(due) = usize::try_from(number).ok().and_then(|at| plan.due.get(at)) else {
                return Ok(());
            };
            let due = plan.begun + Duration::from_nanos(*due);
            if due > from {
                // Timers are exact to a millisecond; what they are late is not the server's fault.
                sleep_until(due).await;
                from = Instant::now();
            } else {
                if from - due > Duration::from_millis(1) {
                    plan.load.borrow_mut().late += 1;
                }
                from = due;
            }
        }
        stream.write_all(&make(number)).await?;
        let status = answer(&mut stream, &mut buffer).await?;
        let took = u64::try_from(from.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let mut load = plan.load.borrow_mut();
        if status == 200 && contains(&buffer, plan.says) {
            load.good += 1;
            load.times.saturating_record(took);
        } else {
            load.bad += 1;
        }
    }
}

fn contains(answer: &[u8], text: &str) -> bool {
    text.is_empty() || answer.windows(text.len()).any(|window| window == text.as_bytes())
}

async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<u16> {
    buffer.clear();
    loop {
        if stream.read_buf(buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        if let Some(status) = http::complete(buffer)? {
            return Ok(status);
        }
    }
}
