//! Integration tests of numbers.
