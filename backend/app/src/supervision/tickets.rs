//! One-use tickets, bound to who asked, good for thirty seconds: 256 random bits for the live socket; the tokens of calls
//! from the browser carry a secret of their own.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use phony_kernel::{Error, Kind, Result, TenantId};
use rand::RngExt as _;
use redis::AsyncCommands as _;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Supervision;
use crate::{Principal, Who};

const TICKET_SECONDS: u32 = 30;
/// Longest ticket of any kind.
const MOST_BYTES: usize = 64;

/// A ticket for one socket.
#[derive(Debug, Clone)]
pub struct Ticket {
    /// What the client presents.
    pub ticket: String,
    /// Seconds until it is worthless.
    pub expires_in_seconds: u32,
}

/// Only the hash is in Redis: who reads the store cannot open a socket.
fn key(tenant: TenantId, ticket: &[u8]) -> String {
    format!(
        "t:{{{}}}:ticket:{}",
        tenant.uuid(),
        hex::encode(Sha256::digest(ticket))
    )
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

    /// Gives out a ticket for `who`.
    ///
    /// # Errors
    /// `unavailable` when Redis does not answer.
    pub async fn issue_ticket(&self, who: &Principal) -> Result<Ticket> {
        Self::check_plan(who)?;
        let mut bytes = [0_u8; 48];
        bytes[..16].copy_from_slice(who.tenant.uuid().as_bytes());
        bytes[16..].copy_from_slice(&rand::rng().random::<[u8; 32]>());
        self.keep(who, &bytes).await?;
        Ok(Ticket {
            ticket: URL_SAFE_NO_PAD.encode(bytes),
            expires_in_seconds: TICKET_SECONDS,
        })
    }

    /// Remembers for whom a ticket of a call from the browser was made, so that the call ends when they may not hold it
    /// any more.
    ///
    /// # Errors
    /// `unavailable` when Redis does not answer.
    pub async fn keep_web_ticket(&self, who: &Principal, ticket: &str) -> Result<()> {
        let bytes = URL_SAFE_NO_PAD.decode(ticket).map_err(Error::internal)?;
        self.keep(who, &bytes).await
    }

    async fn keep(&self, who: &Principal, ticket: &[u8]) -> Result<()> {
        let principal = serde_json::to_string(who).map_err(Error::internal)?;
        let mut redis = self.redis.clone();
        redis
            .set_ex(key(who.tenant, ticket), principal, u64::from(TICKET_SECONDS))
            .await
            .map_err(Error::unavailable)
    }

    /// Takes a ticket of either kind in, from an address; it is worthless afterwards.
    ///
    /// # Errors
    /// `unauthenticated` for one that is unknown, used or too old; `address_not_allowed` for that of a key which may not
    /// come from there; `unavailable` when Redis does not answer.
    pub async fn redeem_ticket(&self, ticket: &str, from: Option<IpAddr>) -> Result<Principal> {
        let bytes = URL_SAFE_NO_PAD
            .decode(ticket)
            .map_err(|_| Error::unauthenticated())?;
        if bytes.len() > MOST_BYTES {
            return Err(Error::unauthenticated());
        }
        let tenant = bytes.get(..16).and_then(|bytes| Uuid::from_slice(bytes).ok());
        let tenant = tenant.ok_or_else(Error::unauthenticated)?;
        let mut redis = self.redis.clone();
        let principal: Option<String> = redis
            .get_del(key(TenantId::from_uuid(tenant), &bytes))
            .await
            .map_err(Error::unavailable)?;
        let principal = principal.ok_or_else(Error::unauthenticated)?;
        let mut who: Principal = serde_json::from_str(&principal).map_err(Error::internal)?;
        // What counts is where the socket comes from, now and for as long as it stays open.
        who.from = from;
        self.identity.recheck(&who).await?;
        Ok(who)
    }
}
