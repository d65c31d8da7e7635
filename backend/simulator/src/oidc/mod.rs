//! A provider of identities under `/oidc`: it describes itself, publishes its keys, has a page to sign in on, and takes
//! anybody for whom they say they are. Beside it a name server that says what it was told, for proofs of domains.

pub(crate) mod dns;
mod page;

use std::collections::HashMap;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use anyhow::anyhow;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::Utc;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::form_urlencoded;

use crate::world::World;

/// Id of the only key.
const KID: &str = "sim-1";
/// Sign-ins whose code was not fetched; older ones are forgotten beyond this.
const MOST_CODES: usize = 1_000;
/// Seconds that a token is good.
const TOKEN_SECONDS: i64 = 300;

/// The provider.
pub(crate) struct Oidc {
    signing: EncodingKey,
    keys: Value,
    codes: Mutex<HashMap<String, Granted>>,
}

/// A sign-in whose code waits to be fetched.
struct Granted {
    asked: Asked,
    person: Person,
}

/// What a client asks for.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Asked {
    response_type: String,
    client_id: String,
    redirect_uri: String,
    scope: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    nonce: String,
    code_challenge: String,
    code_challenge_method: String,
    #[serde(default)]
    prompt: String,
    #[serde(default)]
    max_age: String,
}

/// Who somebody says they are.
#[derive(Debug, Clone, Deserialize)]
struct Person {
    email: String,
    #[serde(default)]
    name: String,
    /// Made of the address when absent.
    #[serde(default)]
    subject: String,
    /// Whether the provider has seen that the address is theirs.
    #[serde(default)]
    unverified: bool,
    /// They turn back.
    #[serde(default)]
    cancel: bool,
    /// When they proved who they are, in seconds since 1970; now when absent.
    #[serde(default)]
    auth_time: Option<i64>,
}

#[derive(Deserialize)]
struct Exchange {
    grant_type: String,
    code: String,
    redirect_uri: String,
    code_verifier: String,
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    client_secret: String,
}

impl Oidc {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .map_err(|_| anyhow!("no key could be made"))?;
        let point = pair.public_key().as_ref();
        let part = |range: std::ops::Range<usize>| URL_SAFE_NO_PAD.encode(&point[range]);
        let key_set = json!({ "keys": [{ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": KID,
            "x": part(1..33), "y": part(33..65) }] });
        let der = pair
            .to_pkcs8v1()
            .map_err(|_| anyhow!("the key cannot be written"))?;
        Ok(Self {
            signing: EncodingKey::from_ec_der(der.as_ref()),
            keys: key_set,
            codes: Mutex::default(),
        })
    }
}

/// What is mounted.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(describe)
        .service(keys)
        .service(ask)
        .service(sign_in)
        .service(token)
        .service(dns::put)
        .service(dns::list);
}

fn issuer(world: &World) -> String {
    format!("{}/oidc", world.base_url())
}

