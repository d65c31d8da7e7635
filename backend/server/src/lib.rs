//! The phony binary: configuration, wiring and sub-commands
