//! One open live socket: one loop, one queue, one task per subscription.
//!
//! A subscription that cannot hand its next frame to the queue waits; the bus then reads it on from the
//! stream, or tells it of a gap. So a slow browser costs a bounded amount and harms nobody else.

use std::collections::HashMap;
use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::web;
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, Session};
use bytestring::ByteString;
use futures_util::StreamExt as _;
use phony_app::identity::RIGHTS_CHANGED;
use phony_app::supervision::SocketPlace;
use phony_app::{App, Principal};
use phony_conversation::Action;
use phony_kernel::{CallId, Error, Kind, Permission};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::attending::Keyboards;
use super::follow::follow;
use super::protocol::{ClientFrame, ServerFrame, TopicName};

/// Frames that may wait for a slow browser.
const QUEUE_FRAMES: usize = 256;
/// Frames that are sent before anything else has its turn.
const SENT_AT_ONCE: usize = 32;
/// Subscriptions of one socket.
const MAX_SUBSCRIPTIONS: usize = 64;
/// Messages that a browser may send in one second.
const MESSAGES_PER_SECOND: u32 = 20;
const PING_EVERY: Duration = Duration::from_secs(20);
const DEAD_AFTER: Duration = Duration::from_secs(45);
const SEND_WITHIN: Duration = Duration::from_secs(10);
const RECHECK_EVERY: Duration = Duration::from_secs(2);

/// Close codes of api.md §4.
mod close {
    pub(super) const SIGNED_OUT: u16 = 4401;
    pub(super) const NOT_READING: u16 = 4408;
    pub(super) const TOO_MANY: u16 = 4429;
    pub(super) const RESTART: u16 = 1012;
}

/// What a socket speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// The frames of [`super::protocol`], both ways.
    Frames,
    /// The events of one call in the form of older dashboards; what the client says is passed over.
    OlderEvents(CallId),
}

/// What waits for the browser: our own answers, and events that many sockets share.
pub(crate) enum Outgoing {
    /// An answer.
    Frame(Box<ServerFrame>),
    /// An event as text.
    Shared(ByteString),
}

impl Outgoing {
    fn into_text(self) -> ByteString {
        match self {
            Self::Frame(frame) => serde_json::to_string(&frame).unwrap_or_default().into(),
            Self::Shared(text) => text,
        }
    }
}

impl From<ServerFrame> for Outgoing {
    fn from(frame: ServerFrame) -> Self {
        Self::Frame(Box::new(frame))
    }
}

struct Live {
    app: web::Data<App>,
    who: Principal,
    queue: mpsc::Sender<Outgoing>,
    subscriptions: HashMap<TopicName, JoinHandle<()>>,
    keyboards: Arc<Keyboards>,
    second: Instant,
    messages_this_second: u32,
}

