//! One subscription of a live socket: the snapshot of its topic, and then its events for as long as the socket lives.

use actix_web::web;
use futures_util::StreamExt as _;
use phony_app::supervision::{LiveItem, Topic};
use phony_app::{App, Principal};
use phony_kernel::{Error, Permission};
use tokio::sync::mpsc;

use super::attending::Watch;
use super::protocol::{ServerFrame, TopicName, TopicState, event_frame};
use super::session::Outgoing;

/// Sends a topic's snapshot, unless the client already has a cursor, and then its events, for ever.
pub(super) async fn follow(
    app: web::Data<App>,
    who: Principal,
    topic: TopicName,
    mut after: Option<String>,
    queue: mpsc::Sender<Outgoing>,
) {
    let name = topic_name(&topic);
    loop {
        match follow_once(&app, &who, &topic, after.take(), &queue).await {
            Ok(()) => return,
            Err(Stop::Gap) => {
                let frame = ServerFrame::Gap {
                    topic: name,
                    id: topic_id(&topic),
                };
                if queue.send(frame.into()).await.is_err() {
                    return;
                }
            }
            Err(Stop::Failed(error)) => {
                let problem = Box::new(crate::problem::Problem::new(
                    &error,
                    crate::context::current_request_id(),
                ));
                let frame = ServerFrame::Error {
                    problem,
                    topic: Some(name),
                    id: topic_id(&topic),
                };
                // A closed queue means that the socket is gone.
                let _ = queue.send(frame.into()).await;
                return;
            }
        }
    }
}

enum Stop {
    Gap,
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// One run through a topic, until the socket is gone (`Ok`) or events were lost.
async fn follow_once(
    app: &web::Data<App>,
    who: &Principal,
    topic: &TopicName,
    after: Option<String>,
    queue: &mpsc::Sender<Outgoing>,
) -> Result<(), Stop> {
    let name = topic_name(topic);
    let words = who.holds(Permission::TranscriptRead);
    let (stream_topic, cursor) = match (topic, after) {
        (TopicName::Calls, Some(after)) => (Topic::Calls, after),
        (TopicName::Calls, None) => {
            let wall = app.supervision.wall(who).await?;
            let frame = ServerFrame::Snapshot {
                topic: name,
                id: None,
                cursor: wall.cursor.clone(),
                state: Box::new(TopicState::Calls { calls: wall.calls }),
            };
            if queue.send(frame.into()).await.is_err() {
                return Ok(());
            }
            (Topic::Calls, wall.cursor)
        }
        (TopicName::Call(id), Some(after)) => (Topic::Call(app.supervision.find(who, id).await?), after),
        (TopicName::Call(id), None) => {
            let console = app.supervision.console(who, id).await?;
            let call = console.call.id;
            let frame = ServerFrame::Snapshot {
                topic: name,
                id: Some(id.clone()),
                cursor: console.cursor.clone(),
                state: Box::new(TopicState::Call {
                    call: Box::new(console.call),
                    live: Box::new(console.live),
                    abilities: console.abilities,
                }),
            };
            if queue.send(frame.into()).await.is_err() {
                return Ok(());
            }
            (Topic::Call(call), console.cursor)
        }
    };
    let mut events = app.supervision.follow(who, stream_topic, cursor).await?;
    let watch = match stream_topic {
        Topic::Call(call) => Watch::begin(app, who, call),
        Topic::Calls => None,
    };
    while let Some(item) = events.next().await {
        match item {
            LiveItem::Event(delivered) if delivered.event.body.has_words() && !words => {}
            LiveItem::Event(delivered) => {
                if let Some(watch) = &watch {
                    watch.see(&delivered.event.body);
                }
                let frame = Outgoing::Shared(event_frame(name, &delivered));
                if queue.send(frame).await.is_err() {
                    return Ok(());
                }
            }
            LiveItem::Gap => return Err(Stop::Gap),
        }
    }
    Ok(())
}

fn topic_name(topic: &TopicName) -> &'static str {
    match topic {
        TopicName::Calls => "calls",
        TopicName::Call(_) => "call",
    }
}

fn topic_id(topic: &TopicName) -> Option<String> {
    match topic {
        TopicName::Calls => None,
        TopicName::Call(id) => Some(id.clone()),
    }
}
