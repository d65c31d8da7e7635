//! Phone numbers: search, buy, configure, release.
