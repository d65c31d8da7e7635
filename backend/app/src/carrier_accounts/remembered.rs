//! Accounts remembered in Redis, for webhooks that come while the database is away and the process is young: whose
//! account it is, and its token as sealed as in the database.

use phony_kernel::{Error, Result, TenantId};
use redis::AsyncCommands as _;
use redis::aio::ConnectionManager;
use uuid::Uuid;

/// An account of which nothing was heard for so long is looked up in the database only.
const KEPT_SECONDS: u64 = 30 * 24 * 3_600;
/// Bytes of the tenant before the sealed token.
const TENANT: usize = 16;

fn key(account_sid: &str) -> String {
    format!("gate:carrier_account:{account_sid}")
}

/// Remembers what the database has just said.
pub(super) async fn keep(redis: &ConnectionManager, account_sid: &str, tenant: TenantId, sealed: &[u8]) {
    let mut value = tenant.uuid().as_bytes().to_vec();
    value.extend_from_slice(sealed);
    let kept: redis::RedisResult<()> = redis.clone().set_ex(key(account_sid), value, KEPT_SECONDS).await;
    // The database has it; this is for times when it has not.
    if let Err(error) = kept {
        tracing::debug!(%error, "an account of the carrier could not be remembered");
    }
}

/// What was last known of an account.
///
/// # Errors
/// `unavailable` when Redis does not answer.
pub(super) async fn find(
    redis: &ConnectionManager,
    account_sid: &str,
) -> Result<Option<(TenantId, Vec<u8>)>> {
    let value: Option<Vec<u8>> = redis
        .clone()
        .get(key(account_sid))
        .await
        .map_err(Error::unavailable)?;
    Ok(value.and_then(|mut value| {
        let tenant = Uuid::from_slice(value.get(..TENANT)?).ok()?;
        let sealed = value.split_off(TENANT);
        Some((TenantId::from_uuid(tenant), sealed))
    }))
}

/// An account that is closed is nobody's.
pub(super) async fn forget(redis: &ConnectionManager, account_sid: &str) {
    let gone: redis::RedisResult<()> = redis.clone().del(key(account_sid)).await;
    if let Err(error) = gone {
        tracing::warn!(%error, "a closed account of the carrier could not be forgotten");
    }
}
