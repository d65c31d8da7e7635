//! Receipts of erasures, and what stands for a number that was erased.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, Utc};
use phony_kernel::{ErasureId, TenantId};
use serde::{Deserialize, Serialize};

use super::Privacy;
use crate::identity::secrets;
use crate::signing::Signer;

/// Purpose of the key that signs receipts; what is signed is this, a line end, and the receipt's text.
pub(super) const PURPOSE: &str = "erasure receipt 1";
/// Before what stands for a number.
pub(super) const ERASED: &str = "erased:";

/// A receipt with what proves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Receipt {
    /// The receipt, a JSON text, byte by byte as it was signed.
    pub text: String,
    /// Ed25519 over `erasure receipt 1`, a line end and the text; base64.
    pub signature: String,
    /// The public key that it is checked with; base64.
    pub public_key: String,
}

impl Receipt {
    /// With the key that signed it, which may not be in use any more.
    pub(super) fn new(signer: &Signer, text: String, signature: &[u8]) -> Self {
        let named = || {
            let said: ReceiptText = serde_json::from_str(&text).ok()?;
            let key = BASE64.decode(said.public_key?).ok()?;
            signer.is_by(&key, &text, signature).then_some(key)
        };
        let public_key = signer
            .find_signing(&text, signature)
            .or_else(named)
            .unwrap_or_else(|| signer.public_key());
        Self {
            text,
            signature: BASE64.encode(signature),
            public_key: BASE64.encode(public_key),
        }
    }
}

/// What a receipt says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ReceiptText {
    pub(super) erasure_id: ErasureId,
    pub(super) tenant_id: TenantId,
    /// `contact` or `tenant`.
    pub(super) subject: String,
    /// What stands for the contact's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) stand_in: Option<String>,
    pub(super) requested_by: String,
    pub(super) requested_at: DateTime<Utc>,
    pub(super) completed_at: DateTime<Utc>,
    pub(super) erased: Counts,
    pub(super) kept: Vec<String>,
    pub(super) key_id: String,
    /// The key that signs it, base64; those of before say its id alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) public_key: Option<String>,
}

impl ReceiptText {
    /// How the key that signs is named in a receipt.
    pub(super) fn name_key(signer: &Signer) -> Option<String> {
        Some(BASE64.encode(signer.public_key()))
    }
}

/// How much went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    /// Calls whose words, notes and numbers went.
    pub(super) calls: u64,
    /// Recordings whose files went.
    pub(super) recordings: u64,
    /// Contacts that are forgotten.
    pub(super) contacts: u64,
    /// People who belong to no other company and are forgotten.
    #[serde(default)]
    pub(super) people: u64,
    /// Numbers that were given back.
    #[serde(default)]
    pub(super) numbers: u64,
}

/// What stands for an erased number: letters alone, so that no search for digits finds it.
pub(super) fn stand_in(hmac: &[u8]) -> String {
    let letters: String = hmac
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|nibble| char::from(b'a' + nibble))
        .collect();
    format!("{ERASED}{letters}")
}

impl Privacy {
    /// The keyed hash of a number in a tenant, by the key in use.
    #[must_use]
    pub fn stand_in_bytes(&self, tenant: TenantId, number: &str) -> Option<[u8; 16]> {
        self.stand_ins(tenant, number).next()
    }

    /// The keyed hashes of a number in a tenant, by every key that is listed.
    pub(super) fn stand_ins(&self, tenant: TenantId, number: &str) -> impl Iterator<Item = [u8; 16]> {
        let text = [tenant.uuid().as_bytes(), number.as_bytes()].concat();
        self.number_keys.iter().map(move |key| secrets::mac(key, &text))
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;
    use crate::sealing::MasterKeys;

    const OLD: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const NEW: &str = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";

    fn signer(keys: &str) -> Signer {
        let masters = MasterKeys::read(&SecretString::from(keys.to_owned())).unwrap();
        Signer::new(&masters, PURPOSE).unwrap()
    }

    #[test]
    fn a_receipt_names_the_key_that_signed_it_also_when_that_is_replaced_and_gone() {
        let old = signer(OLD);
        let mut said = ReceiptText {
            erasure_id: ErasureId::new(),
            tenant_id: TenantId::new(),
            subject: "contact".to_owned(),
            stand_in: None,
            requested_by: "usr_1".to_owned(),
            requested_at: Utc::now(),
            completed_at: Utc::now(),
            erased: Counts::default(),
            kept: Vec::new(),
            key_id: old.key_id(),
            public_key: ReceiptText::name_key(&old),
        };
        let shown = |signer: &Signer, said: &ReceiptText| {
            let text = serde_json::to_string(said).unwrap();
            let signature = old.sign(&text).unwrap();
            Receipt::new(signer, text, &signature).public_key
        };
        let key = BASE64.encode(old.public_key());
        for keys in [OLD, &format!("b:{NEW},a:{OLD}"), NEW] {
            assert_eq!(shown(&signer(keys), &said), key, "{keys}");
        }
        // One of before, as long as its key is listed; and one that names a key that did not sign it.
        said.public_key = None;
        assert_eq!(shown(&signer(&format!("b:{NEW},a:{OLD}")), &said), key);
        let new = signer(NEW);
        said.public_key = ReceiptText::name_key(&signer(OLD));
        let text = serde_json::to_string(&said).unwrap();
        let foreign = Receipt::new(&new, text, &[0; 64]);
        assert_eq!(foreign.public_key, BASE64.encode(new.public_key()));
    }

    #[test]
    fn what_stands_for_a_number_has_no_digits() {
        let text = stand_in(&[0x01, 0x9f, 0xff]);
        assert_eq!(text, "erased:abjppp");
        assert!(!text.contains(|c: char| c.is_ascii_digit()));
    }
}
