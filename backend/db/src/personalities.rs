//! Personalities and their versions.
