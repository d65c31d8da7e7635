//! The whole product on free ports: real PostgreSQL, Redis, HTTP, WebSocket and the simulator.
//!
//! Everything a journey starts is its own, so journeys run side by side and in any order. They wait for
//! conditions, with a bound, and never sleep for luck.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a journey that cannot go on fails, and says why"
)]

mod api;
mod authenticator;
mod balancer;
mod browser_socket;
mod calls;
mod live;
mod mail;
mod product;
mod rows;
mod simulated;
mod sound_socket;
mod speech;
mod stopwatch;
mod web_phone;

pub use api::{Answer, Client};
pub use authenticator::Authenticator;
pub use balancer::Balancer;
pub use calls::AnsweredNumber;
pub use live::LiveSocket;
pub use mail::Letter;
pub use product::{PASSWORD, Product, Tenant};
pub use rows::{Away, Rows};
pub use simulated::Caller;
pub use sound_socket::{AGENT, CALLER, Heard, SUPERVISOR, SoundSocket};
pub use speech::{SpeechLine, Spoken};
pub use stopwatch::Stopwatch;
pub use web_phone::{Got, WebPhone};

use std::future::Future;
use std::time::{Duration, Instant};

/// Longest wait for a condition. Only who fails waits so long; a machine that is busy with other things may need it.
pub const PATIENCE: Duration = Duration::from_secs(45);

/// Asks until the answer is there, and fails with `what` when it does not come.
///
/// # Panics
/// When the answer does not come in time.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, ask: impl Fn() -> F) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
