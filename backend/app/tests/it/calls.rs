//! Integration tests of calls.
