//! Repeats of one request have one effect.
