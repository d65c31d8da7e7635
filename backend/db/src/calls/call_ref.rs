//! How a call is named by whoever asks for it.

use std::fmt;
use std::str::FromStr;

use phony_kernel::{CallId, Error, Result};

/// A call by our id or by the carrier's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallRef {
    /// `call_…`
    Id(CallId),
    /// `CA…`
    Sid(String),
}

impl FromStr for CallRef {
    type Err = Error;

    /// Anything else is no call: `not_found`, like an id that does not exist.
    fn from_str(text: &str) -> Result<Self> {
        let hex = text.strip_prefix("CA");
        if hex.is_some_and(|hex| hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())) {
            return Ok(Self::Sid(text.to_owned()));
        }
        text.parse().map(Self::Id).map_err(|_| Error::not_found())
    }
}

impl From<CallId> for CallRef {
    fn from(id: CallId) -> Self {
        Self::Id(id)
    }
}

impl fmt::Display for CallRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => fmt::Display::fmt(id, f),
            Self::Sid(sid) => f.write_str(sid),
        }
    }
}
