//! What the agent of a live call waits to be told.

use phony_conversation::EventBody;
use phony_kernel::Result;

use super::{Supervision, Topic};
use crate::Principal;

impl Supervision {
    /// The id of the newest question of a call that nobody has answered yet, without its words.
    ///
    /// # Errors
    /// `not_found`; `unavailable` when Redis or the database does not answer.
    pub async fn open_question(&self, who: &Principal, call: &str) -> Result<Option<String>> {
        let call = self.find(who, call).await?;
        let (events, _) = self.bus.read(who.tenant, Topic::Call(call)).await?;
        let mut open = Vec::new();
        for delivered in &events {
            match &delivered.event.body {
                EventBody::ClarificationRequested { clarification_id, .. } => open.push(*clarification_id),
                EventBody::ClarificationAnswered { clarification_id, .. }
                | EventBody::ClarificationExpired { clarification_id, .. } => {
                    open.retain(|id| id != clarification_id);
                }
                _ => {}
            }
        }
        Ok(open.pop().map(|id| id.to_string()))
    }
}
