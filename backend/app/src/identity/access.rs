//! Access tokens: JWTs of ten minutes, signed with Ed25519. One algorithm, one type, keys of our own.

use std::sync::Arc;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use moka::sync::Cache;
use phony_kernel::{Error, Result, Role, SessionId, TenantId, UserId};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::secrets::{Key, derive};

/// How long an access token is good.
pub const LIFETIME: TimeDelta = TimeDelta::minutes(10);
/// How far the clocks of two machines may differ.
const LEEWAY: TimeDelta = TimeDelta::seconds(30);
/// Tokens whose signature is known to be good; checking one takes longer than all else that a read costs us.
const KNOWN: u64 = 20_000;
const AUDIENCE: &str = "phony-api";
const TYPE: &str = "at+jwt";

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    iss: String,
    aud: String,
    pub(crate) sub: UserId,
    pub(crate) tid: TenantId,
    pub(crate) sid: SessionId,
    pub(crate) role: Role,
    pub(crate) epoch: i32,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
    auth_time: i64,
}

/// Whom a token is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject {
    pub(crate) user: UserId,
    pub(crate) tenant: TenantId,
    pub(crate) session: SessionId,
    pub(crate) role: Role,
    pub(crate) epoch: i32,
    pub(crate) auth_at: DateTime<Utc>,
}

impl Claims {
    /// When the person last proved who they are.
    pub(crate) fn auth_at(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.auth_time, 0).unwrap_or_default()
    }
}

/// Signs and reads access tokens.
pub(crate) struct AccessTokens {
    issuer: String,
    kid: String,
    signing: EncodingKey,
    /// Our own, by their ids: the one that signs, and those of master keys that are being replaced.
    verifying: Vec<(String, DecodingKey)>,
    validation: Validation,
    /// By the whole token. What it is worth now is judged at every use: its times here, the rest by its session.
    known: Cache<Box<str>, Arc<Claims>>,
}

impl AccessTokens {
    /// The signing key is derived from the master key: every instance has the same, and none is stored.
    ///
    /// # Errors
    /// When the key cannot be made.
    pub(crate) fn new(issuer: &str, master: &Key) -> Result<Self> {
        let pair = key_pair(master)?;
        let (kid, verifying) = public_key(&pair);
        let private = pair
            .to_pkcs8()
            .map_err(|_| Error::internal(anyhow::anyhow!("the signing key cannot be written")))?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        // Times are checked here, against our own clock.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Ok(Self {
            issuer: issuer.to_owned(),
            verifying: vec![(kid.clone(), verifying)],
            kid,
            signing: EncodingKey::from_ed_der(private.as_ref()),
            validation,
            known: Cache::builder()
                .max_capacity(KNOWN)
                .time_to_live((LIFETIME + LEEWAY).to_std().map_err(Error::internal)?)
                .build(),
        })
    }

    /// Reads what was signed before another master key took over.
    ///
    /// # Errors
    /// When the key cannot be made.
    pub(crate) fn also_of(mut self, master: &Key) -> Result<Self> {
        self.verifying.push(public_key(&key_pair(master)?));
        Ok(self)
    }

    /// Makes a token.
    ///
    /// # Errors
    /// When signing fails.
    pub(crate) fn issue(&self, subject: &Subject, now: DateTime<Utc>) -> Result<String> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(self.kid.clone());
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: subject.user,
            tid: subject.tenant,
            sid: subject.session,
            role: subject.role,
            epoch: subject.epoch,
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: (now + LIFETIME).timestamp(),
            jti: Uuid::now_v7().simple().to_string(),
            auth_time: subject.auth_at.timestamp(),
        };
        jsonwebtoken::encode(&header, &claims, &self.signing).map_err(Error::internal)
    }

    /// Reads a token; `None` when it is not one of ours, or not good at this time.
    pub(crate) fn read(&self, token: &str, now: DateTime<Utc>) -> Option<Arc<Claims>> {
        let claims = match self.known.get(token) {
            Some(claims) => claims,
            None => {
                let claims = Arc::new(self.verify(token)?);
                self.known.insert(token.into(), Arc::clone(&claims));
                claims
            }
        };
        let begun = claims.nbf <= (now + LEEWAY).timestamp();
        let ended = claims.exp <= (now - LEEWAY).timestamp();
        (begun && !ended).then_some(claims)
    }

    /// What a token of ours says, whatever its time.
    fn verify(&self, token: &str) -> Option<Claims> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        if header.alg != Algorithm::EdDSA || header.typ.as_deref() != Some(TYPE) || header.crit.is_some() {
            return None;
        }
        let kid = header.kid.as_deref()?;
        let (_, key) = self.verifying.iter().find(|(known, _)| known == kid)?;
        let read = jsonwebtoken::decode::<Claims>(token, key, &self.validation);
        read.ok().map(|read| read.claims)
    }
}

fn key_pair(master: &Key) -> Result<Ed25519KeyPair> {
    let seed = derive(master.expose_secret(), "access token signing key 1")?;
    Ed25519KeyPair::from_seed_unchecked(seed.expose_secret())
        .map_err(|_| Error::internal(anyhow::anyhow!("the signing key was refused")))
}

/// What signatures of a pair are checked by, with its id.
fn public_key(pair: &Ed25519KeyPair) -> (String, DecodingKey) {
    let public = pair.public_key().as_ref();
    let kid = URL_SAFE_NO_PAD.encode(&Sha256::digest(public)[..9]);
    (kid, DecodingKey::from_ed_der(public))
}

