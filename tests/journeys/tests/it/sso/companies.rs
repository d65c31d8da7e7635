//! What the provider of one company can do to the people of another: nothing.

use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use phony_journeys::{PASSWORD, Product};
use phony_kernel::Role;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use url::Url;

use super::{
    Browser, body, company, cookies, domain_of, just_now, location, prove_domain, put, session, whole_way,
};

/// A provider that describes itself, says no name when it sends people back, and keeps what else is sent to it.
async fn liar() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let description = json!({ "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/jwks") })
    .to_string();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = [0; 8_192];
            let length = socket.read(&mut request).await.unwrap_or(0);
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            if !request.starts_with("GET /.well-known/openid-configuration ") {
                kept.lock().unwrap().push(request);
            }
            let head =
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length:";
            let answer = format!("{head} {}\r\n\r\n{description}", description.len());
            let _ = socket.write_all(answer.as_bytes()).await;
        }
    });
    (issuer, heard)
}

/// One parameter of a sign-in on its way.
fn parameter(address: &str, name: &str) -> String {
    let address = Url::parse(address).unwrap();
    let found = address.query_pairs().find(|(known, _)| known == name);
    found.unwrap().1.into_owned()
}

/// The mix-up of RFC 9700 §4.4: a company's own provider sends those who come to it on to the provider of another company,
/// with the challenge of a sign-in that it has begun there itself, and waits for their code.
#[tokio::test]
async fn a_provider_that_lies_gets_no_code_of_another_companys_provider() {
    let product = Product::start().await;
    let acme = company(&product, "acme").await;
    let domain = domain_of(&acme.email).to_owned();
    let _ = put(&acme, &body(&product, &domain)).await.expect(200);
    let _ = prove_domain(&product, &acme).await;
    let (liar, heard) = liar().await;
    let globex = company(&product, "globex").await;
    let mut wanted = body(&product, "never-proven.example");
    wanted["issuer"] = json!(liar);
    let _ = put(&globex, &wanted).await.expect(200);

    let (_, begun_by_liar) = Browser::leave(&product, &format!("tenant_id={}", acme.id)).await;
    let (victim, at_liar) = Browser::leave(&product, &format!("tenant_id={}", globex.id)).await;
    let states = (parameter(&begun_by_liar, "state"), parameter(&at_liar, "state"));
    let passed_on = begun_by_liar.replace(&states.0, &states.1);
    let person = format!("email={}", acme.email.replace('@', "%40"));
    let back = victim.sign_in(&passed_on, &person).await;
    // Providers need not say who they are.
    let silent = back.split("&iss=").next().unwrap().to_owned();
    for back in [&back, &silent] {
        let arrived = victim.come_back(back).await;
        assert_eq!(location(&arrived), "/dashboard/sso?error=sso_expired");
        assert_eq!(
            *heard.lock().unwrap(),
            Vec::<String>::new(),
            "the liar was shown a code"
        );
        assert!(
            !cookies(&arrived)
                .iter()
                .any(|cookie| cookie.starts_with("phony_rt="))
        );
    }
    // The way back of each company is its own, and the one that is shown to its admins.
    let ours = acme.admin.get("/v1/sso_connection").await.expect(200);
    assert_eq!(ours["redirect_uri"], parameter(&begun_by_liar, "redirect_uri"));
    assert_ne!(ours["redirect_uri"], parameter(&at_liar, "redirect_uri"));
    // A provider that says it names itself always does.
    let query = format!("tenant_id={}", acme.id);
    let (ana, at) = Browser::leave(&product, &query).await;
    let back = ana.sign_in(&at, &person).await;
    let silent = back.split("&iss=").next().unwrap();
    assert_eq!(
        location(&ana.come_back(silent).await),
        "/dashboard/sso?error=sso_expired"
    );
    let _ = session(&product, &ana.come_back(&back).await).await;
}

/// A page of somebody else's could otherwise put people into an account of its choice, by an address alone.
#[tokio::test]
async fn a_sign_in_begins_on_our_own_pages() {
    let product = Product::start().await;
    let acme = company(&product, "acme").await;
    let _ = put(&acme, &body(&product, "never-proven.example"))
        .await
        .expect(200);
    let path = format!("/v1/auth/sso/start?tenant_id={}", acme.id);
    for (site, goes_on) in [
        ("same-origin", true),
        ("none", true),
        ("same-site", false),
        ("cross-site", false),
    ] {
        let headers = [("sec-fetch-site", site)];
        let nobody = product.anonymous();
        let answer = nobody.send("GET", &path, &headers, None).await.expect(303);
        let left = location(&answer).starts_with(&product.simulator.oidc_issuer());
        assert_eq!(left, goes_on, "{site}: {}", location(&answer));
    }
}