/// Serves one socket until either side closes it.
pub(super) async fn run(
    app: web::Data<App>,
    who: Principal,
    place: SocketPlace,
    form: Form,
    mut socket: Session,
    mut frames: AggregatedMessageStream,
) {
    let (queue, mut outgoing) = mpsc::channel(QUEUE_FRAMES);
    let mut live = Live {
        app,
        who,
        queue,
        subscriptions: HashMap::new(),
        keyboards: Arc::default(),
        second: Instant::now(),
        messages_this_second: 0,
    };
    if let Form::OlderEvents(call) = form {
        live.send_older_events(call);
    }
    let mut ping = interval(PING_EVERY);
    let mut recheck = interval(RECHECK_EVERY);
    recheck.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut asking: Option<Asking> = None;
    let mut heard_at = Instant::now();
    let code = loop {
        tokio::select! {
            frame = outgoing.recv() => {
                let Some(frame) = frame else { break None };
                match timeout(SEND_WITHIN, send_on(&mut socket, frame, &mut outgoing)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) => break None,
                    Err(_) => break Some(close::NOT_READING),
                }
            }
            message = frames.next() => {
                heard_at = Instant::now();
                match message {
                    Some(Ok(AggregatedMessage::Text(text))) => {
                        if live.is_flooding() {
                            break Some(close::TOO_MANY);
                        }
                        if form == Form::Frames {
                            live.on_text(&text).await;
                        }
                    }
                    Some(Ok(AggregatedMessage::Binary(_))) if form == Form::Frames => {
                        let error = Error::new(Kind::Malformed, "binary_frame", "this socket takes text frames");
                        live.send(ServerFrame::error(&error)).await;
                    }
                    Some(Ok(AggregatedMessage::Ping(bytes))) => {
                        if socket.pong(&bytes).await.is_err() { break None }
                    }
                    Some(Ok(AggregatedMessage::Pong(_) | AggregatedMessage::Binary(_))) => {}
                    Some(Ok(AggregatedMessage::Close(_)) | Err(_)) | None => break None,
                }
            }
            _ = ping.tick() => {
                if heard_at.elapsed() > DEAD_AFTER || socket.ping(b"").await.is_err() {
                    break None;
                }
                let (app, place) = (live.app.clone(), place.clone());
                actix_web::rt::spawn(async move { app.supervision.keep_place(&place).await });
            }
            _ = recheck.tick() => {
                if live.app.is_draining() {
                    break Some(close::RESTART);
                }
                // A slow answer holds nothing up; it is asked for once at a time.
                if asking.is_none() {
                    let (app, who) = (live.app.clone(), live.who.clone());
                    asking = Some(Box::pin(async move { app.identity.recheck_following(&who).await }));
                }
            }
            standing = answered(&mut asking) => {
                asking = None;
                if let Some(code) = verdict(&standing) {
                    break Some(code);
                }
            }
        }
    };
    live.keyboards.close();
    live.app.supervision.leave_place(&place).await;
    for (_, task) in live.subscriptions.drain() {
        task.abort();
    }
    let reason = code.map(|code| CloseReason {
        code: CloseCode::Other(code),
        description: None,
    });
    // The peer may be gone already; there is nobody left to tell.
    let _ = timeout(Duration::from_secs(1), socket.close(reason)).await;
}

/// Sends a frame, and those that have gathered behind it.
async fn send_on(
    socket: &mut Session,
    first: Outgoing,
    outgoing: &mut mpsc::Receiver<Outgoing>,
) -> Result<(), actix_ws::Closed> {
    socket.text(first.into_text()).await?;
    for _ in 0..SENT_AT_ONCE {
        let Ok(next) = outgoing.try_recv() else { break };
        socket.text(next.into_text()).await?;
    }
    Ok(())
}

/// Whether the person behind the socket is still what they were.
type Asking = Pin<Box<dyn Future<Output = phony_kernel::Result<()>>>>;

async fn answered(asking: &mut Option<Asking>) -> phony_kernel::Result<()> {
    match asking {
        Some(asking) => asking.await,
        None => pending().await,
    }
}

/// The close code that follows from a look at who is behind the socket. What could not be found out just now is
/// no refusal; it is asked again in two seconds.
fn verdict(standing: &phony_kernel::Result<()>) -> Option<u16> {
    let error = standing.as_ref().err()?;
    match error.kind() {
        // The page comes back with a new ticket, and with what it may do now.
        _ if error.code() == RIGHTS_CHANGED => Some(close::RESTART),
        Kind::Unauthenticated | Kind::Forbidden | Kind::NotFound => Some(close::SIGNED_OUT),
        _ => None,
    }
}

impl Live {
    /// Counts messages; more than the limit in one second is a flood.
    fn is_flooding(&mut self) -> bool {
        if self.second.elapsed() >= Duration::from_secs(1) {
            self.second = Instant::now();
            self.messages_this_second = 0;
        }
        self.messages_this_second += 1;
        self.messages_this_second > MESSAGES_PER_SECOND
    }

    async fn send(&self, frame: ServerFrame) {
        // A full queue on the socket's own task would wait for itself; the answer is dropped with a log line.
        if self.queue.try_send(frame.into()).is_err() {
            tracing::warn!("a live socket's queue is full, an answer was dropped");
        }
    }