impl std::fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessTokens")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn tokens() -> AccessTokens {
        AccessTokens::new("https://phony.test", &Key::new(Box::new([7; 32]))).unwrap()
    }

    fn subject(now: DateTime<Utc>) -> Subject {
        Subject {
            user: UserId::new(),
            tenant: TenantId::new(),
            session: SessionId::new(),
            role: Role::Supervisor,
            epoch: 3,
            auth_at: now,
        }
    }

    /// The claims of a good token, changed and signed again with our own key.
    fn altered(tokens: &AccessTokens, header: &Header, change: impl FnOnce(&mut Value)) -> String {
        let good = tokens.issue(&subject(Utc::now()), Utc::now()).unwrap();
        let mut claims: Value = jsonwebtoken::dangerous::insecure_decode(&good).unwrap().claims;
        change(&mut claims);
        jsonwebtoken::encode(header, &claims, &tokens.signing).unwrap()
    }

    fn header(tokens: &AccessTokens) -> Header {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(tokens.kid.clone());
        header
    }

    #[test]
    fn a_token_reads_back_until_it_expires() {
        let (tokens, now) = (tokens(), Utc::now());
        let subject = subject(now);
        let token = tokens.issue(&subject, now).unwrap();
        let claims = tokens.read(&token, now).unwrap();
        assert_eq!(
            (claims.sub, claims.tid, claims.sid),
            (subject.user, subject.tenant, subject.session)
        );
        assert_eq!((claims.role, claims.epoch), (Role::Supervisor, 3));
        assert_eq!(claims.auth_at().timestamp(), now.timestamp());
        assert!(
            tokens
                .read(&token, now + TimeDelta::minutes(10) + TimeDelta::seconds(29))
                .is_some()
        );
        assert!(
            tokens
                .read(&token, now + TimeDelta::minutes(10) + TimeDelta::seconds(31))
                .is_none()
        );
        assert!(
            tokens.read(&token, now - TimeDelta::seconds(32)).is_none(),
            "not before its time"
        );
    }

    #[test]
    fn every_instance_reads_the_tokens_of_the_others_and_no_strangers() {
        let now = Utc::now();
        let token = tokens().issue(&subject(now), now).unwrap();
        assert!(tokens().read(&token, now).is_some());
        let other = AccessTokens::new("https://phony.test", &Key::new(Box::new([8; 32]))).unwrap();
        assert!(other.read(&token, now).is_none());
    }

    #[test]
    fn a_changed_claim_of_place_is_refused() {
        let (tokens, now) = (tokens(), Utc::now());
        assert!(
            tokens
                .read(&altered(&tokens, &header(&tokens), |_| ()), now)
                .is_some()
        );
        for (name, value) in [
            ("aud", json!("another-api")),
            ("iss", json!("https://evil.test")),
            ("tid", json!("ten_1")),
            ("tid", Value::Null),
            ("sub", json!("")),
            ("exp", Value::Null),
            ("role", json!("owner")),
        ] {
            let token = altered(&tokens, &header(&tokens), |claims| claims[name] = value.clone());
            assert!(tokens.read(&token, now).is_none(), "{name}");
        }
    }

    #[test]
    fn a_changed_header_is_refused() {
        let (tokens, now) = (tokens(), Utc::now());
        let mut wrong = header(&tokens);
        wrong.typ = Some("JWT".to_owned());
        assert!(tokens.read(&altered(&tokens, &wrong, |_| ()), now).is_none());
        let mut wrong = header(&tokens);
        wrong.kid = None;
        assert!(tokens.read(&altered(&tokens, &wrong, |_| ()), now).is_none());
        wrong.kid = Some("another".to_owned());
        assert!(tokens.read(&altered(&tokens, &wrong, |_| ()), now).is_none());
    }

    #[test]
    fn no_other_algorithm_is_accepted() {
        let (tokens, now) = (tokens(), Utc::now());
        let good = tokens.issue(&subject(now), now).unwrap();
        let (head, signature) = good.rsplit_once('.').unwrap();
        let (_, payload) = head.split_once('.').unwrap();
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        // The classic: our public key used as the secret of a symmetric algorithm.
        let public = tokens.verifying[0].1.try_get_as_bytes().unwrap();
        let mut symmetric = Header::new(Algorithm::HS256);
        symmetric.typ = Some(TYPE.to_owned());
        symmetric.kid = Some(tokens.kid.clone());
        let claims: Value = jsonwebtoken::dangerous::insecure_decode(&good).unwrap().claims;
        let forged = jsonwebtoken::encode(&symmetric, &claims, &EncodingKey::from_secret(public)).unwrap();
        assert!(tokens.read(&forged, now).is_none());
        for alg in ["none", "None", "HS256", "RS256"] {
            let head = part(&json!({"alg": alg, "typ": TYPE, "kid": tokens.kid}));
            assert!(tokens.read(&format!("{head}.{payload}."), now).is_none());
            assert!(
                tokens
                    .read(&format!("{head}.{payload}.{signature}"), now)
                    .is_none()
            );
        }
        for junk in ["", ".", "..", "a.b.c", "ey", &good[1..], &good[..good.len() - 2]] {
            assert!(tokens.read(junk, now).is_none(), "{junk}");
        }
    }
}
