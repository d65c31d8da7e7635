//! The words of calls: a key for each call, sealed as any secret, and each event sealed by it for its own place.

use std::sync::Arc;

use phony_db::calls::words::{WordKey, WordSealer};
use phony_kernel::{CallId, Error, Result, TenantId};

use super::{DataKey, Place, Sealer};

/// The key of one call with what its events are bound to.
struct CallKey {
    key: DataKey,
    tenant: TenantId,
    call: CallId,
}

fn place(tenant: TenantId, record: &str) -> Place<'_> {
    Place {
        table: "call_keys",
        column: "key_sealed",
        tenant,
        record,
    }
}

impl Sealer {
    /// For the database, to seal the words of calls with.
    #[must_use]
    pub fn words(&self) -> Arc<dyn WordSealer> {
        Arc::new(self.clone())
    }
}

impl WordSealer for Sealer {
    fn new_key(&self, tenant: TenantId, call: CallId) -> Result<(Vec<u8>, Box<dyn WordKey>)> {
        let key = DataKey::new()?;
        let record = call.uuid().to_string();
        let sealed = self.seal(&place(tenant, &record), key.bytes())?;
        Ok((sealed.into_bytes(), Box::new(CallKey { key, tenant, call })))
    }

    fn open_key(&self, tenant: TenantId, call: CallId, sealed: &[u8]) -> Result<Box<dyn WordKey>> {
        let record = call.uuid().to_string();
        let plain = self.open(&place(tenant, &record), sealed)?;
        let key = DataKey::read(&plain)
            .ok_or_else(|| Error::internal(anyhow::anyhow!("the key of a call has not the form of one")))?;
        Ok(Box::new(CallKey { key, tenant, call }))
    }
}

impl CallKey {
    fn proof(&self, seq: i32) -> Vec<u8> {
        let mut proof = b"call_events.body_sealed 1".to_vec();
        proof.extend_from_slice(self.tenant.uuid().as_bytes());
        proof.extend_from_slice(self.call.uuid().as_bytes());
        proof.extend_from_slice(&seq.to_be_bytes());
        proof
    }
}

impl WordKey for CallKey {
    fn seal(&self, seq: i32, plain: &[u8]) -> Result<Vec<u8>> {
        self.key.seal(&self.proof(seq), plain)
    }

    fn open(&self, seq: i32, sealed: &[u8]) -> Result<Vec<u8>> {
        let plain = self.key.open(&self.proof(seq), sealed);
        let plain = plain.map_err(|_| {
            Error::internal(anyhow::anyhow!("the words of a call do not open in their place"))
        })?;
        Ok(plain.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_open_in_their_call_and_place_only() {
        let sealer = Sealer::new(&"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_owned().into()).unwrap();
        let (tenant, call) = (TenantId::new(), CallId::new());
        let (kept, key) = sealer.new_key(tenant, call).unwrap();
        let sealed = key.seal(7, b"my card is 4242").unwrap();
        let again = sealer.open_key(tenant, call, &kept).unwrap();
        assert_eq!(again.open(7, &sealed).unwrap(), b"my card is 4242");
        assert!(again.open(8, &sealed).is_err());
        assert!(sealer.open_key(tenant, CallId::new(), &kept).is_err());
        assert!(sealer.open_key(TenantId::new(), call, &kept).is_err());
        let (_, other) = sealer.new_key(tenant, call).unwrap();
        assert!(other.open(7, &sealed).is_err());
    }
}
