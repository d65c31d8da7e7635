//! The only crate with queries: tenant transactions, repositories, jobs