    fn send_older_events(&mut self, call: CallId) {
        let (app, who, queue) = (self.app.clone(), self.who.clone(), self.queue.clone());
        let task = actix_web::rt::spawn(async move {
            if let Err(error) = crate::aliases::follow_events(app, who, call, queue).await {
                tracing::warn!(error = ?error, "the events of a call cannot be followed");
            }
        });
        self.subscriptions.insert(TopicName::Call(call.to_string()), task);
    }

    async fn on_text(&mut self, text: &str) {
        let frame = match ClientFrame::parse(text) {
            Ok(frame) => frame,
            Err(error) => return self.send(ServerFrame::error(&error)).await,
        };
        match frame {
            ClientFrame::Subscribe { topic, after } => self.subscribe(topic, after).await,
            ClientFrame::Unsubscribe { topic } => {
                if let Some(task) = self.subscriptions.remove(&topic) {
                    task.abort();
                }
            }
            ClientFrame::Ping => self.send(ServerFrame::Pong).await,
            ClientFrame::Action { call, request } => self.act(call, *request),
        }
    }

    async fn subscribe(&mut self, topic: TopicName, after: Option<String>) {
        if self.subscriptions.len() >= MAX_SUBSCRIPTIONS && !self.subscriptions.contains_key(&topic) {
            let error = Error::new(
                Kind::RateLimited,
                "too_many_subscriptions",
                "unsubscribe from a topic first",
            );
            return self.send(ServerFrame::error(&error)).await;
        }
        let task = actix_web::rt::spawn(follow(
            self.app.clone(),
            self.who.clone(),
            topic.clone(),
            after,
            self.queue.clone(),
        ));
        if let Some(before) = self.subscriptions.insert(topic, task) {
            before.abort();
        }
    }

    /// Acts on its own task, so that a slow call does not hold up the socket.
    fn act(&self, call: String, request: crate::routes::actions::ActionRequest) {
        let (app, who, queue) = (self.app.clone(), self.who.clone(), self.queue.clone());
        let keyboards = self.keyboards.clone();
        actix_web::rt::spawn(async move {
            let action_id = request.action_id.clone();
            let result = async {
                who.require(Permission::CallIntervene, app.clock.now())?;
                let (action_id, action) = request.into_action()?;
                let act = app.supervision.act(&who, &call, action_id, action.clone());
                let status = Box::pin(phony_app::audit::acting_from(who.from, act)).await?;
                if matches!(action, Action::Takeover { .. } | Action::Handback { .. }) {
                    let call = app.supervision.find(&who, &call).await?;
                    keyboards.acted(&app, &who, call, &action, &status);
                }
                Ok::<_, Error>(status)
            };
            let frame = match result.await {
                Ok(status) => ServerFrame::action(action_id, status),
                Err(error) => ServerFrame::action(
                    action_id,
                    phony_conversation::ActionStatus::Failed {
                        code: error.code().to_owned(),
                        detail: fault_text(&error),
                    },
                ),
            };
            // The socket may be gone by now; the act itself was done or refused all the same.
            let _ = queue.send(frame.into()).await;
        });
    }
}

/// The first fault of an input says more than "some fields are not acceptable".
fn fault_text(error: &Error) -> String {
    match error.fields() {
        [] => error.public().to_owned(),
        fields => fields
            .iter()
            .map(|field| format!("{} {}", field.param, field.detail))
            .collect::<Vec<_>>()
            .join("; "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_real_refusal_signs_a_socket_out() {
        let refused = |error: Error| verdict(&Err(error));
        assert_eq!(refused(Error::unauthenticated()), Some(close::SIGNED_OUT));
        assert_eq!(refused(Error::forbidden()), Some(close::SIGNED_OUT));
        assert_eq!(refused(Error::not_found()), Some(close::SIGNED_OUT));
        let changed = Error::new(Kind::Forbidden, RIGHTS_CHANGED, "");
        assert_eq!(refused(changed), Some(close::RESTART));
        for passing in [Kind::Unavailable, Kind::Internal, Kind::RateLimited] {
            assert_eq!(refused(Error::new(passing, "x", "x")), None, "{passing:?}");
        }
        assert_eq!(verdict(&Ok(())), None);
    }
}
