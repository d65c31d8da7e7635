//! The one connection of this process that listens to announcements, and who wants which.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::StreamExt as _;
use parking_lot::Mutex;
use redis::aio::PubSubSink;
use tokio::sync::{Notify, broadcast};

use super::Delivered;
use super::wire::{self, Cursor};

/// Announcements that a slow follower may be behind before it must read on from the stream.
const BEHIND_EVENTS: usize = 512;
const RECONNECT_AFTER: Duration = Duration::from_millis(200);
/// Channels that one command names.
const MOST_AT_ONCE: usize = 256;

/// What a follower is told.
#[derive(Debug, Clone)]
pub(super) enum Notice {
    /// An announcement.
    Announced(Arc<Announcement>),
    /// Announcements may have been missed; read on from the stream.
    Resync,
}

/// What was said on a channel. All who sit there share it, and whoever first wants to know reads the event in it.
#[derive(Debug)]
pub(super) struct Announcement {
    text: Arc<str>,
    event: OnceLock<Option<Arc<Delivered>>>,
}

impl Announcement {
    fn new(text: String) -> Self {
        Self {
            text: text.into(),
            event: OnceLock::new(),
        }
    }

    /// The announcement as it came.
    pub(super) fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The place of the event in its stream, on the channel of a stream.
    pub(super) fn cursor(&self) -> Option<Cursor> {
        Some(wire::split_announcement(&self.text)?.0)
    }

    /// The event; none is one that a newer version wrote and this one does not know.
    pub(super) fn event(&self) -> Option<Arc<Delivered>> {
        let read = || {
            let (cursor, event) = wire::split_announcement(&self.text)?;
            wire::decode(cursor, event).map(Arc::new)
        };
        self.event.get_or_init(read).clone()
    }
}

/// Who wants what, shared with the listening task.
#[derive(Default)]
struct Wishes {
    state: Mutex<State>,
    /// Something in `state` is for the listening task to do.
    changed: Notify,
}

#[derive(Default)]
struct State {
    channels: HashMap<String, broadcast::Sender<Notice>>,
    /// Channels that somebody has begun or ceased to want since the task looked.
    changed: HashSet<String>,
    closed: bool,
}

/// The process's ear on Redis; clones are the same ear.
#[derive(Clone)]
pub(super) struct Hub(Arc<Ear>);

/// Lets the task end when nobody holds the hub and nobody sits at a channel.
struct Ear(Arc<Wishes>);

/// A place at a channel; leaving it lets the hub stop listening when nobody else is there.
pub(super) struct Seat {
    key: String,
    ear: Arc<Ear>,
    pub(super) notices: broadcast::Receiver<Notice>,
}

impl Hub {
    /// Starts the listening task on the current runtime.
    pub(super) fn start(client: redis::Client) -> Self {
        let wishes = Arc::new(Wishes::default());
        tokio::spawn(listen(client, wishes.clone()));
        Self(Arc::new(Ear(wishes)))
    }

    /// Takes a place at a channel. The first notice is a `Resync` as soon as the hub really listens, so
    /// nothing falls between reading the stream and hearing of what follows.
    pub(super) fn sit(&self, key: String) -> Seat {
        let wishes = &self.0.0;
        let mut state = wishes.state.lock();
        let notices = match state.channels.get(&key) {
            Some(sender) => sender.subscribe(),
            None => {
                let (sender, receiver) = broadcast::channel(BEHIND_EVENTS);
                state.channels.insert(key.clone(), sender);
                state.changed.insert(key.clone());
                wishes.changed.notify_one();
                receiver
            }
        };
        let ear = self.0.clone();
        Seat { key, ear, notices }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let wishes = &self.ear.0;
        let mut state = wishes.state.lock();
        // This seat still counts.
        if state
            .channels
            .get(&self.key)
            .is_some_and(|sender| sender.receiver_count() <= 1)
        {
            state.channels.remove(&self.key);
            state.changed.insert(std::mem::take(&mut self.key));
            wishes.changed.notify_one();
        }
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.0.state.lock().closed = true;
        self.0.changed.notify_one();
    }
}

