//! Export jobs.
