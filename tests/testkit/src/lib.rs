//! A fresh database and a fresh Redis for each test.
//!
//! The servers are those of `cargo xtask services`; nothing here starts one. Everything a test makes is its
//! own, so tests run side by side and in any order.

mod addresses;
mod database;
mod redis_db;

pub use database::TestDb;
pub use redis_db::{redis_connection, redis_url, try_redis_url};
