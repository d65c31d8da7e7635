//! The one-use token by which the carrier's socket finds its call: tenant, call and 24 random bytes. Only its
//! hash is stored.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use phony_kernel::{CallId, TenantId};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const SECRET_BYTES: usize = 24;
const BYTES: usize = 16 + 16 + SECRET_BYTES;

/// A stream token, freshly made or read from a socket.
#[derive(Clone)]
pub(super) struct StreamToken {
    bytes: [u8; BYTES],
}

impl StreamToken {
    pub(super) fn new(tenant: TenantId, call: CallId) -> Self {
        let mut bytes = [0; BYTES];
        bytes[..16].copy_from_slice(tenant.uuid().as_bytes());
        bytes[16..32].copy_from_slice(call.uuid().as_bytes());
        let secret: [u8; SECRET_BYTES] = rand::random();
        bytes[32..].copy_from_slice(&secret);
        Self { bytes }
    }

    /// Reads what a socket brought; `None` when it is no token of ours.
    pub(super) fn read(text: &str) -> Option<Self> {
        if text.len() > 2 * BYTES {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        Some(Self {
            bytes: bytes.try_into().ok()?,
        })
    }

    /// The tenant it names; proven only once the hash is found there.
    pub(super) fn tenant(&self) -> TenantId {
        TenantId::from_uuid(self.uuid(0))
    }

    /// The call it names.
    pub(super) fn call(&self) -> CallId {
        CallId::from_uuid(self.uuid(16))
    }

    pub(super) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.bytes).into()
    }

    pub(super) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes)
    }

    fn uuid(&self, from: usize) -> Uuid {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.bytes[from..from + 16]);
        Uuid::from_bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_two_are_never_alike() {
        let (tenant, call) = (TenantId::new(), CallId::new());
        let token = StreamToken::new(tenant, call);
        let read = StreamToken::read(&token.text()).unwrap();
        assert_eq!(
            (read.tenant(), read.call(), read.hash()),
            (tenant, call, token.hash())
        );
        assert_ne!(StreamToken::new(tenant, call).hash(), token.hash());
    }

    #[test]
    fn what_is_not_a_token_is_refused() {
        for text in [
            "",
            "abc",
            "====",
            &"A".repeat(74),
            &"A".repeat(76),
            &"A".repeat(100_000),
        ] {
            assert!(StreamToken::read(text).is_none(), "{} characters", text.len());
        }
    }
}
