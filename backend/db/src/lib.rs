//! The only crate with queries.
//!
//! [`TenantTx`] is the only way to a tenant's tables, [`SystemTx`] the only way to the gate functions.

pub mod audit;
pub mod calls;
pub mod carrier_accounts;
pub mod contacts;
pub mod error;
pub mod exports;
pub mod idempotency;
pub mod identity;
pub mod keys;
pub mod migrate;
pub mod numbers;
pub mod outbound_policy;
pub mod outbox;
pub mod personalities;
pub mod pool;
pub mod pools;
pub mod recordings;
pub mod retention;
pub mod sessions;
pub mod usage;

pub use pool::{Db, SystemTx, TenantTx};
