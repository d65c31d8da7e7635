//! Integration tests of usage.