#[tokio::test]
async fn who_came_by_one_companys_provider_touches_nothing_of_their_others() {
    let product = Product::start().await;
    let acme = company(&product, "acme").await;
    let globex = company(&product, "globex").await;
    let ben = product.member(&acme, Role::Admin).await;
    let me = ben.get("/v1/me").await.expect(200);
    let email = me["user"]["email"].as_str().unwrap().to_owned();
    let domain = domain_of(&email).to_owned();
    let _ = put(&acme, &body(&product, &domain)).await.expect(200);
    let _ = prove_domain(&product, &acme).await;
    let query = format!("tenant_id={}", acme.id);
    let person = format!("email={}", email.replace('@', "%40").replace('+', "%2B"));
    let by_provider = just_now(&product, &query, &person).await;

    // As long as it is their only company, it may.
    let enrol = async || by_provider.send("POST", "/v1/auth/totp/enrol", &[], None).await;
    let _ = enrol().await.expect(200);

    let invitation = json!({ "email": email, "role": "viewer" });
    let _ = globex
        .admin
        .post("/v1/invitations", &invitation)
        .await
        .expect(201);
    let token = product.letter(&email, "invites you to").await.token();
    let accept = json!({ "token": token, "password": PASSWORD });
    let elsewhere = product
        .anonymous()
        .post("/v1/invitations/accept", &accept)
        .await
        .expect(200);
    let elsewhere = product
        .anonymous()
        .with_token(elsewhere["access_token"].as_str().unwrap());

    enrol().await.expect_problem(403, "password_needed");
    let code = json!({ "code": "000000" });
    for path in ["confirm", "disable"] {
        let refused = by_provider.post(&format!("/v1/auth/totp/{path}"), &code).await;
        let _ = refused.expect_problem(403, "password_needed");
    }
    let codes = "/v1/auth/totp/recovery_codes";
    let refused = by_provider.send("POST", codes, &[], None).await;
    let _ = refused.expect_problem(403, "password_needed");

    // Nor does it see or end what goes on elsewhere.
    let sessions = by_provider.get("/v1/sessions").await.expect(200);
    let sessions = sessions["data"].as_array().unwrap();
    assert!(
        sessions.iter().all(|one| one["tenant_id"] == json!(acme.id)),
        "{sessions:?}"
    );
    let there = elsewhere.get("/v1/sessions").await.expect(200);
    let there = there["data"].as_array().unwrap();
    let current = there.iter().find(|one| one["current"] == true).unwrap();
    let path = format!("/v1/sessions/{}", current["id"].as_str().unwrap());
    by_provider.delete(&path).await.expect_problem(404, "not_found");
    let _ = by_provider.delete("/v1/sessions").await.expect(204);
    product.app.clock.advance(TimeDelta::seconds(6));
    let _ = elsewhere.get("/v1/me").await.expect(200);

    // With the password they are their own again.
    let enrolled = elsewhere.send("POST", "/v1/auth/totp/enrol", &[], None).await;
    let _ = enrolled.expect(200);
}

#[tokio::test]
async fn a_sign_in_of_a_time_that_nobody_knows_or_long_ago_is_no_fresh_one() {
    let product = Product::start().await;
    let acme = company(&product, "acme").await;
    let domain = domain_of(&acme.email).to_owned();
    let _ = put(&acme, &body(&product, &domain)).await.expect(200);
    let _ = prove_domain(&product, &acme).await;
    let query = format!("tenant_id={}", acme.id);
    let person = format!("email={}", acme.email.replace('@', "%40"));
    let at = |minutes_ago: i64| {
        let then = product.app.clock.now() - TimeDelta::minutes(minutes_ago);
        format!("{person}&auth_time={}", then.timestamp())
    };
    let invite = json!({ "email": "ben@private.example", "role": "viewer" });
    // The provider asks nobody anything who has been there this morning.
    for silent in [person.clone(), at(6), at(600)] {
        let client = session(&product, &whole_way(&product, &query, &silent).await).await;
        let refused = client.post("/v1/invitations", &invite).await;
        let _ = refused.expect_problem(403, "step_up_required");
    }
    // Nor when the wish that they sign in anew is taken out of the address on the way.
    let (browser, address) = Browser::leave(&product, &format!("{query}&fresh=true")).await;
    let softened = address.replace("&prompt=login&max_age=0", "");
    assert_ne!(softened, address);
    let back = browser.sign_in(&softened, &at(6)).await;
    let client = session(&product, &browser.come_back(&back).await).await;
    let refused = client.post("/v1/invitations", &invite).await;
    let _ = refused.expect_problem(403, "step_up_required");
    let client = just_now(&product, &query, &person).await;
    let _ = client.post("/v1/invitations", &invite).await.expect(201);
}
