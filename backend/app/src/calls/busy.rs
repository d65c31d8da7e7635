//! A caller for whom there is no room.

use phony_db::TenantTx;
use phony_db::calls::admission::NumberSetup;
use phony_kernel::Result;

use super::inbound::{Busy, InboundAnswer};
use crate::outbound_policy;

const BUSY: &str = "All our lines are busy at the moment. Please call again in a few minutes.";
const BUSY_GOES_ON: &str = "All our lines are busy at the moment. I am connecting you with somebody else.";

/// A number's setup with an overflow only where the policy allows it still.
pub(super) async fn allowed(tx: &mut TenantTx, mut setup: NumberSetup) -> Result<NumberSetup> {
    setup.overflow = outbound_policy::keep_dialable(tx, setup.overflow.take()).await?;
    Ok(setup)
}

/// What a caller hears who cannot be taken, and where they go then.
pub(super) fn busy(setup: NumberSetup) -> InboundAnswer {
    let own = Some(setup.busy_message).filter(|words| !words.trim().is_empty());
    let speaker = own.as_ref().and(setup.personality);
    let standard = if setup.overflow.is_some() {
        BUSY_GOES_ON
    } else {
        BUSY
    };
    InboundAnswer::Busy(Box::new(Busy {
        message: own.unwrap_or_else(|| standard.to_owned()),
        speaker,
        overflow: setup.overflow,
        news: None,
    }))
}
