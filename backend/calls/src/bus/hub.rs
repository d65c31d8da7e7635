//! The one connection of this process that listens to announcements, and who wants which.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use parking_lot::Mutex;
use redis::aio::PubSubSink;
use tokio::sync::{broadcast, mpsc};

/// Announcements that a slow follower may be behind before it must read on from the stream.
const BEHIND_EVENTS: usize = 512;
/// Wishes that may wait for the listening task.
const QUEUE_WISHES: usize = 1_024;
const RECONNECT_AFTER: Duration = Duration::from_millis(200);

/// What a follower is told.
#[derive(Debug, Clone)]
pub(super) enum Notice {
    /// An announcement, as it came.
    Announced(Arc<str>),
    /// Announcements may have been missed; read on from the stream.
    Resync,
}

enum Wish {
    Listen(String),
    Forget(String),
}

type Channels = Arc<Mutex<HashMap<String, broadcast::Sender<Notice>>>>;

/// The process's ear on Redis; clones are the same ear.
#[derive(Clone)]
pub(super) struct Hub {
    channels: Channels,
    wishes: mpsc::Sender<Wish>,
}

/// A place at a channel; leaving it lets the hub stop listening when nobody else is there.
pub(super) struct Seat {
    key: String,
    channels: Channels,
    wishes: mpsc::Sender<Wish>,
    pub(super) notices: broadcast::Receiver<Notice>,
}

impl Hub {
    /// Starts the listening task on the current runtime.
    pub(super) fn start(client: redis::Client) -> Self {
        let channels = Channels::default();
        let (wishes, queue) = mpsc::channel(QUEUE_WISHES);
        tokio::spawn(listen(client, channels.clone(), queue));
        Self { channels, wishes }
    }

    /// Takes a place at a channel. The first notice is a `Resync` as soon as the hub really listens, so
    /// nothing falls between reading the stream and hearing of what follows.
    pub(super) async fn sit(&self, key: String) -> Seat {
        let (notices, is_new) = {
            let mut channels = self.channels.lock();
            match channels.get(&key) {
                Some(sender) => (sender.subscribe(), false),
                None => {
                    let (sender, receiver) = broadcast::channel(BEHIND_EVENTS);
                    channels.insert(key.clone(), sender);
                    (receiver, true)
                }
            }
        };
        if is_new && self.wishes.send(Wish::Listen(key.clone())).await.is_err() {
            tracing::error!("the task that listens to redis is gone");
        }
        Seat {
            key,
            channels: self.channels.clone(),
            wishes: self.wishes.clone(),
            notices,
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut channels = self.channels.lock();
        // This seat still counts.
        if channels
            .get(&self.key)
            .is_some_and(|sender| sender.receiver_count() <= 1)
        {
            channels.remove(&self.key);
            // A full queue leaves one channel open that nobody hears; the next reconnect closes it.
            let _ = self.wishes.try_send(Wish::Forget(std::mem::take(&mut self.key)));
        }
    }
}

/// Listens for ever, over one connection after another.
async fn listen(client: redis::Client, channels: Channels, mut wishes: mpsc::Receiver<Wish>) {
    loop {
        match client.get_async_pubsub().await {
            Ok(connection) => {
                let (mut sink, mut messages) = connection.split();
                let wanted: Vec<String> = channels.lock().keys().cloned().collect();
                let mut listening = true;
                for key in &wanted {
                    listening &= sink.subscribe(key).await.is_ok();
                }
                tell_all(&channels, &Notice::Resync);
                while listening {
                    tokio::select! {
                        message = messages.next() => match message {
                            Some(message) => announce(&channels, &message),
                            None => listening = false,
                        },
                        wish = wishes.recv() => match wish {
                            Some(wish) => listening = fulfil(&channels, &mut sink, wish).await,
                            None => return,
                        },
                    }
                }
            }
            Err(cause) => tracing::debug!(error = %cause, "redis cannot be listened to"),
        }
        if wishes.is_closed() && channels.lock().is_empty() {
            return;
        }
        tokio::time::sleep(RECONNECT_AFTER).await;
    }
}

async fn fulfil(channels: &Channels, sink: &mut PubSubSink, wish: Wish) -> bool {
    match wish {
        Wish::Listen(key) => {
            let done = sink.subscribe(&key).await.is_ok();
            tell(channels, &key, Notice::Resync);
            done
        }
        // Somebody may have sat down again meanwhile.
        Wish::Forget(key) if channels.lock().contains_key(&key) => true,
        Wish::Forget(key) => sink.unsubscribe(&key).await.is_ok(),
    }
}

fn announce(channels: &Channels, message: &redis::Msg) {
    let Ok(text) = message.get_payload::<String>() else {
        return;
    };
    tell(
        channels,
        message.get_channel_name(),
        Notice::Announced(text.into()),
    );
}

fn tell(channels: &Channels, key: &str, notice: Notice) {
    if let Some(sender) = channels.lock().get(key) {
        // Nobody there: the last one is just leaving.
        let _ = sender.send(notice);
    }
}

fn tell_all(channels: &Channels, notice: &Notice) {
    for sender in channels.lock().values() {
        let _ = sender.send(notice.clone());
    }
}