#[get("/oidc/.well-known/openid-configuration")]
async fn describe(world: web::Data<World>) -> HttpResponse {
    let issuer = issuer(&world);
    HttpResponse::Ok().json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "scopes_supported": ["openid", "email", "profile"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

#[get("/oidc/jwks")]
async fn keys(world: web::Data<World>) -> HttpResponse {
    HttpResponse::Ok().json(&world.oidc.keys)
}

/// What is wrong with a wish, as a provider would see it.
fn fault(asked: &Asked) -> Option<&'static str> {
    if asked.response_type != "code" {
        Some("response_type must be code")
    } else if !asked.scope.split(' ').any(|scope| scope == "openid") {
        Some("scope must have openid")
    } else if asked.code_challenge_method != "S256" || asked.code_challenge.len() != 43 {
        Some("code_challenge must be of the method S256")
    } else if asked.state.len() < 16 || asked.nonce.len() < 16 {
        Some("state and nonce must be hard to guess")
    } else {
        None
    }
}

#[get("/oidc/authorize")]
async fn ask(request: HttpRequest, asked: web::Query<Asked>) -> HttpResponse {
    match fault(&asked) {
        Some(fault) => HttpResponse::BadRequest().body(fault),
        None => HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .body(page::write(&asked.client_id, request.query_string())),
    }
}

/// The page sends who they are; the wish stays in the query.
#[post("/oidc/authorize")]
async fn sign_in(
    world: web::Data<World>,
    asked: web::Query<Asked>,
    person: web::Form<Person>,
) -> HttpResponse {
    if let Some(fault) = fault(&asked) {
        return HttpResponse::BadRequest().body(fault);
    }
    let mut answer = form_urlencoded::Serializer::new(String::new());
    if person.cancel {
        answer.append_pair("error", "access_denied");
    } else {
        let code = crate::ids::sid("AU");
        answer.append_pair("code", &code);
        let mut codes = world.oidc.codes.lock();
        if codes.len() >= MOST_CODES {
            codes.clear();
        }
        let granted = Granted {
            asked: asked.0.clone(),
            person: person.0,
        };
        codes.insert(code, granted);
    }
    answer
        .append_pair("state", &asked.state)
        .append_pair("iss", &issuer(&world));
    let to = format!("{}?{}", asked.redirect_uri, answer.finish());
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, to))
        .finish()
}

#[post("/oidc/token")]
async fn token(world: web::Data<World>, request: HttpRequest, exchange: web::Form<Exchange>) -> HttpResponse {
    let refuse = |code: &str| HttpResponse::BadRequest().json(json!({ "error": code }));
    // A code is good once, also for whoever presents it wrongly.
    let Some(Granted { asked, person }) = world.oidc.codes.lock().remove(&exchange.code) else {
        return refuse("invalid_grant");
    };
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&exchange.code_verifier));
    if exchange.grant_type != "authorization_code"
        || exchange.redirect_uri != asked.redirect_uri
        || challenge != asked.code_challenge
    {
        return refuse("invalid_grant");
    }
    let (client, secret) =
        basic(&request).unwrap_or_else(|| (exchange.client_id.clone(), exchange.client_secret.clone()));
    // Every client is known; a secret that begins so is a wrong one.
    if client != asked.client_id || secret.starts_with("wrong") {
        return HttpResponse::Unauthorized().json(json!({ "error": "invalid_client" }));
    }
    let now = Utc::now().timestamp();
    let subject = if person.subject.is_empty() {
        format!(
            "sim-{}",
            &URL_SAFE_NO_PAD.encode(Sha256::digest(person.email.to_lowercase()))[..16]
        )
    } else {
        person.subject
    };
    let mut claims = json!({
        "iss": issuer(&world), "sub": subject, "aud": client, "iat": now, "exp": now + TOKEN_SECONDS,
        "nonce": asked.nonce, "email": person.email, "email_verified": !person.unverified, "name": person.name,
    });
    if !asked.max_age.is_empty() || asked.prompt == "login" || person.auth_time.is_some() {
        claims["auth_time"] = json!(person.auth_time.unwrap_or(now));
    }
    let mut head = Header::new(Algorithm::ES256);
    head.kid = Some(KID.to_owned());
    match jsonwebtoken::encode(&head, &claims, &world.oidc.signing) {
        Ok(id_token) => HttpResponse::Ok().json(json!({
            "access_token": crate::ids::sid("AT"), "token_type": "Bearer", "expires_in": TOKEN_SECONDS,
            "id_token": id_token,
        })),
        Err(cause) => HttpResponse::InternalServerError().body(cause.to_string()),
    }
}

/// Client and secret of a header, each encoded as in a form (RFC 6749 §2.3.1).
fn basic(request: &HttpRequest) -> Option<(String, String)> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let pair = STANDARD.decode(value.strip_prefix("Basic ")?).ok()?;
    let pair = String::from_utf8(pair).ok()?;
    let (client, secret) = pair.split_once(':')?;
    let plain = |text: &str| {
        let decoded = form_urlencoded::parse(text.as_bytes()).next();
        decoded.map_or_else(String::new, |(text, _)| text.into_owned())
    };
    Some((plain(client), plain(secret)))
}
