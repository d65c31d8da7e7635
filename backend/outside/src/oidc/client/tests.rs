//! What a provider says of itself, and where people are sent.

use std::collections::HashMap;

use serde_json::json;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;

fn client() -> OidcClient {
    OidcClient::new(Guard::with_loopback(true)).unwrap()
}

async fn provider(described_as: impl Fn(&str) -> Value) -> (MockServer, String) {
    let server = MockServer::start().await;
    let issuer = format!("{}/realm", server.uri());
    Mock::given(method("GET"))
        .and(path("/realm/.well-known/openid-configuration"))
        .respond_with(ResponseTemplate::new(200).set_body_json(described_as(&issuer)))
        .mount(&server)
        .await;
    (server, issuer)
}

fn description(issuer: &str) -> Value {
    json!({"issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize?audience=x"),
        "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/jwks")})
}

fn attempt(fresh: bool) -> Attempt<'static> {
    Attempt {
        client_id: "phony",
        redirect_uri: "https://phony.example/v1/auth/sso/callback/ten_1",
        state: "s",
        nonce: "n",
        verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        fresh,
    }
}

#[tokio::test]
async fn people_are_sent_with_all_that_must_come_back() {
    let (_server, issuer) = provider(description).await;
    let provider = client().discover(&issuer).await.unwrap();
    let url = client().sign_in_url(&provider, &attempt(true));
    let query: HashMap<_, _> = url.query_pairs().into_owned().collect();
    for (name, value) in [
        ("audience", "x"),
        ("response_type", "code"),
        ("scope", "openid email profile"),
        ("state", "s"),
        ("nonce", "n"),
        ("prompt", "login"),
        ("max_age", "0"),
        ("code_challenge_method", "S256"),
        // RFC 7636, appendix B.
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
    ] {
        assert_eq!(query.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert!(
        !client()
            .sign_in_url(&provider, &attempt(false))
            .as_str()
            .contains("prompt")
    );
}

#[tokio::test]
async fn a_provider_speaks_for_itself_only_and_leads_nowhere_else() {
    let (_one, issuer) = provider(|_| description("https://accounts.example.com")).await;
    assert!(matches!(
        client().discover(&issuer).await,
        Err(OidcError::Unusable(_))
    ));
    let (_two, issuer) = provider(|issuer| {
        let mut said = description(issuer);
        said["token_endpoint"] = json!("https://169.254.169.254/token");
        said
    })
    .await;
    assert!(matches!(
        client().discover(&issuer).await,
        Err(OidcError::Refused(_))
    ));
    let server = MockServer::start().await;
    let away = ResponseTemplate::new(302).insert_header("location", "http://127.0.0.1:1/");
    Mock::given(method("GET")).respond_with(away).mount(&server).await;
    assert!(matches!(
        client().discover(&server.uri()).await,
        Err(OidcError::Unusable(_))
    ));
    let public = OidcClient::new(Guard::public()).unwrap();
    assert!(matches!(
        public.discover(&server.uri()).await,
        Err(OidcError::Refused(_))
    ));
}

#[tokio::test]
async fn a_long_answer_is_not_read_to_its_end() {
    let server = MockServer::start().await;
    let long = ResponseTemplate::new(200).set_body_string(" ".repeat(MAX_ANSWER + 1));
    Mock::given(method("GET")).respond_with(long).mount(&server).await;
    let refused = client().discover(&server.uri()).await.unwrap_err();
    assert_eq!(refused, OidcError::Unusable("its answer is too long"));
}
