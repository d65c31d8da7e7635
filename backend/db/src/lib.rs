//! The only crate with queries.
//!
//! [`TenantTx`] and, for single rows, [`TenantRead`] are the only ways to a tenant's tables, [`SystemTx`] the only way
//! to the gate functions.

pub mod audit;
pub mod calls;
pub mod carrier_accounts;
mod connections;
pub mod contacts;
pub mod error;
pub mod exports;
pub mod idempotency;
pub mod identity;
pub mod invitations;
pub mod keys;
pub mod logins;
pub mod mailed_links;
pub mod members;
pub mod migrate;
pub mod notices;
pub mod number_pools;
pub mod numbers;
pub mod operator;
pub mod outbound_policy;
pub mod outbox;
pub mod personalities;
pub mod plans;
mod pool;
pub mod privacy;
pub mod provider_credentials;
mod read;
pub mod recordings;
pub mod retention;
pub mod sealed;
pub mod session_lists;
pub mod sessions;
pub mod sso;
pub mod totp;
mod transaction;
pub mod usage;

pub use pool::Db;
pub use read::TenantRead;
pub use transaction::{SystemTx, TenantTx};
