//! People: by mail into a company and out of it, from one company to another, back in with a new password.

mod mails;
mod own_password;
mod revoked;
mod threats;

use std::time::Duration;

use phony_journeys::{Answer, Client, LiveSocket, PASSWORD, Product, Stopwatch, Tenant};
use phony_kernel::Role;
use serde_json::{Value, json};

const NEW_PASSWORD: &str = "copper-thistle-raft-81";

/// The refresh cookie that an answer sets, as `name=value`.
fn cookie(answer: &Answer) -> String {
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

fn signed_in(product: &Product, session: &Answer) -> Client {
    product
        .anonymous()
        .with_token(session["access_token"].as_str().unwrap())
}

async fn refresh(product: &Product, cookie: &str) -> Answer {
    let headers = [
        ("cookie", cookie),
        ("sec-fetch-site", "same-origin"),
        ("content-type", "application/json"),
    ];
    let nobody = product.anonymous();
    nobody.send("POST", "/v1/auth/refresh", &headers, None).await
}

async fn log_in(product: &Product, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password });
    product.anonymous().post("/v1/auth/login", &body).await
}

/// Invites somebody; what stands in the link that they get.
async fn invite(product: &Product, tenant: &Tenant, email: &str, role: Role) -> String {
    let body = json!({ "email": email, "role": role });
    let _ = tenant.admin.post("/v1/invitations", &body).await.expect(201);
    product.letter(email, "invites you to").await.token()
}

async fn accept(product: &Product, token: &str) -> Answer {
    let body = json!({ "token": token, "name": "Ben Berg", "password": PASSWORD });
    product.anonymous().post("/v1/invitations/accept", &body).await
}

fn id_of(value: &Value) -> &str {
    value["id"].as_str().unwrap()
}

#[tokio::test]
async fn who_is_invited_comes_in_and_what_becomes_of_them_acts_at_once_on_pages_and_sockets() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let email = "ben.berg@people.example";
    let token = invite(&product, &acme, email, Role::Supervisor).await;
    let letter = product.letter(email, "Ana Ortiz invites you to acme").await;
    assert!(letter.links[0].starts_with(&format!("{}/dashboard/invite#token=", product.url)));
    assert!(letter.html.contains("as a supervisor"), "{}", letter.html);
    let open = acme.admin.get("/v1/invitations").await.expect(200);
    assert_eq!(open["data"][0]["email"], email);
    let seen = product
        .anonymous()
        .post("/v1/invitations/preview", &json!({ "token": token }))
        .await
        .expect(200);
    assert_eq!(
        (&seen["company"], &seen["has_account"]),
        (&json!("acme"), &json!(false))
    );
    let session = accept(&product, &token).await.expect(200);
    let _ = cookie(&session);
    let ben = signed_in(&product, &session);
    let me = ben.get("/v1/me").await.expect(200);
    assert_eq!(
        (&me["role"], &me["email_verified"]),
        (&json!("supervisor"), &json!(true))
    );
    let again = accept(&product, &token)
        .await
        .expect_problem(422, "validation_failed");
    assert_eq!(again["errors"][0]["code"], "link_not_good");
    let members = acme.admin.get("/v1/members").await.expect(200);
    assert_eq!(members["data"].as_array().unwrap().len(), 2);
    let ben_id = id_of(&me["user"]).to_owned();
    let path = format!("/v1/members/{ben_id}");
    let _ = ben.delete(&path).await.expect_problem(403, "forbidden");

    // From a supervisor to a viewer: pages and sockets of theirs notice within five seconds.
    let mut live = LiveSocket::open(&product.url, &ben).await;
    let _ = ben.get("/v1/me").await.expect(200);
    let began = Stopwatch::start();
    let changed = acme
        .admin
        .patch(&path, &json!({ "role": "viewer" }))
        .await
        .expect(200);
    assert_eq!(changed["role"], "viewer");
    closed_as_signed_out(&mut live, &began).await;
    gone_within_five_seconds(&ben, &began).await;
    let session = refresh(&product, &cookie(&session)).await.expect(200);
    assert_eq!(session["role"], "viewer");
    let ben = signed_in(&product, &session);

    // Out of the company.
    let mut live = LiveSocket::open(&product.url, &ben).await;
    let _ = ben.get("/v1/me").await.expect(200);
    let began = Stopwatch::start();
    let _ = acme.admin.delete(&path).await.expect(204);
    closed_as_signed_out(&mut live, &began).await;
    gone_within_five_seconds(&ben, &began).await;
    let _ = refresh(&product, &cookie(&session))
        .await
        .expect_problem(401, "unauthenticated");
    let _ = log_in(&product, email, PASSWORD)
        .await
        .expect_problem(401, "wrong_credentials");
    // The last admin stays.
    let me = acme.admin.get("/v1/me").await.expect(200);
    let own = format!("/v1/members/{}", id_of(&me["user"]));
    let _ = acme.admin.delete(&own).await.expect_problem(409, "last_admin");
    let down = acme.admin.patch(&own, &json!({ "role": "viewer" })).await;
    let _ = down.expect_problem(409, "last_admin");
    let _ = acme
        .admin
        .post("/v1/members/leave", &json!({}))
        .await
        .expect_problem(409, "last_admin");
}

