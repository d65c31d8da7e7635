//! What the provider says of somebody is for us alone to read, and is no credential here.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use phony_journeys::{Client, Product};
use sha2::{Digest as _, Sha256};

use super::{company, location};

#[tokio::test]
async fn a_token_of_the_provider_is_no_token_of_ours() {
    let product = Product::start().await;
    let acme = company(&product, "acme").await;
    let provider = Client::new(&product.simulator.oidc_issuer(), None);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let verifier = "a verifier that is long enough to be hard to guess";
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    let wish = format!(
        "/authorize?response_type=code&client_id=phony&redirect_uri=x&scope=openid&state=0123456789abcdef\
         &nonce=0123456789abcdef&code_challenge={challenge}&code_challenge_method=S256"
    );
    let person = format!("email={}", acme.email.replace('@', "%40"));
    let granted = provider
        .send("POST", &wish, &form, Some(person))
        .await
        .expect(303);
    let code = location(&granted);
    let code = code.split("code=").nth(1).unwrap().split('&').next().unwrap();
    let exchange = format!(
        "grant_type=authorization_code&client_id=phony&redirect_uri=x&code={code}&code_verifier={}",
        verifier.replace(' ', "+")
    );
    let tokens = provider
        .send("POST", "/token", &form, Some(exchange))
        .await
        .expect(200);
    let id_token = tokens["id_token"].as_str().unwrap();
    let refused = product.anonymous().with_token(id_token).get("/v1/me").await;
    refused.expect_problem(401, "unauthenticated");
}
