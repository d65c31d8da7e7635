//! The one connection of this process that listens to announcements, and who wants which.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use parking_lot::Mutex;
use redis::aio::PubSubSink;
use tokio::sync::{Notify, broadcast};

/// Announcements that a slow follower may be behind before it must read on from the stream.
const BEHIND_EVENTS: usize = 512;
const RECONNECT_AFTER: Duration = Duration::from_millis(200);

/// What a follower is told.
#[derive(Debug, Clone)]
pub(super) enum Notice {
    /// An announcement, as it came.
    Announced(Arc<str>),
    /// Announcements may have been missed; read on from the stream.
    Resync,
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
        let changed = std::mem::take(&mut self.state.lock().changed);
        let mut done = true;
        for key in changed {
            let wanted = self.state.lock().channels.contains_key(&key);
            if wanted && !heard.contains(&key) {
                done &= sink.subscribe(&key).await.is_ok();
                heard.insert(key.clone());
            } else if !wanted && heard.remove(&key) {
                done &= sink.unsubscribe(&key).await.is_ok();
            }
            self.tell(&key, Notice::Resync);
        }
        done
    }

    fn announce(&self, message: &redis::Msg) {
        if let Ok(text) = message.get_payload::<String>() {
            self.tell(message.get_channel_name(), Notice::Announced(text.into()));
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
