//! Lines of the audit log, written in the transaction of the act that they tell of.

use std::fmt::Display;

use chrono::{DateTime, Utc};
use phony_db::{TenantTx, audit};
use phony_kernel::Result;
use serde_json::Value;

/// Notes that `actor` (`usr_…`, `key_…` or `system`) has done `action` to `target`. `detail` holds no secret.
///
/// # Errors
/// Those of the database.
pub(crate) async fn note(
    tx: &mut TenantTx,
    actor: &str,
    action: &str,
    target: impl Display,
    detail: &Value,
    at: DateTime<Utc>,
) -> Result<()> {
    let target = target.to_string();
    let entry = audit::Entry {
        actor,
        action,
        target: &target,
        detail,
    };
    audit::record(tx, &entry, at).await
}
