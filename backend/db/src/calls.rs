//! Calls and their events.