async fn closed_as_signed_out(live: &mut LiveSocket, began: &Stopwatch) {
    let code = loop {
        if let Err(code) = live.next().await {
            break code;
        }
    };
    let took = began.elapsed();
    assert_eq!(code, 4401);
    assert!(
        took < Duration::from_secs(5),
        "the socket stayed open for {took:?}"
    );
}

async fn gone_within_five_seconds(client: &Client, began: &Stopwatch) {
    loop {
        let asked = began.elapsed();
        if client.get("/v1/me").await.status != 200 {
            return;
        }
        assert!(asked < Duration::from_secs(5), "still in after {asked:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_person_of_two_companies_chooses_goes_over_and_sees_all_their_sessions() {
    let product = Product::start().await;
    let (acme, globex) = (product.tenant("acme").await, product.tenant("globex").await);
    let token = invite(&product, &acme, &globex.email, Role::Viewer).await;
    // As who is signed in: no password, and nobody else's invitation.
    let _ = acme
        .admin
        .post("/v1/invitations/accept", &json!({ "token": token }))
        .await
        .expect_problem(403, "invitation_of_another");
    let wrong = json!({ "token": token, "name": "Eve", "password": "a password of her own" });
    let wrong = product.anonymous().post("/v1/invitations/accept", &wrong).await;
    let _ = wrong.expect_problem(401, "wrong_credentials");
    let accepted = globex
        .admin
        .post("/v1/invitations/accept", &json!({ "token": token }))
        .await
        .expect(200);
    assert_eq!(accepted["tenant"]["id"], acme.id.as_str());
    let me = globex.admin.get("/v1/me").await.expect(200);
    let mut companies: Vec<_> = me["memberships"].as_array().unwrap().iter().collect();
    companies.sort_by_key(|one| one["name"].to_string());
    assert_eq!(
        (
            &companies[0]["name"],
            &companies[0]["role"],
            &companies[1]["role"]
        ),
        (&json!("acme"), &json!("viewer"), &json!("admin"))
    );
    // Sign-in chooses.
    let choose = async |tenant: &str| {
        let body = json!({ "email": globex.email, "password": PASSWORD, "tenant_id": tenant });
        product
            .anonymous()
            .post("/v1/auth/login", &body)
            .await
            .expect(200)
    };
    assert_eq!(choose(&acme.id).await["role"], "viewer");
    let session = choose(&globex.id).await;
    let there = signed_in(&product, &session);
    let moved = there
        .post("/v1/auth/switch", &json!({ "tenant_id": acme.id }))
        .await
        .expect(200);
    assert_eq!(
        (&moved["tenant"]["id"], &moved["role"]),
        (&json!(acme.id), &json!("viewer"))
    );
    let foreign = json!({ "tenant_id": phony_kernel::TenantId::new() });
    let _ = there.post("/v1/auth/switch", &foreign).await;
    let back = refresh(&product, &cookie(&moved)).await.expect(200);
    assert_eq!(
        back["tenant"]["id"],
        acme.id.as_str(),
        "the cookie is that of the new one"
    );
    let _ = refresh(&product, &cookie(&session))
        .await
        .expect_problem(401, "unauthenticated");
    let here = signed_in(&product, &back);
    let _ = here.get("/v1/members").await.expect_problem(403, "forbidden");

    // All their sessions, wherever they are; one is ended, then all others.
    let agent = [(
        "user-agent",
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    )];
    let body = json!({ "email": globex.email, "password": PASSWORD, "tenant_id": globex.id }).to_string();
    let desk = product
        .anonymous()
        .send("POST", "/v1/auth/login", &agent, Some(body))
        .await
        .expect(200);
    let list = here.get("/v1/sessions").await.expect(200);
    let sessions = list["data"].as_array().unwrap();
    assert_eq!(sessions.len(), 5, "{}", list.text);
    assert_eq!(sessions.iter().filter(|one| one["current"] == true).count(), 1);
    let at_desk = sessions
        .iter()
        .find(|one| one["device"] == "Firefox on Linux")
        .unwrap();
    assert_eq!(
        (&at_desk["tenant_name"], &at_desk["address"]),
        (&json!("globex"), &json!("127.0.0.1"))
    );
    let path = format!("/v1/sessions/{}", id_of(at_desk));
    let _ = acme.admin.delete(&path).await.expect_problem(404, "not_found");
    let _ = here.delete(&path).await.expect(204);
    let desk = signed_in(&product, &desk);
    gone_within_five_seconds(&desk, &Stopwatch::start()).await;
    let _ = here.delete("/v1/sessions").await.expect(204);
    let list = here.get("/v1/sessions").await.expect(200);
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    gone_within_five_seconds(&globex.admin, &Stopwatch::start()).await;
    let _ = here.get("/v1/me").await.expect(200);
}

#[tokio::test]
async fn who_has_not_confirmed_their_address_buys_no_number_and_rings_nobody() {
    let product = Product::start().await;
    let email = "noor@people.example";
    let body = json!({ "company": "Acme", "name": "Noor Haddad", "email": email, "password": PASSWORD });
    let session = product
        .anonymous()
        .post("/v1/auth/signup", &body)
        .await
        .expect(201);
    let noor = signed_in(&product, &session);
    let me = noor.get("/v1/me").await.expect(200);
    assert_eq!(
        (&me["email_verified"], &me["tenant_verified"]),
        (&json!(false), &json!(false))
    );
    let number = json!({ "country": "US", "area_code": "415" });
    let call = json!({ "to": "+14155550176" });
    for (path, body) in [("/v1/numbers", &number), ("/v1/calls", &call)] {
        let _ = noor
            .post(path, body)
            .await
            .expect_problem(403, "email_not_verified");
    }
    let _ = noor.get("/v1/numbers").await.expect(200);
    let token = product.letter(email, "Confirm your e-mail address").await.token();
    let nobody = product.anonymous();
    let body = json!({ "token": token });
    let _ = nobody.post("/v1/auth/verify_email", &body).await.expect(200);
    let _ = noor.post("/v1/numbers", &number).await.expect(201);
    let again = nobody.post("/v1/auth/verify_email", &body).await;
    assert_eq!(
        again.expect_problem(422, "validation_failed")["errors"][0]["code"],
        "link_not_good"
    );
    let resend = noor.post("/v1/auth/verify_email/resend", &json!({})).await;
    let _ = resend.expect_problem(409, "already_verified");
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_mail_and_signs_everybody_out() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let nobody = product.anonymous();
    let ask = async |email: &str| {
        let answer = nobody
            .post("/v1/auth/password/forgot", &json!({ "email": email }))
            .await;
        (answer.status, answer.text)
    };
    assert_eq!(
        ask(&acme.email).await,
        ask("nobody@people.example").await,
        "nobody is told who has an account"
    );
    let token = product.letter(&acme.email, "new password").await.token();
    let weak = json!({ "token": token, "password": "password1234" });
    let weak = nobody.post("/v1/auth/password/reset", &weak).await;
    assert_eq!(
        weak.expect_problem(422, "validation_failed")["errors"][0]["code"],
        "too_common"
    );
    let body = json!({ "token": token, "password": NEW_PASSWORD });
    let _ = nobody.post("/v1/auth/password/reset", &body).await.expect(204);
    gone_within_five_seconds(&acme.admin, &Stopwatch::start()).await;
    let _ = nobody
        .post("/v1/auth/password/reset", &body)
        .await
        .expect_problem(422, "validation_failed");
    let _ = log_in(&product, &acme.email, PASSWORD)
        .await
        .expect_problem(401, "wrong_credentials");
    let _ = log_in(&product, &acme.email, NEW_PASSWORD).await.expect(200);
    let told = product.letter(&acme.email, "Your password was changed").await;
    assert!(!told.text.contains(NEW_PASSWORD));
    assert!(product.letters("nobody@people.example").await.is_empty());
}
