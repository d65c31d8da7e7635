//! Orders to calls of other instances: a channel for each instance, answers on the channel of who asked.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use phony_conversation::core::TransferNews;
use phony_conversation::{ActionStatus, Command, EventBody};
use phony_kernel::call::Ending;
use phony_kernel::{CallId, Error, InstanceId, ItemId, Kind, Result, TenantId};
use redis::aio::ConnectionManager;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::attendance::Attendance;
use crate::directory::within;
use crate::handle::{ACT_WITHIN, busy, ended, moving};

/// A message between instances.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Letter {
    /// An act on a call of the receiver.
    Command {
        request: Uuid,
        reply_to: InstanceId,
        tenant: TenantId,
        call: CallId,
        command: Box<Command>,
    },
    /// What became of an act.
    Outcome {
        request: Uuid,
        status: Option<ActionStatus>,
        /// Why there is no status; the call is over when nothing is said.
        #[serde(default)]
        code: Option<String>,
    },
    /// A call of the receiver has ended, as the carrier or the database knows.
    Ended {
        tenant: TenantId,
        call: CallId,
        #[serde(default)]
        call_sid: String,
        ending: Ending,
    },
    /// Something that others have done with a call of the receiver.
    Note {
        tenant: TenantId,
        call: CallId,
        body: Box<EventBody>,
    },
    /// News of a warm transfer of a call of the receiver.
    Transfer {
        tenant: TenantId,
        call: CallId,
        transfer: ItemId,
        news: TransferNews,
    },
    /// Somebody listens to a call of the receiver.
    Listen { tenant: TenantId, call: CallId },
    /// What those tell who attend a call of the receiver.
    Attend {
        tenant: TenantId,
        call: CallId,
        told: Attendance,
    },
    /// The call goes on at another instance.
    Moved { tenant: TenantId, call: CallId },
}

/// The post between instances. Clones are the same.
#[derive(Clone)]
pub(crate) struct Post {
    instance: InstanceId,
    redis: ConnectionManager,
    waiting: Arc<Mutex<HashMap<Uuid, oneshot::Sender<Result<ActionStatus>>>>>,
}

/// The channel of an instance.
pub(crate) fn channel(instance: InstanceId) -> String {
    format!("phony:instance:{}", instance.uuid())
}

impl Post {
    pub(crate) fn new(instance: InstanceId, redis: ConnectionManager) -> Self {
        Self {
            instance,
            redis,
            waiting: Arc::default(),
        }
    }

    /// Does one act on a call of `owner`.
    pub(crate) async fn command(
        &self,
        owner: InstanceId,
        tenant: TenantId,
        call: CallId,
        command: Command,
    ) -> Result<ActionStatus> {
        let request = Uuid::now_v7();
        let (sender, outcome) = oneshot::channel();
        self.waiting.lock().insert(request, sender);
        let _forget = Forget { post: self, request };
        let (reply_to, command) = (self.instance, Box::new(command));
        self.send(
            owner,
            &Letter::Command {
                request,
                reply_to,
                tenant,
                call,
                command,
            },
        )
        .await?;
        match tokio::time::timeout(ACT_WITHIN, outcome).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(ended()),
            Err(_) => Ok(ActionStatus::Accepted),
        }
    }

    /// Sends a letter; fails when nobody opens the box.
    pub(crate) async fn send(&self, to: InstanceId, letter: &Letter) -> Result<()> {
        let text = serde_json::to_string(letter).map_err(Error::internal)?;
        let mut redis = self.redis.clone();
        let mut command = redis::cmd("PUBLISH");
        command.arg(channel(to)).arg(text);
        let readers: i64 = within(command.query_async(&mut redis)).await?;
        if readers == 0 {
            let text = "the instance that runs the call does not answer";
            return Err(Error::new(Kind::Unavailable, "call_unreachable", text).retry_after(2));
        }
        Ok(())
    }

    /// Gives an outcome to who waits for it.
    pub(crate) fn resolve(&self, request: Uuid, status: Option<ActionStatus>, code: Option<&str>) {
        if let Some(sender) = self.waiting.lock().remove(&request) {
            let outcome = status.ok_or_else(|| match code {
                Some("call_moving") => moving(),
                Some("call_busy") => busy(),
                _ => ended(),
            });
            // Who asked may have given up meanwhile.
            let _ = sender.send(outcome);
        }
    }
}

/// Nobody waits any more, whatever the reason.
struct Forget<'a> {
    post: &'a Post,
    request: Uuid,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.post.waiting.lock().remove(&self.request);
    }
}
