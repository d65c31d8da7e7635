//! Who watches a call and who speaks in it: told to the call, wherever it runs.

use phony_calls::Attendance;
use phony_conversation::command::TakeoverVia;
use phony_kernel::{CallId, Result};

use super::Supervision;
use crate::{Principal, Who};

impl Supervision {
    /// A person watches a call by a socket: to be said again every fifteen seconds. Programs are not counted.
    ///
    /// # Errors
    /// `unavailable` when Redis does not answer; `call_busy`, `call_unreachable`.
    pub async fn watch(&self, who: &Principal, call: CallId, socket: &str) -> Result<()> {
        let told = Attendance::Watching {
            socket: socket.to_owned(),
            actor: who.actor(),
        };
        self.attend(who, call, told).await
    }

    /// The socket watches the call no more.
    ///
    /// # Errors
    /// Those of [`Self::watch`].
    pub async fn unwatch(&self, who: &Principal, call: CallId, socket: &str) -> Result<()> {
        let socket = socket.to_owned();
        self.attend(who, call, Attendance::WatchingEnded { socket }).await
    }

    /// Who has taken the call over is still there: to be said every second and a half.
    ///
    /// # Errors
    /// `unavailable` when Redis does not answer; `call_busy`, `call_unreachable`.
    pub async fn keep_takeover(&self, who: &Principal, call: CallId, via: TakeoverVia) -> Result<()> {
        let actor = who.actor().id;
        let told = Attendance::TakeoverRenewed { actor, via };
        self.engine.attend(who.tenant, call, told).await.map(drop)
    }

    /// Who had taken the call over is gone.
    ///
    /// # Errors
    /// Those of [`Self::keep_takeover`].
    pub async fn lose_takeover(&self, who: &Principal, call: CallId, via: TakeoverVia) -> Result<()> {
        let actor = who.actor().id;
        let told = Attendance::TakeoverLapsed { actor, via };
        self.engine.attend(who.tenant, call, told).await.map(drop)
    }

    async fn attend(&self, who: &Principal, call: CallId, told: Attendance) -> Result<()> {
        if matches!(who.who, Who::Key { .. }) {
            return Ok(());
        }
        self.engine.attend(who.tenant, call, told).await.map(drop)
    }
}
