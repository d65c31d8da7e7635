//! Use cases by area. Each area is one struct that holds what it needs; handlers call one function.

mod app;
pub mod audit;
pub mod billing;
pub mod calls;
pub mod carrier_accounts;
pub mod contacts;
pub mod exports;
pub mod idempotency;
pub mod identity;
pub mod mail;
mod noting;
pub mod number_keys;
pub mod numbers;
pub mod operator;
pub mod outbound_policy;
pub mod personalities;
pub mod plans;
pub mod principal;
pub mod privacy;
pub mod provider_credentials;
pub mod proxies;
pub mod rate_limits;
pub mod recordings;
pub mod sealing;
pub mod signing;
pub mod sso;
pub mod supervision;

pub use app::{App, CarrierAccess, Readiness};
pub use principal::{Principal, Who};
