//! Calls: admission, the one-use stream token, the carrier's callbacks, the ledger, the end, history.
//!
//! What a callback means and how a call ends is decided above; here it is read and stored.

pub mod admission;
mod call_ref;
pub mod callbacks;
pub mod clear_words;
pub mod closing;
pub mod forks;
pub mod handed;
pub mod history;
pub mod ledger;
pub mod notes;
pub mod outbound;
pub mod stream;
pub mod testing;
mod token_facts;
pub mod welcome;
pub mod words;

use phony_kernel::{Error, Result};

/// Reads a stored word of a closed list.
pub(crate) fn word<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Result<T> {
    read(text).ok_or_else(|| Error::internal(anyhow::anyhow!("the database holds an unknown word: {text}")))
}