/// Listens over one connection after another, until nobody wants it any more.
async fn listen(client: redis::Client, wishes: Arc<Wishes>) {
    loop {
        match client.get_async_pubsub().await {
            Ok(connection) => {
                let (mut sink, mut messages) = connection.split();
                let mut heard = HashSet::new();
                let mut listening = wishes.hear_all(&mut sink, &mut heard).await;
                while listening {
                    tokio::select! {
                        message = messages.next() => match message {
                            Some(message) => wishes.announce(&message),
                            None => listening = false,
                        },
                        () = wishes.changed.notified() => {
                            if wishes.state.lock().closed {
                                return;
                            }
                            listening = wishes.hear_changed(&mut sink, &mut heard).await;
                        }
                    }
                }
            }
            Err(cause) => tracing::debug!(error = %cause, "redis cannot be listened to"),
        }
        if wishes.state.lock().closed {
            return;
        }
        tokio::time::sleep(RECONNECT_AFTER).await;
    }
}

impl Wishes {
    /// Listens to everything that is wanted, over a new connection. Says whether that worked.
    async fn hear_all(&self, sink: &mut PubSubSink, heard: &mut HashSet<String>) -> bool {
        {
            let mut state = self.state.lock();
            let wanted: Vec<String> = state.channels.keys().cloned().collect();
            state.changed.extend(wanted);
        }
        self.hear_changed(sink, heard).await
    }

    /// Begins and ceases to listen as is wanted now. Says whether that worked.
    async fn hear_changed(&self, sink: &mut PubSubSink, heard: &mut HashSet<String>) -> bool {
        let (changed, begun, ceased) = {
            let mut state = self.state.lock();
            let changed = std::mem::take(&mut state.changed);
            let (wanted, unwanted): (Vec<&String>, Vec<&String>) =
                changed.iter().partition(|key| state.channels.contains_key(*key));
            let begun: Vec<String> = wanted
                .into_iter()
                .filter(|key| heard.insert((*key).clone()))
                .cloned()
                .collect();
            let ceased: Vec<String> = unwanted
                .into_iter()
                .filter(|key| heard.remove(*key))
                .cloned()
                .collect();
            (changed, begun, ceased)
        };
        let mut done = true;
        // Many at once: meanwhile nobody else's announcements are passed on.
        for keys in begun.chunks(MOST_AT_ONCE) {
            done &= sink.subscribe(keys).await.is_ok();
        }
        for keys in ceased.chunks(MOST_AT_ONCE) {
            done &= sink.unsubscribe(keys).await.is_ok();
        }
        for key in &changed {
            self.tell(key, Notice::Resync);
        }
        done
    }

    fn announce(&self, message: &redis::Msg) {
        if let Ok(text) = message.get_payload::<String>() {
            let announcement = Arc::new(Announcement::new(text));
            self.tell(message.get_channel_name(), Notice::Announced(announcement));
        }
    }

    fn tell(&self, key: &str, notice: Notice) {
        if let Some(sender) = self.state.lock().channels.get(key) {
            // Nobody there: the last one is just leaving.
            let _ = sender.send(notice);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_leaves_while_redis_is_away_leaves_nothing_behind() {
        let client = redis::Client::open("redis://127.0.0.1:1/").unwrap();
        let hub = Hub::start(client);
        let mut seats: Vec<Seat> = (0..3_000).map(|n| hub.sit(format!("key {n}"))).collect();
        assert_eq!(hub.0.0.state.lock().channels.len(), 3_000);
        // Two at one channel: the first to leave does not close it.
        let stays = hub.sit("key 7".to_owned());
        seats.clear();
        let state = hub.0.0.state.lock();
        assert_eq!(state.channels.keys().collect::<Vec<_>>(), ["key 7"]);
        drop(state);
        drop(stays);
        assert!(hub.0.0.state.lock().channels.is_empty());
    }
}
