//! Use cases by area. Each area is one struct that holds what it needs; handlers call one function.

mod app;
pub mod billing;
pub mod calls;
pub mod carrier_accounts;
pub mod exports;
pub mod idempotency;
pub mod identity;
pub mod numbers;
pub mod personalities;
pub mod principal;
pub mod proxies;
pub mod supervision;

pub use app::{App, CarrierAccess, Readiness};
pub use principal::{Principal, Who};
