//! Calls that we make: ordered, queued, dialled once, answered, and what comes after.
//!
//! The order is committed before the carrier is asked, and the carrier is asked by the worker, in the order of the
//! queue. Whatever it answers, a call is never asked for a second time unless the carrier has said that there is
//! none: its addresses carry a mark by which a call is known that we have heard nothing of.

mod answer;
mod cancel;
mod check;
mod dial;
mod erase;
mod heard;
mod machine;
mod order;
mod pacer;
mod place;
mod price;
mod words;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use phony_carriers::twilio::rest::TwilioClient;
use phony_conversation::EventBody;
use phony_db::Db;
use phony_kernel::call::{CallStatus, Ending};
use phony_kernel::{CallId, Clock, Error, Kind, Result, TenantId};
use uuid::Uuid;

use super::CallsArea;
use crate::carrier_accounts::CarrierAccounts;

pub(super) use answer::dress;
pub use answer::{OutboundAnswer, Press};
pub use check::DIAL_CHECK_TOPIC;
pub use dial::Claimed;
pub use erase::{ERASE_TOPIC, erase_events};
pub(super) use heard::{heard, pressed};
pub use machine::MACHINE_TOPIC;
pub use order::{MachineAction, MachinePolicies, MachinePolicy, Order, PlaceCall};
pub use pacer::Pacer;
pub use price::{FIRST_PRICE_SECONDS, PRICE_TOPIC};

/// Use cases of calls that we make.
#[derive(Clone)]
pub struct Outbound {
    db: Db,
    clock: Clock,
    calls: CallsArea,
    engine: phony_calls::Calls,
    accounts: CarrierAccounts,
    /// What the carrier calls us by, without a slash at its end.
    public_url: String,
    per_second: u32,
}

impl std::fmt::Debug for Outbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbound")
            .field("per_second", &self.per_second)
            .finish_non_exhaustive()
    }
}

/// Which call an address of ours is about. What it says is proven by the carrier's signature of the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallMark {
    /// Whose call.
    pub tenant: TenantId,
    /// Our id of it.
    pub call: CallId,
}

impl CallMark {
    /// Reads a mark; `None` when it is none.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let bytes: [u8; 32] = URL_SAFE_NO_PAD
            .decode(text.get(..64).unwrap_or(text))
            .ok()?
            .try_into()
            .ok()?;
        let uuid = |from: usize| Uuid::from_slice(bytes.get(from..from + 16)?).ok();
        Some(Self {
            tenant: TenantId::from_uuid(uuid(0)?),
            call: CallId::from_uuid(uuid(16)?),
        })
    }

    /// As it stands in an address.
    #[must_use]
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode([*self.tenant.uuid().as_bytes(), *self.call.uuid().as_bytes()].concat())
    }
}

impl Outbound {
    /// `public_url` is what the carrier calls us by; `per_second` is what each of its accounts takes.
    #[must_use]
    pub fn new(
        db: Db,
        clock: Clock,
        calls: CallsArea,
        engine: phony_calls::Calls,
        accounts: CarrierAccounts,
        public_url: &str,
    ) -> Self {
        Self {
            db,
            clock,
            calls,
            engine,
            accounts,
            public_url: public_url.trim_end_matches('/').to_owned(),
            per_second: 1,
        }
    }

    /// The same with another rate for each account of the carrier.
    #[must_use]
    pub fn with_calls_per_second(mut self, per_second: u32) -> Self {
        self.per_second = per_second;
        self
    }

    /// Calls that an account of the carrier takes in a second.
    #[must_use]
    pub fn calls_per_second(&self) -> u32 {
        self.per_second
    }

    /// The account of the carrier by which a tenant rings; what is paced.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn account_of(&self, tenant: TenantId) -> Result<String> {
        Ok(self.accounts.client(tenant).await?.account_sid().to_owned())
    }

    async fn client(&self, tenant: TenantId) -> Result<TwilioClient> {
        self.accounts.client(tenant).await
    }

    fn address(&self, path: &str, mark: CallMark) -> String {
        format!("{}{path}?call={}", self.public_url, mark.text())
    }

    /// Tells those who watch that a call has ended.
    async fn tell_end(&self, tenant: TenantId, call: CallId, call_sid: Option<&str>, ending: &Ending) {
        let body = EventBody::CallState {
            status: CallStatus::Ended,
            ending: Some(ending.clone()),
        };
        let sid = call_sid.unwrap_or_default();
        self.engine.announce(tenant, call, sid, body).await;
    }
}

/// The order that is kept with a call.
fn read_order(order: Option<serde_json::Value>) -> Result<Order> {
    let order =
        order.ok_or_else(|| Error::new(Kind::Conflict, "not_outbound", "the call was not made by you"))?;
    serde_json::from_value(order).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_reads_back_and_nothing_else_is_one() {
        let mark = CallMark {
            tenant: TenantId::new(),
            call: CallId::new(),
        };
        assert_eq!(CallMark::read(&mark.text()), Some(mark));
        for text in [
            "",
            "abc",
            "====",
            &"A".repeat(42),
            &"A".repeat(44),
            &"A".repeat(100_000),
        ] {
            assert_eq!(CallMark::read(text), None, "{} characters", text.len());
        }
    }
}
