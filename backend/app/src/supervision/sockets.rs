//! How many live sockets there may be: counted in Redis over all instances, each for as long as it says that it is there.

use phony_kernel::{Error, Kind, Result};
use redis::{AsyncCommands as _, Script};
use uuid::Uuid;

use super::Supervision;
use crate::{Principal, Who};

/// Sockets of one session.
const OF_SESSION: u32 = 5;
/// Sockets of one tenant.
const OF_TENANT: u32 = 200;
/// A socket that has not said for so long that it is there is gone.
const KEPT_MS: u32 = 60_000;

/// The place of an open socket.
#[derive(Debug, Clone)]
pub struct SocketPlace {
    socket: String,
    of_tenant: String,
    of_session: String,
    session_limit: u32,
}

impl Supervision {
    /// Takes a place for a socket.
    ///
    /// # Errors
    /// `too_many_sockets`; `unavailable` when Redis does not answer.
    pub async fn take_place(&self, who: &Principal) -> Result<SocketPlace> {
        let of_tenant = format!("t:{{{}}}:sockets", who.tenant.uuid());
        let (session, session_limit) = match &who.who {
            Who::Member { session, .. } => (session.to_string(), OF_SESSION),
            // A key has no session; its programs share the places of the tenant.
            Who::Key { id, .. } => (id.to_string(), 0),
        };
        let place = SocketPlace {
            socket: Uuid::now_v7().simple().to_string(),
            of_session: format!("{of_tenant}:{session}"),
            of_tenant,
            session_limit,
        };
        let (whose, most) = match self.count_place(&place).await? {
            0 => return Ok(place),
            1 => ("company", OF_TENANT),
            _ => ("sign-in", OF_SESSION),
        };
        Err(Error::new(
            Kind::RateLimited,
            "too_many_sockets",
            format!("a {whose} may have {most} live connections; close one first"),
        )
        .retry_after(5))
    }

    /// Says that the socket is still there. What Redis does not hear is said again the next time.
    pub async fn keep_place(&self, place: &SocketPlace) {
        if let Err(error) = self.count_place(place).await {
            tracing::debug!(error = ?error, "a socket's place was not kept");
        }
    }

    /// Gives the place back.
    pub async fn leave_place(&self, place: &SocketPlace) {
        let mut redis = self.redis.clone();
        for key in [&place.of_tenant, &place.of_session] {
            let left: redis::RedisResult<()> = redis.zrem(key, &place.socket).await;
            if let Err(cause) = left {
                tracing::debug!(error = %cause, "a socket's place runs out by itself");
            }
        }
    }

    async fn count_place(&self, place: &SocketPlace) -> Result<u8> {
        let mut redis = self.redis.clone();
        Script::new(include_str!("sockets.lua"))
            .key(&place.of_tenant)
            .key(&place.of_session)
            .arg(&place.socket)
            .arg(KEPT_MS)
            .arg(OF_TENANT)
            .arg(place.session_limit)
            .invoke_async(&mut redis)
            .await
            .map_err(Error::unavailable)
    }
}
