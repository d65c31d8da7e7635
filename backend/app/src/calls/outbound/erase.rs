//! Erasing what was said in a call: at once for everybody who reads, for good by the worker.

use phony_db::calls::history::{self, CallRef};
use phony_db::calls::outbound as rows;
use phony_db::{Db, outbox};
use phony_kernel::{CallId, Error, Kind, Result, TenantId};
use serde_json::json;

use super::Outbound;
use crate::noting::note;
use crate::{Principal, recordings};

/// Outbox topic of what is left to erase of a call; its payload is `{"call_id": "call_…"}`.
pub const ERASE_TOPIC: &str = "call.erase";

impl Outbound {
    /// Erases the content of a call that is over: what was said and recorded, notes and variables. That it was, and
    /// what it cost, stays.
    ///
    /// # Errors
    /// `not_found`, `call_live`.
    pub async fn erase(&self, who: &Principal, call: &CallRef) -> Result<()> {
        let now = self.clock.now();
        let mut tx = self.db.tenant(who.tenant).await?;
        let id = history::get_id(&mut tx, call, who.mode()).await?;
        if !rows::erase(&mut tx, id).await? {
            return Err(Error::new(
                Kind::Conflict,
                "call_live",
                "the call is going on; erase it when it is over",
            ));
        }
        recordings::erase_of_call(&mut tx, id).await?;
        outbox::insert(&mut tx, ERASE_TOPIC, &json!({ "call_id": id })).await?;
        note(&mut tx, &who.actor().id, "call.erased", id, &json!({}), now).await?;
        tx.commit().await
    }
}

/// Deletes the events of a call that was erased; for the worker, on its own connection.
///
/// # Errors
/// Those of the database.
pub async fn erase_events(db: &Db, tenant: TenantId, call: CallId) -> Result<()> {
    let mut tx = db.tenant(tenant).await?;
    rows::delete_events(&mut tx, call).await?;
    tx.commit().await
}
