//! Personalities: presets, own ones, versions.
