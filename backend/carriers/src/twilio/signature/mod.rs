//! Request signatures: made for the simulator and tests, checked for everything the carrier sends us.
//!
//! The URL is always the configured public one with the path and query of the request. What forms of it the
//! carrier may have signed is decided in `forms`; nothing here reads a request's own host.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::form::Form;

mod forms;

/// Header that carries the signature.
pub const HEADER: &str = "X-Twilio-Signature";
/// Header that names the key and the algorithm, when it is not the account's own token.
pub const SETTINGS_HEADER: &str = "X-Twilio-Webhooks-Signature-Settings";

/// Hash under the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Algorithm {
    /// The one that auth tokens sign with.
    #[default]
    HmacSha1,
    /// Only with shared keys.
    HmacSha256,
}

/// Which key signed, as told by [`SETTINGS_HEADER`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedKey {
    /// Id of the key; to be looked up among the keys of one tenant only.
    pub id: Option<String>,
    /// How it signed.
    pub algorithm: Algorithm,
}

impl SharedKey {
    /// Reads the header; `None` when it names an algorithm we do not know, which must be refused.
    #[must_use]
    pub fn read(header: &str) -> Option<Self> {
        let mut found = Self {
            id: None,
            algorithm: Algorithm::default(),
        };
        for part in header.split(',') {
            match part.trim().split_once('=') {
                Some(("key", id)) => found.id = Some(id.trim().to_owned()),
                Some(("algorithm", "HMAC_SHA1")) => found.algorithm = Algorithm::HmacSha1,
                Some(("algorithm", "HMAC_SHA256")) => found.algorithm = Algorithm::HmacSha256,
                Some(("algorithm", _)) => return None,
                _ => {}
            }
        }
        Some(found)
    }
}

/// Checks signatures with one secret: the auth token of the account that owns the resource, or a shared key.
#[derive(Debug, Clone)]
pub struct Validator {
    secret: SecretString,
    algorithm: Algorithm,
}

impl Validator {
    /// Checks against an account's auth token.
    #[must_use]
    pub fn new(token: SecretString) -> Self {
        Self {
            secret: token,
            algorithm: Algorithm::HmacSha1,
        }
    }

    /// Checks against a shared key.
    #[must_use]
    pub fn with_shared_key(secret: SecretString, algorithm: Algorithm) -> Self {
        Self { secret, algorithm }
    }

    /// Checks a webhook by its method and content type, the way the carrier chose what to sign.
    #[must_use]
    pub fn webhook(&self, signature: &str, url: &str, content_type: Option<&str>, body: &[u8]) -> bool {
        let is_form = content_type.is_some_and(|kind| {
            let kind = kind.split(';').next().unwrap_or_default().trim();
            kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        });
        if is_form {
            self.form(signature, url, body)
        } else if body.is_empty() {
            self.get(signature, url)
        } else {
            self.body(signature, url, body)
        }
    }

    /// Checks a form POST on its raw body.
    #[must_use]
    pub fn form(&self, signature: &str, url: &str, body: &[u8]) -> bool {
        let signed = Form::parse(body).signed_text();
        self.any_of(
            signature,
            forms::of_webhook(url)
                .into_iter()
                .map(|url| (url, signed.as_slice())),
        )
    }

    /// Checks a GET, whose parameters are all in the URL.
    #[must_use]
    pub fn get(&self, signature: &str, url: &str) -> bool {
        self.any_of(
            signature,
            forms::of_webhook(url).into_iter().map(|url| (url, [].as_slice())),
        )
    }

    /// Checks a body that is no form: the URL names the body's hash, and both must hold.
    #[must_use]
    pub fn body(&self, signature: &str, url: &str, body: &[u8]) -> bool {
        let Some(named) = forms::body_hash(url) else {
            return false;
        };
        let hash = hex::encode(Sha256::digest(body));
        let hash_holds = bool::from(named.as_bytes().ct_eq(hash.as_bytes()));
        self.get(signature, url) & hash_holds
    }

    /// Checks a WebSocket upgrade; `url` begins with `wss:` (or `ws:` on loopback).
    #[must_use]
    pub fn websocket(&self, signature: &str, url: &str) -> bool {
        let candidates = forms::of_websocket(url);
        self.any_of(
            signature,
            candidates
                .iter()
                .map(|(url, folded)| (url.clone(), folded.as_slice())),
        )
    }

    /// Compares with every candidate and stops at none, so that the time taken tells nothing.
    fn any_of<'a>(&self, signature: &str, candidates: impl Iterator<Item = (String, &'a [u8])>) -> bool {
        let mut found = subtle::Choice::from(0);
        for (url, signed) in candidates {
            let expected = sign(&self.secret, self.algorithm, &url, signed);
            found |= expected.as_bytes().ct_eq(signature.as_bytes());
        }
        found.into()
    }
}

/// Signs a form POST.
#[must_use]
pub fn sign_form(token: &SecretString, url: &str, body: &[u8]) -> String {
    sign(token, Algorithm::HmacSha1, url, &Form::parse(body).signed_text())
}

/// Signs a GET, or the opening of a WebSocket.
#[must_use]
pub fn sign_url(token: &SecretString, url: &str) -> String {
    sign(token, Algorithm::HmacSha1, url, &[])
}

/// Signs a body that is no form; returns the URL to request, with the body's hash, and the signature.
#[must_use]
pub fn sign_body(token: &SecretString, url: &str, body: &[u8]) -> (String, String) {
    let glue = if url.contains('?') { '&' } else { '?' };
    let url = format!(
        "{url}{glue}{}={}",
        forms::BODY_HASH,
        hex::encode(Sha256::digest(body))
    );
    let signature = sign_url(token, &url);
    (url, signature)
}

/// Signs the opening of a WebSocket with its query folded into parameters, as some of the carrier's signers do.
#[must_use]
pub fn sign_websocket_folded(token: &SecretString, url: &str) -> String {
    let (bare, query) = url.split_once('?').unwrap_or((url, ""));
    sign_form(token, bare, query.as_bytes())
}

/// The signature of `url` followed by the already sorted parameters.
#[must_use]
pub fn sign(secret: &SecretString, algorithm: Algorithm, url: &str, parameters: &[u8]) -> String {
    let key = secret.expose_secret().as_bytes();
    match algorithm {
        Algorithm::HmacSha1 => {
            let Ok(mac) = Hmac::<Sha1>::new_from_slice(key) else {
                return String::new();
            };
            BASE64.encode(
                mac.chain_update(url)
                    .chain_update(parameters)
                    .finalize()
                    .into_bytes(),
            )
        }
        Algorithm::HmacSha256 => {
            let Ok(mac) = Hmac::<Sha256>::new_from_slice(key) else {
                return String::new();
            };
            BASE64.encode(
                mac.chain_update(url)
                    .chain_update(parameters)
                    .finalize()
                    .into_bytes(),
            )
        }
    }
}

#[cfg(test)]
mod tests;
