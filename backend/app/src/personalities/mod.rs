//! Personalities: presets, own ones, versions.

pub mod presets;

pub use presets::seed_presets;
