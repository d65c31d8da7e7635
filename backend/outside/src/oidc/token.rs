//! The check of an ID token, OpenID Connect Core §3.1.3.7.

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::Value;

use super::{Identity, OidcError};

/// How far the clocks of two machines may differ.
const LEEWAY: TimeDelta = TimeDelta::seconds(30);
/// A token is made for this moment; an older one was kept by somebody.
const OLDEST: TimeDelta = TimeDelta::minutes(10);
/// Longest token.
const MAX_TOKEN: usize = 16 * 1024;
/// Signatures by keys of the provider. None that a public client could make, and never none at all.
const ALGORITHMS: &[Algorithm] = &[
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// What a token must say.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    pub(super) fresh: bool,
    pub(super) now: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    #[serde(default)]
    azp: Option<String>,
    exp: i64,
    iat: i64,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default)]
    nonce: Option<String>,
    #[serde(default)]
    auth_time: Option<i64>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    email_verified: Option<Value>,
    #[serde(default)]
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn names(&self, client: &str) -> bool {
        match self {
            Self::One(one) => one == client,
            Self::Several(several) => several.iter().any(|one| one == client),
        }
    }

    fn is_several(&self) -> bool {
        matches!(self, Self::Several(several) if several.len() > 1)
    }
}

/// Checks a token by the keys that the provider publishes.
pub(super) fn check(token: &str, keys: &Value, expected: &Expected<'_>) -> Result<Identity, OidcError> {
    if token.len() > MAX_TOKEN {
        return Err(OidcError::Token("it is too long"));
    }
    let header =
        jsonwebtoken::decode_header(token).map_err(|_| OidcError::Token("its head cannot be read"))?;
    if !ALGORITHMS.contains(&header.alg) || header.crit.is_some() {
        return Err(OidcError::Token("it is signed in a way that is not accepted"));
    }
    let key = find_key(keys, header.kid.as_deref(), header.alg)?;
    let key = DecodingKey::from_jwk(&key).map_err(|_| OidcError::Token("its key cannot be used"))?;
    let mut validation = Validation::new(header.alg);
    // What it says is checked here, against our own clock.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation)
        .map_err(|_| OidcError::Token("its signature or its content is not good"))?
        .claims;
    judge(claims, expected)
}

fn judge(claims: Claims, expected: &Expected<'_>) -> Result<Identity, OidcError> {
    let bad = |what: &'static str| Err(OidcError::Token(what));
    if claims.iss != expected.issuer {
        return bad("it is of another issuer");
    }
    if !claims.aud.names(expected.client_id) {
        return bad("it is for somebody else");
    }
    let azp = claims.azp.as_deref();
    if claims.aud.is_several() && azp.is_none() || azp.is_some_and(|azp| azp != expected.client_id) {
        return bad("it was given to somebody else");
    }
    let at = |seconds: i64| DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    if at(claims.exp) <= expected.now - LEEWAY {
        return bad("it has run out");
    }
    let begun = claims.nbf.map_or(claims.iat, |nbf| nbf.max(claims.iat));
    if at(begun) > expected.now + LEEWAY {
        return bad("its time has not come");
    }
    if at(claims.iat) < expected.now - OLDEST {
        return bad("it is too old");
    }
    let nonce = claims.nonce.as_deref().unwrap_or_default();
    if aws_lc_rs::constant_time::verify_slices_are_equal(nonce.as_bytes(), expected.nonce.as_bytes()).is_err()
    {
        return bad("it belongs to another sign-in");
    }
    let auth_time = claims.auth_time.map(at);
    if expected.fresh && auth_time.is_none_or(|at| at < expected.now - OLDEST) {
        return bad("they did not sign in anew");
    }
    if claims.sub.is_empty() || claims.sub.chars().count() > 255 || claims.sub.contains('\0') {
        return bad("it does not say who");
    }
    Ok(Identity {
        issuer: claims.iss,
        subject: claims.sub,
        email: claims
            .email
            .filter(|email| email.len() <= 254 && !email.contains('\0')),
        // Some providers write it as a text.
        email_verified: claims
            .email_verified
            .is_some_and(|said| said == Value::Bool(true) || said == "true"),
        name: claims
            .name
            .map(|name| name.chars().filter(|c| !c.is_control()).take(100).collect()),
        auth_time,
    })
}

/// The key that the head names, or the only one that fits when it names none. Keys of kinds that we do not know are
/// passed over.
fn find_key(keys: &Value, kid: Option<&str>, algorithm: Algorithm) -> Result<Jwk, OidcError> {
    let listed = keys["keys"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut fitting = listed
        .iter()
        .filter_map(|key| serde_json::from_value::<Jwk>(key.clone()).ok())
        .filter(|key| fits(key, algorithm))
        .filter(|key| kid.is_none() || key.common.key_id.as_deref() == kid);
    match (fitting.next(), fitting.next()) {
        (Some(key), None) => Ok(key),
        (Some(_), Some(_)) => Err(OidcError::Token("it could be signed by several keys")),
        (None, _) => Err(OidcError::Token("it is signed by a key that is not published")),
    }
}

fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    use jsonwebtoken::jwk::AlgorithmParameters as Kind;
    let for_signing = !matches!(key.common.public_key_use, Some(PublicKeyUse::Encryption));
    let said = key.common.key_algorithm.map(|said| said.to_string());
    let same = said.is_none_or(|said| said == format!("{algorithm:?}"));
    let kind = matches!(
        (&key.algorithm, algorithm),
        (
            Kind::RSA(_),
            Algorithm::RS256
                | Algorithm::RS384
                | Algorithm::RS512
                | Algorithm::PS256
                | Algorithm::PS384
                | Algorithm::PS512,
        ) | (Kind::EllipticCurve(_), Algorithm::ES256 | Algorithm::ES384)
            | (Kind::OctetKeyPair(_), Algorithm::EdDSA)
    );
    for_signing && same && kind
}

#[cfg(test)]
mod tests;
