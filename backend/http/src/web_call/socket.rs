//! A browser's socket as a call sees it: frames both ways, signs of life, no flood.

use std::time::Duration;

use super::standing::{Lapse, Standing};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, Session};
use futures_util::StreamExt as _;
use phony_calls::SocketError;
use phony_calls::web::{WebFrame, WebSocket};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};

const PING_EVERY: Duration = Duration::from_secs(10);
/// A browser that has sent nothing for so long is gone, without a word.
const DEAD_AFTER: Duration = Duration::from_secs(25);
/// Sound is fifty messages a second, and a network that was held up sends several seconds of it at once.
const MESSAGES_PER_SECOND: u32 = 400;

/// Close codes of this socket.
mod code {
    pub(super) const LOST: u16 = 1011;
    pub(super) const RESTART: u16 = 1012;
    pub(super) const SIGNED_OUT: u16 = 4401;
    pub(super) const TOO_MANY: u16 = 4429;
}

/// The browser's side of one socket.
pub(super) struct BrowserSocket {
    session: Session,
    frames: AggregatedMessageStream,
    ping: Interval,
    heard_at: Instant,
    second: Instant,
    messages: u32,
    /// Why the socket is to be closed here; none leaves it to who says how the call ended.
    lost: Option<u16>,
    standing: Standing,
}

impl BrowserSocket {
    pub(super) fn new(session: Session, frames: AggregatedMessageStream, standing: Standing) -> Self {
        let mut ping = interval(PING_EVERY);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let now = Instant::now();
        Self {
            session,
            frames,
            ping,
            heard_at: now,
            second: now,
            messages: 0,
            lost: None,
            standing,
        }
    }

    fn is_flooding(&mut self, now: Instant) -> bool {
        if now - self.second >= Duration::from_secs(1) {
            self.second = now;
            self.messages = 0;
        }
        self.messages += 1;
        self.messages > MESSAGES_PER_SECOND
    }

    fn lose(&mut self, code: u16, cause: impl Into<String>) -> SocketError {
        self.lost = Some(code);
        SocketError::new(cause)
    }

    /// `None` for a message that is none for the call.
    async fn take(
        &mut self,
        message: Option<Result<AggregatedMessage, actix_ws::ProtocolError>>,
    ) -> Option<Option<Result<WebFrame, SocketError>>> {
        let now = Instant::now();
        self.heard_at = now;
        if self.is_flooding(now) {
            return Some(Some(Err(self.lose(code::TOO_MANY, "too many messages"))));
        }
        Some(match message {
            Some(Ok(AggregatedMessage::Text(text))) => Some(Ok(WebFrame::Text(text))),
            Some(Ok(AggregatedMessage::Binary(bytes))) => Some(Ok(WebFrame::Sound(bytes))),
            Some(Ok(AggregatedMessage::Ping(bytes))) => {
                // A lost pong shows as a closed socket on the next read.
                let _ = self.session.pong(&bytes).await;
                return None;
            }
            Some(Ok(AggregatedMessage::Pong(_))) => return None,
            Some(Ok(AggregatedMessage::Close(reason))) => match reason.map(|reason| reason.code) {
                Some(code) if !is_orderly(code) => {
                    let cause = format!("closed with code {}", u16::from(code));
                    Some(Err(self.lose(code::LOST, cause)))
                }
                _ => None,
            },
            Some(Err(cause)) => Some(Err(self.lose(code::LOST, cause.to_string()))),
            None => Some(Err(self.lose(code::LOST, "closed without a word"))),
        })
    }
}

/// What a browser says when its page is left or its person hangs up; anything else is an accident.
fn is_orderly(code: CloseCode) -> bool {
    matches!(code, CloseCode::Normal | CloseCode::Away)
}

pub(super) async fn close_with(session: Session, code: u16, why: &str) {
    let reason = CloseReason {
        code: CloseCode::from(code),
        description: (!why.is_empty()).then(|| why.to_owned()),
    };
    // The peer may be gone already; there is nobody left to tell.
    let _ = session.close(Some(reason)).await;
}

impl WebSocket for BrowserSocket {
    async fn recv(&mut self) -> Option<Result<WebFrame, SocketError>> {
        loop {
            tokio::select! {
                message = self.frames.next() => {
                    if let Some(taken) = self.take(message).await {
                        return taken;
                    }
                }
                lapse = self.standing.lapsed() => match lapse {
                    Lapse::Changed => {
                        return Some(Err(self.lose(code::RESTART, "the caller's rights have changed")));
                    }
                    // The call goes with its caller.
                    Lapse::Gone => {
                        self.lost = Some(code::SIGNED_OUT);
                        return None;
                    }
                },
                _ = self.ping.tick() => {
                    if self.heard_at.elapsed() > DEAD_AFTER || self.session.ping(b"").await.is_err() {
                        return Some(Err(self.lose(code::LOST, "the browser does not answer")));
                    }
                }
            }
        }
    }

    async fn send(&mut self, frame: WebFrame) -> Result<(), SocketError> {
        let sent = match frame {
            WebFrame::Text(text) => self.session.text(text).await,
            WebFrame::Sound(bytes) => self.session.binary(bytes).await,
        };
        sent.map_err(|_| self.lose(code::LOST, "closed"))
    }

    async fn close(&mut self) {
        if let Some(code) = self.lost {
            close_with(self.session.clone(), code, "").await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_orderly_close_means_that_the_caller_hung_up() {
        for code in [1000, 1001] {
            assert!(is_orderly(CloseCode::from(code)), "{code}");
        }
        for code in [1002, 1006, 1011, 4000] {
            assert!(!is_orderly(CloseCode::from(code)), "{code}");
        }
    }
}
