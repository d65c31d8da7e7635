//! What must hold for any bytes from outside. The targets feed it; `tests/replay` feeds it the corpus on every run of the
//! tests.

pub mod checks;
