//! How events lie in a stream and travel on a channel.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use phony_conversation::Event;
use phony_kernel::{CallId, Error, Result};
use redis::aio::ConnectionManager;
use redis::streams::StreamRangeReply;
use serde::{Deserialize, Serialize};

use super::Delivered;

/// Field of a stream entry that holds the event.
const FIELD: &str = "e";

/// A place in a stream: the entry's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cursor {
    ms: u64,
    counter: u64,
}

impl Cursor {
    /// Before every entry.
    pub(super) const START: Self = Self { ms: 0, counter: 0 };
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ms, self.counter)
    }
}

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (ms, counter) = text.split_once('-').ok_or(())?;
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            if digits {
                text.parse().map_err(|_| ())
            } else {
                Err(())
            }
        };
        Ok(Self {
            ms: number(ms)?,
            counter: number(counter)?,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct Wire<E> {
    call: CallId,
    sid: String,
    event: E,
}

/// The event as text.
pub(super) fn encode(call: CallId, call_sid: &str, event: &Event) -> String {
    // Plain data: it always serialises.
    serde_json::to_string(&Wire {
        call,
        sid: call_sid.to_owned(),
        event,
    })
    .unwrap_or_default()
}

/// Reads an event back; one that a newer version wrote and this one does not know is passed over.
pub(super) fn decode(cursor: Cursor, text: &str) -> Option<Delivered> {
    let wire: Wire<Event> = serde_json::from_str(text).ok()?;
    Some(Delivered {
        cursor: cursor.to_string(),
        call: wire.call,
        call_sid: wire.sid,
        event: wire.event,
        frame: OnceLock::new(),
    })
}

/// A part of a stream.
pub(super) struct Part {
    /// The oldest entry that is still there.
    pub(super) oldest: Option<Cursor>,
    /// The entries that were asked for.
    pub(super) entries: Vec<(Cursor, String)>,
}

/// Up to `count` entries after `cursor`, and where the stream begins, as of one moment.
pub(super) async fn read_part(
    redis: &mut ConnectionManager,
    key: &str,
    cursor: Cursor,
    count: usize,
) -> Result<Part> {
    let mut pipeline = redis::pipe();
    pipeline.atomic();
    pipeline
        .cmd("XRANGE")
        .arg(key)
        .arg("-")
        .arg("+")
        .arg("COUNT")
        .arg(1);
    pipeline
        .cmd("XRANGE")
        .arg(key)
        .arg(format!("({cursor}"))
        .arg("+")
        .arg("COUNT")
        .arg(count);
    let (first, entries): (StreamRangeReply, StreamRangeReply) =
        pipeline.query_async(redis).await.map_err(Error::unavailable)?;
    Ok(Part {
        oldest: first.ids.first().and_then(|entry| entry.id.parse().ok()),
        entries: texts(entries),
    })
}

/// Up to `count` entries after `cursor`.
pub(super) async fn read_after(
    redis: &mut ConnectionManager,
    key: &str,
    cursor: Cursor,
    count: usize,
) -> Result<Vec<(Cursor, String)>> {
    let mut command = redis::cmd("XRANGE");
    command
        .arg(key)
        .arg(format!("({cursor}"))
        .arg("+")
        .arg("COUNT")
        .arg(count);
    entries(redis, &command).await
}

/// The newest `count` entries, in their order.
pub(super) async fn read_newest(
    redis: &mut ConnectionManager,
    key: &str,
    count: usize,
) -> Result<Vec<(Cursor, String)>> {
    let mut command = redis::cmd("XREVRANGE");
    command.arg(key).arg("+").arg("-").arg("COUNT").arg(count);
    let mut newest = entries(redis, &command).await?;
    newest.reverse();
    Ok(newest)
}

async fn entries(redis: &mut ConnectionManager, command: &redis::Cmd) -> Result<Vec<(Cursor, String)>> {
    let reply: StreamRangeReply = command.query_async(redis).await.map_err(Error::unavailable)?;
    Ok(texts(reply))
}

fn texts(reply: StreamRangeReply) -> Vec<(Cursor, String)> {
    let entries = reply.ids.into_iter().filter_map(|entry| {
        let text: String = entry.get(FIELD)?;
        Some((entry.id.parse().ok()?, text))
    });
    entries.collect()
}

/// Splits an announcement: `<cursor> <event>`.
pub(super) fn split_announcement(text: &str) -> Option<(Cursor, &str)> {
    let (cursor, event) = text.split_once(' ')?;
    Some((cursor.parse().ok()?, event))
}
