//! A token is good in every respect or not at all.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{EncodingKey, Header};
use serde_json::json;

use super::*;

const ISSUER: &str = "https://id.example.com";

struct Signer {
    key: EncodingKey,
    jwk: Value,
}

impl Signer {
    fn new(kid: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let point = pair.public_key().as_ref();
        let part = |range: std::ops::Range<usize>| URL_SAFE_NO_PAD.encode(&point[range]);
        let jwk = json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid,
            "x": part(1..33), "y": part(33..65)});
        let der = pair.to_pkcs8v1().unwrap();
        Self {
            key: EncodingKey::from_ec_der(der.as_ref()),
            jwk,
        }
    }

    fn sign(&self, kid: &str, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(kid.to_owned());
        jsonwebtoken::encode(&header, claims, &self.key).unwrap()
    }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_262_400, 0).unwrap()
}

fn expected(fresh: bool) -> Expected<'static> {
    Expected {
        issuer: ISSUER,
        client_id: "phony",
        nonce: "n-1",
        fresh,
        now: now(),
    }
}

fn good() -> Value {
    let at = now().timestamp();
    json!({"iss": ISSUER, "sub": "u-1", "aud": "phony", "exp": at + 300, "iat": at, "nonce": "n-1",
        "email": "ana@example.com", "email_verified": true, "name": "Ana"})
}

fn with(field: &str, value: Value) -> Value {
    let mut claims = good();
    claims[field] = value;
    claims
}

#[test]
fn a_good_token_says_who_it_is() {
    let signer = Signer::new("k1");
    let keys = json!({"keys": [{"kty": "unheard-of"}, signer.jwk]});
    let identity = check(&signer.sign("k1", &good()), &keys, &expected(false)).unwrap();
    assert_eq!(
        (identity.subject.as_str(), identity.email_verified),
        ("u-1", true)
    );
    let several = with("aud", json!(["phony", "other"]));
    assert!(
        check(&signer.sign("k1", &several), &keys, &expected(false)).is_err(),
        "whom is it for"
    );
    let mut several = several;
    several["azp"] = json!("phony");
    assert!(check(&signer.sign("k1", &several), &keys, &expected(false)).is_ok());
    for (said, believed) in [
        (json!("true"), true),
        (json!("yes"), false),
        (json!(1), false),
        (json!(false), false),
    ] {
        let token = signer.sign("k1", &with("email_verified", said));
        assert_eq!(
            check(&token, &keys, &expected(false)).unwrap().email_verified,
            believed
        );
    }
    assert!(!format!("{identity:?}").contains("u-1"));
}

#[test]
fn every_claim_counts() {
    let signer = Signer::new("k1");
    let keys = json!({"keys": [signer.jwk]});
    let at = now().timestamp();
    for (what, claims) in [
        ("issuer", with("iss", json!("https://id.example.com/"))),
        ("audience", with("aud", json!("other"))),
        ("party", with("azp", json!("other"))),
        ("end", with("exp", json!(at - 31))),
        ("begin", with("nbf", json!(at + 31))),
        ("future", with("iat", json!(at + 31))),
        ("age", with("iat", json!(at - 601))),
        ("nonce", with("nonce", json!("n-2"))),
        ("no nonce", with("nonce", Value::Null)),
        ("subject", with("sub", json!(""))),
        ("long subject", with("sub", json!("x".repeat(256)))),
    ] {
        assert!(
            check(&signer.sign("k1", &claims), &keys, &expected(false)).is_err(),
            "{what}"
        );
    }
    assert!(
        check(&signer.sign("k1", &good()), &keys, &expected(true)).is_err(),
        "no time of sign-in"
    );
    let fresh = signer.sign("k1", &with("auth_time", json!(at - 5)));
    assert!(check(&fresh, &keys, &expected(true)).is_ok());
    let old = signer.sign("k1", &with("auth_time", json!(at - 3_600)));
    assert!(check(&old, &keys, &expected(true)).is_err());
}

#[test]
fn only_a_published_key_of_the_right_kind_signs() {
    let (signer, other) = (Signer::new("k1"), Signer::new("k1"));
    let keys = json!({"keys": [signer.jwk]});
    assert!(check(&other.sign("k1", &good()), &keys, &expected(false)).is_err());
    assert!(check(&signer.sign("k2", &good()), &keys, &expected(false)).is_err());
    assert!(
        check(
            &signer.sign("k1", &good()),
            &json!({"keys": []}),
            &expected(false)
        )
        .is_err()
    );
    assert!(check(&signer.sign("k1", &good()), &json!({}), &expected(false)).is_err());
    let twice = json!({"keys": [signer.jwk, other.jwk]});
    assert!(check(&signer.sign("k1", &good()), &twice, &expected(false)).is_err());
    // The public key as if it were a secret, and no signature at all.
    let secret = EncodingKey::from_secret(signer.jwk["x"].as_str().unwrap().as_bytes());
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("k1".to_owned());
    let confused = jsonwebtoken::encode(&header, &good(), &secret).unwrap();
    assert!(check(&confused, &keys, &expected(false)).is_err());
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let bare = format!(
        "{}.{}.",
        part(&json!({"alg": "none", "kid": "k1"})),
        part(&good())
    );
    assert!(check(&bare, &keys, &expected(false)).is_err());
    for junk in ["", "a.b.c", &"x".repeat(20_000)] {
        assert!(check(junk, &keys, &expected(false)).is_err());
    }
}
