//! A fork of a call's sound that the carrier sends, for calls whose engine does not hear sound. It is asked for when
//! somebody listens, and let go a little after the last one has left.

use std::time::Duration;

use phony_carriers::twilio::streams::FromCarrier;
use phony_kernel::{CallId, Result, TenantId};
use tokio::time::{Instant, interval};

use super::Listeners;
use super::listening::{lease_key, no_bus};
use crate::calls::Calls;
use crate::directory::within;
use crate::socket::StreamSocket;

/// How long a fork is taken as being there after its last sign.
const MARK_SECONDS: u64 = 15;
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Looks without a listener before it is let go: who looks away for a moment does not pay for another one.
const MOST_IDLE_LOOKS: u32 = 4;
/// Both ends send sound all the time, silence too.
const MUTE_CARRIER: Duration = Duration::from_secs(10);

/// Which call a fork is of.
#[derive(Debug, Clone, Copy)]
pub struct SoundFork {
    /// Whose call it is.
    pub tenant: TenantId,
    /// Which call.
    pub call: CallId,
    /// How long ago it was answered.
    pub answered_ago: Duration,
}

fn mark_key(tenant: TenantId, call: CallId) -> String {
    format!("t:{{{}}}:fork:{}", tenant.uuid(), call.uuid())
}

impl Calls {
    /// Whether the caller of this is to ask the carrier for a fork: nobody else has, and none is there. What came of it
    /// shows within fifteen seconds, after which another one is asked for.
    ///
    /// # Errors
    /// `unavailable` when Redis does not answer.
    pub async fn claim_fork(&self, tenant: TenantId, call: CallId) -> Result<bool> {
        let mut redis = self.0.bus.as_ref().ok_or_else(no_bus)?.redis();
        let mut claim = redis::cmd("SET");
        claim
            .arg(mark_key(tenant, call))
            .arg(1)
            .arg("NX")
            .arg("EX")
            .arg(MARK_SECONDS);
        let claimed: Option<String> = within(claim.query_async(&mut redis)).await?;
        Ok(claimed.is_some())
    }

    /// Passes a fork on to those who listen, until nobody does, the carrier ends it, or it is lost.
    pub async fn pass_on_fork(&self, fork: &SoundFork, socket: &mut impl StreamSocket) {
        let began = Instant::now();
        let mut listeners = Listeners::new(fork.tenant, fork.call, self.0.bus.as_ref());
        let mut look = interval(LOOK_EVERY);
        let mut idle_looks = 0;
        let mut last_frame = began;
        loop {
            tokio::select! {
                frame = socket.recv() => {
                    let Some(Ok(text)) = frame else { break };
                    last_frame = Instant::now();
                    match FromCarrier::parse(&text) {
                        Ok(FromCarrier::Media(media)) => {
                            let now = fork.answered_ago + began.elapsed();
                            let now_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
                            listeners.carried(now_ms, media.inbound, media.timestamp_ms, &media.payload);
                        }
                        Ok(FromCarrier::Stop) => break,
                        _ => {}
                    }
                }
                _ = look.tick() => {
                    idle_looks = if self.keep_fork(fork).await { 0 } else { idle_looks + 1 };
                    if idle_looks >= MOST_IDLE_LOOKS || last_frame.elapsed() > MUTE_CARRIER {
                        break;
                    }
                }
            }
        }
        self.forget_fork(fork).await;
    }

    /// Says that the fork is there. Gives whether somebody listens.
    async fn keep_fork(&self, fork: &SoundFork) -> bool {
        let Some(bus) = &self.0.bus else { return false };
        let mut keep = redis::pipe();
        keep.cmd("SET")
            .arg(mark_key(fork.tenant, fork.call))
            .arg(1)
            .arg("EX")
            .arg(MARK_SECONDS)
            .ignore()
            .cmd("EXISTS")
            .arg(lease_key(fork.tenant, fork.call));
        let listened: Result<(bool,)> = within(keep.query_async(&mut bus.redis())).await;
        matches!(listened, Ok((true,)))
    }

    async fn forget_fork(&self, fork: &SoundFork) {
        let Some(bus) = &self.0.bus else { return };
        let mut forget = redis::cmd("DEL");
        forget.arg(mark_key(fork.tenant, fork.call));
        // It runs out by itself.
        let _: Result<()> = within(forget.query_async(&mut bus.redis())).await;
    }
}
