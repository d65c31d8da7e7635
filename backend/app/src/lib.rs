//! Use cases by area. Each area is one struct that holds what it needs; handlers call one function.

mod app;
pub mod billing;
pub mod calls;
pub mod carrier_accounts;
pub mod contacts;
pub mod exports;
pub mod idempotency;
pub mod identity;
pub mod numbers;
pub mod outbound_policy;
pub mod personalities;
pub mod principal;
pub mod proxies;
pub mod recordings;
pub mod supervision;

pub use app::{App, CarrierAccess, Readiness};
pub use principal::{Principal, Who};
