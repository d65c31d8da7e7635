//! One-use tickets: 256 random bits, bound to who asked, good for thirty seconds.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use phony_kernel::{Error, Result, TenantId};
use rand::RngExt as _;
use redis::AsyncCommands as _;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Supervision;
use crate::Principal;

const TICKET_SECONDS: u32 = 30;

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
    /// Gives out a ticket for `who`.
    ///
    /// # Errors
    /// `unavailable` when Redis does not answer.
    pub async fn issue_ticket(&self, who: &Principal) -> Result<Ticket> {
        let mut bytes = [0_u8; 48];
        bytes[..16].copy_from_slice(who.tenant.uuid().as_bytes());
        bytes[16..].copy_from_slice(&rand::rng().random::<[u8; 32]>());
        let principal = serde_json::to_string(who).map_err(Error::internal)?;
        let mut redis = self.redis.clone();
        let () = redis
            .set_ex(key(who.tenant, &bytes), principal, u64::from(TICKET_SECONDS))
            .await
            .map_err(Error::unavailable)?;
        Ok(Ticket {
            ticket: URL_SAFE_NO_PAD.encode(bytes),
            expires_in_seconds: TICKET_SECONDS,
        })
    }

    /// Takes a ticket in; it is worthless afterwards.
    ///
    /// # Errors
    /// `unauthenticated` for one that is unknown, used or too old; `unavailable` when Redis does not answer.
    pub async fn redeem_ticket(&self, ticket: &str) -> Result<Principal> {
        let bytes = URL_SAFE_NO_PAD
            .decode(ticket)
            .map_err(|_| Error::unauthenticated())?;
        if bytes.len() != 48 {
            return Err(Error::unauthenticated());
        }
        let tenant = Uuid::from_slice(&bytes[..16]).map_err(|_| Error::unauthenticated())?;
        let mut redis = self.redis.clone();
        let principal: Option<String> = redis
            .get_del(key(TenantId::from_uuid(tenant), &bytes))
            .await
            .map_err(Error::unavailable)?;
        let principal = principal.ok_or_else(Error::unauthenticated)?;
        let who: Principal = serde_json::from_str(&principal).map_err(Error::internal)?;
        self.identity.recheck(&who).await?;
        Ok(who)
    }
}
