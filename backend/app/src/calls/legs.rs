//! Parts of a call that the carrier tells the length of: sessions of the conversation, and the leg to whom the
//! caller was given. What the whole call comes to is in `callbacks`.

use phony_db::calls::callbacks;
use phony_db::usage;
use phony_kernel::Result;

use super::callbacks::leg_minutes;
use super::{CallsArea, clean};

/// A relay session is over.
#[derive(Debug, Clone)]
pub struct SessionEnded {
    /// The carrier's id of the call.
    pub call_sid: String,
    /// The carrier's id of the session.
    pub session_id: Option<String>,
    /// How long it was.
    pub seconds: Option<i64>,
}

/// The leg to whom the caller was given is over.
#[derive(Debug, Clone)]
pub struct DialEnded {
    /// The carrier's id of the caller's call.
    pub call_sid: String,
    /// The carrier's id of the leg, if there was one.
    pub dial_sid: Option<String>,
    /// Whether somebody took it.
    pub taken: bool,
    /// How long the two talked.
    pub seconds: Option<i64>,
}

impl CallsArea {
    /// Keeps how long a session of the conversation was, once for each; the call is billed by it when it settles.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn session_ended(&self, session: &SessionEnded) -> Result<()> {
        let Some(seconds) = whole(session.seconds) else {
            return Ok(());
        };
        let id = clean(session.session_id.as_deref().unwrap_or("unnamed"), 64);
        let call_sid = clean(&session.call_sid, 64);
        for tenant in self.find_tenants(&call_sid).await? {
            let mut tx = self.db.tenant(tenant).await?;
            let Some(facts) = callbacks::lock(&mut tx, &call_sid).await? else {
                continue;
            };
            callbacks::note_relay_session(&mut tx, facts.call, &id, seconds).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Books the minutes of the leg to whom the caller was given, once.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn dial_ended(&self, dial: &DialEnded) -> Result<()> {
        let (Some(dial_sid), true, Some(seconds)) = (&dial.dial_sid, dial.taken, whole(dial.seconds)) else {
            return Ok(());
        };
        let (call_sid, dial_sid) = (clean(&dial.call_sid, 64), clean(dial_sid, 64));
        for tenant in self.find_tenants(&call_sid).await? {
            let mut tx = self.db.tenant(tenant).await?;
            let Some(facts) = callbacks::lock(&mut tx, &call_sid).await? else {
                continue;
            };
            let key = format!("twilio:{dial_sid}:minutes");
            let answered_at = facts.answered_at.unwrap_or(facts.started_at);
            let sku = "twilio.outbound_minute";
            if let Some(minutes) = leg_minutes(&facts, key, sku, seconds, facts.now, answered_at) {
                usage::insert(&mut tx, &minutes).await?;
            }
            tx.commit().await?;
        }
        Ok(())
    }
}

fn whole(seconds: Option<i64>) -> Option<u32> {
    seconds.and_then(|seconds| u32::try_from(seconds).ok())
}
