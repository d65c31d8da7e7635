//! Integration tests of the use cases with a real database. One binary: linking is the slow part.

mod calls;
mod identity;
mod numbers;
mod tenancy;
mod usage;
