//! One-use tickets, bound to who asked and to one purpose, good for thirty seconds: 256 random bits; the tokens of calls
//! from the browser carry a secret of their own.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use phony_kernel::{Error, Kind, Result, TenantId};
use rand::RngExt as _;
use redis::AsyncCommands as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Supervision;
use crate::{Principal, Who};

const TICKET_SECONDS: u32 = 30;
/// Longest ticket of any kind.
const MOST_BYTES: usize = 64;

/// What a ticket opens. One of another purpose opens nothing, and stays good for its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The live socket.
    Live,
    /// The socket of a call from the browser.
    WebCall,
    /// The sound of a call.
    Audio,
    /// The carrier's fork of a call's sound.
    Fork,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::WebCall => "web_call",
            Self::Audio => "audio",
            Self::Fork => "fork",
        }
    }

    /// Only the ticket's hash is in Redis: who reads the store cannot open a socket.
    fn key(self, tenant: TenantId, ticket: &[u8]) -> String {
        let hash = hex::encode(Sha256::digest(ticket));
        format!("t:{{{}}}:{}_ticket:{hash}", tenant.uuid(), self.as_str())
    }
}

/// A ticket for one socket.
#[derive(Debug, Clone)]
pub struct Ticket {
    /// What the client presents.
    pub ticket: String,
    /// Seconds until it is worthless.
    pub expires_in_seconds: u32,
}

impl From<String> for Ticket {
    fn from(ticket: String) -> Self {
        Self {
            ticket,
            expires_in_seconds: TICKET_SECONDS,
        }
    }
}

impl Supervision {
    /// Goes on only if the plan lets `who` follow events: the dashboard is part of every plan, programs are not.
    ///
    /// # Errors
    /// `plan_limit`.
    pub fn check_plan(who: &Principal) -> Result<()> {
        if matches!(who.who, Who::Key { .. }) && !who.plan.limits().live_events {
            let text = format!("the {} plan has no live events for programs", who.plan.as_str());
            return Err(Error::new(Kind::Forbidden, "plan_limit", text));
        }
        Ok(())
    }

    /// Gives out a ticket for the live socket.
    ///
    /// # Errors
    /// `plan_limit`; `unavailable` when Redis does not answer.
    pub async fn issue_ticket(&self, who: &Principal) -> Result<Ticket> {
        Self::check_plan(who)?;
        Ok(self.issue(Purpose::Live, who.tenant, who).await?.into())
    }

    /// Remembers for whom a ticket of a call from the browser was made, so that the call ends when they may not hold it
    /// any more.
    ///
    /// # Errors
    /// `unavailable` when Redis does not answer.
    pub async fn keep_web_ticket(&self, who: &Principal, ticket: &str) -> Result<()> {
        let bytes = URL_SAFE_NO_PAD.decode(ticket).map_err(Error::internal)?;
        self.keep(Purpose::WebCall, who.tenant, &bytes, who).await
    }

    /// Takes a ticket of the live socket in, from an address; it is worthless afterwards.
    ///
    /// # Errors
    /// `unauthenticated` for one that is unknown, used, too old or of another purpose; `address_not_allowed` for that of
    /// a key which may not come from there; `unavailable` when Redis does not answer.
    pub async fn redeem_ticket(&self, ticket: &str, from: Option<IpAddr>) -> Result<Principal> {
        self.redeem(Purpose::Live, ticket, from).await
    }

    /// Takes the ticket of a call from the browser in; it is worthless afterwards.
    ///
    /// # Errors
    /// Those of [`Self::redeem_ticket`].
    pub async fn redeem_web_ticket(&self, ticket: &str, from: Option<IpAddr>) -> Result<Principal> {
        self.redeem(Purpose::WebCall, ticket, from).await
    }

    async fn redeem(&self, purpose: Purpose, ticket: &str, from: Option<IpAddr>) -> Result<Principal> {
        let kept: Option<(TenantId, Principal)> = self.take(purpose, ticket).await?;
        let (_, mut who) = kept.ok_or_else(Error::unauthenticated)?;
        // What counts is where the socket comes from, now and for as long as it stays open.
        who.from = from;
        self.identity.recheck(&who).await?;
        Ok(who)
    }

    /// A new ticket, with what it is for.
    pub(super) async fn issue(
        &self,
        purpose: Purpose,
        tenant: TenantId,
        what: &impl Serialize,
    ) -> Result<String> {
        let mut bytes = [0_u8; 48];
        bytes[..16].copy_from_slice(tenant.uuid().as_bytes());
        bytes[16..].copy_from_slice(&rand::rng().random::<[u8; 32]>());
        self.keep(purpose, tenant, &bytes, what).await?;
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    async fn keep(
        &self,
        purpose: Purpose,
        tenant: TenantId,
        ticket: &[u8],
        what: &impl Serialize,
    ) -> Result<()> {
        let what = serde_json::to_string(what).map_err(Error::internal)?;
        let mut redis = self.redis.clone();
        redis
            .set_ex(purpose.key(tenant, ticket), what, u64::from(TICKET_SECONDS))
            .await
            .map_err(Error::unavailable)
    }

    /// What a ticket was for; `None` for one that is unknown, used, too old or of another purpose.
    pub(super) async fn take<T: DeserializeOwned>(
        &self,
        purpose: Purpose,
        ticket: &str,
    ) -> Result<Option<(TenantId, T)>> {
        let bytes = URL_SAFE_NO_PAD.decode(ticket).unwrap_or_default();
        let tenant = bytes.get(..16).and_then(|bytes| Uuid::from_slice(bytes).ok());
        let Some(tenant) = tenant.filter(|_| bytes.len() <= MOST_BYTES) else {
            return Ok(None);
        };
        let tenant = TenantId::from_uuid(tenant);
        let mut redis = self.redis.clone();
        let what: Option<String> = redis
            .get_del(purpose.key(tenant, &bytes))
            .await
            .map_err(Error::unavailable)?;
        let what = what.map(|what| serde_json::from_str(&what).map_err(Error::internal));
        Ok(what.transpose()?.map(|what| (tenant, what)))
    }
}
