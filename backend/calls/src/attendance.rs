//! What people who attend a call, or type in one, tell it, wherever it runs. Nobody waits for an answer: it is said again.

use phony_conversation::command::{Actor, TakeoverVia};
use phony_conversation::core::Input;
use phony_kernel::{CallId, ItemId, Result, TenantId};
use serde::{Deserialize, Serialize};

use crate::calls::Calls;
use crate::handle::Order;
use crate::remote::Letter;

/// What a socket tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "attendance", rename_all = "snake_case")]
pub enum Attendance {
    /// Somebody watches; to be said again within [`phony_conversation::core::WATCHED_FOR_MS`].
    Watching {
        /// The socket's own id.
        socket: String,
        /// Who.
        actor: Actor,
    },
    /// A socket watches no more.
    WatchingEnded {
        /// The socket's own id.
        socket: String,
    },
    /// Who has taken the call over is still there; to be said again within
    /// [`phony_conversation::core::TAKEOVER_LEASE_MS`].
    TakeoverRenewed {
        /// Their id.
        actor: String,
        /// What they speak by.
        via: TakeoverVia,
    },
    /// The socket of who has taken the call over is gone.
    TakeoverLapsed {
        /// Their id.
        actor: String,
        /// What they speak by.
        via: TakeoverVia,
    },
    /// What a person has said to the caller, written down.
    Words {
        /// The line.
        line: ItemId,
        /// Who.
        actor: Actor,
        /// The words.
        text: String,
    },
    /// What the caller of a typed call has written, where no socket of theirs carries it.
    Typed {
        /// The words.
        text: String,
    },
}

impl From<Attendance> for Input {
    fn from(told: Attendance) -> Self {
        match told {
            Attendance::Watching { socket, actor } => Self::Watching { socket, actor },
            Attendance::WatchingEnded { socket } => Self::WatchingEnded { socket },
            Attendance::TakeoverRenewed { actor, via } => Self::TakeoverRenewed { actor, via },
            Attendance::TakeoverLapsed { actor, via } => Self::TakeoverLapsed { actor, via },
            Attendance::Words { line, actor, text } => Self::SupervisorWords { line, actor, text },
            Attendance::Typed { text } => Self::CallerFinal { text, language: None },
        }
    }
}

impl Calls {
    /// Tells a call something of those who attend it. Says whether one runs.
    ///
    /// # Errors
    /// `call_busy`, `call_unreachable`, `unavailable`.
    pub async fn attend(&self, tenant: TenantId, call: CallId, told: Attendance) -> Result<bool> {
        if let Some(handle) = self.find(call).filter(|handle| handle.tenant == tenant) {
            handle.order(Order::Attend(told))?;
            return Ok(true);
        }
        let Some((redis, owner)) = self.elsewhere(tenant, call).await? else {
            return Ok(false);
        };
        redis
            .post
            .send(owner, &Letter::Attend { tenant, call, told })
            .await?;
        Ok(true)
    }
}
