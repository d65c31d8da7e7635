//! Second factors, from setting one up to losing the telephone.

use chrono::TimeDelta;
use phony_journeys::{Answer, Authenticator, Client, PASSWORD, Product, eventually};
use phony_kernel::Role;
use serde_json::{Value, json};

struct Person {
    client: Client,
    email: String,
    authenticator: Authenticator,
    recovery: Vec<String>,
}

async fn email_of(client: &Client) -> String {
    let me = client.get("/v1/me").await.expect(200);
    me["user"]["email"].as_str().unwrap().to_owned()
}

fn seconds(product: &Product) -> i64 {
    product.app.clock.now().timestamp()
}

/// The beginning of the next thirty seconds: each code is good once, and what is done with it takes less.
fn next_step(product: &Product) {
    let into_ms = product.app.clock.now().timestamp_millis().rem_euclid(30_000);
    product
        .app
        .clock
        .advance(TimeDelta::milliseconds(30_000 - into_ms));
}

async fn log_in(product: &Product, email: &str, totp: Option<&str>) -> Answer {
    let body = json!({ "email": email, "password": PASSWORD, "totp": totp });
    product.anonymous().post("/v1/auth/login", &body).await
}

/// Signs in with a password and takes the token.
fn signed_in(product: &Product, session: &Answer) -> Client {
    product
        .anonymous()
        .with_token(session["access_token"].as_str().unwrap())
}

async fn set_up(product: &Product, client: Client) -> Person {
    next_step(product);
    let begun = client
        .send("POST", "/v1/auth/totp/enrol", &[], None)
        .await
        .expect(200);
    let secret = begun["secret"].as_str().unwrap();
    assert_eq!(secret.len(), 32, "160 bits");
    assert!(begun["otpauth_uri"].as_str().unwrap().contains(secret));
    let authenticator = Authenticator::new(secret);
    let wrong = json!({ "code": authenticator.code(seconds(product) + 3_600) });
    let refused = client.post("/v1/auth/totp/confirm", &wrong).await;
    assert_eq!(
        refused.expect_problem(422, "validation_failed")["errors"][0]["param"],
        "code"
    );
    let email = email_of(&client).await;
    let _ = log_in(product, &email, None).await.expect(200);
    let body = json!({ "code": authenticator.code(seconds(product)) });
    let done = client.post("/v1/auth/totp/confirm", &body).await.expect(200);
    let recovery: Vec<String> = done["recovery_codes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|code| code.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(recovery.len(), 10);
    Person {
        email,
        client,
        authenticator,
        recovery,
    }
}

#[tokio::test]
async fn a_code_is_asked_for_after_the_password_and_is_good_once() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let ana = set_up(&product, acme.admin.clone()).await;
    let me = ana.client.get("/v1/me").await.expect(200);
    assert_eq!(
        me["totp"],
        json!({ "enabled": true, "recovery_codes_left": 10, "required": false })
    );
    // Who does not know the password does not learn that there is more.
    let body = json!({ "email": ana.email, "password": "not the right one" });
    let wrong = product.anonymous().post("/v1/auth/login", &body).await;
    wrong.expect_problem(401, "wrong_credentials");
    log_in(&product, &ana.email, None)
        .await
        .expect_problem(401, "totp_required");
    // The code that turned it on was used by that.
    let used = ana.authenticator.code(seconds(&product));
    log_in(&product, &ana.email, Some(&used))
        .await
        .expect_problem(401, "wrong_totp");
    next_step(&product);
    let code = ana.authenticator.code(seconds(&product));
    let session = log_in(&product, &ana.email, Some(&code)).await.expect(200);
    log_in(&product, &ana.email, Some(&code))
        .await
        .expect_problem(401, "wrong_totp");
    // The step before is good, unless a later one was taken.
    next_step(&product);
    let earlier = ana.authenticator.code(seconds(&product));
    next_step(&product);
    let client = signed_in(
        &product,
        &log_in(&product, &ana.email, Some(&earlier)).await.expect(200),
    );
    let _ = client.get("/v1/me").await.expect(200);
    // A step-up asks for both, too.
    let client = signed_in(&product, &session);
    let step_up = async |totp: Value| {
        let body = json!({ "password": PASSWORD, "totp": totp });
        client.post("/v1/auth/step_up", &body).await
    };
    step_up(Value::Null).await.expect_problem(403, "totp_required");
    next_step(&product);
    let code = ana.authenticator.code(seconds(&product));
    let _ = step_up(json!(code)).await.expect(200);
    // Nothing of it is in the database in the clear.
    let rows = product.text_of("user_credentials").await;
    assert!(!rows.contains(&ana.recovery[0]) && !rows.contains(&ana.recovery[0].replace('-', "")));
}

#[tokio::test]
async fn recovery_codes_are_good_once_and_tries_are_counted() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let ana = set_up(&product, acme.admin.clone()).await;
    let typed = ana.recovery[0].to_uppercase().replace('-', " ");
    let session = log_in(&product, &ana.email, Some(&typed)).await.expect(200);
    log_in(&product, &ana.email, Some(&ana.recovery[0]))
        .await
        .expect_problem(401, "wrong_totp");
    // One wrong one was that; four more, and then not even the right one is looked at.
    for _ in 0..4 {
        log_in(&product, &ana.email, Some("000000"))
            .await
            .expect_problem(401, "wrong_totp");
    }
    next_step(&product);
    let code = ana.authenticator.code(seconds(&product));
    let refused = log_in(&product, &ana.email, Some(&code))
        .await
        .expect_problem(429, "too_many_attempts");
    let wait: u32 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((200..=300).contains(&wait), "{wait}");
    product
        .sql("UPDATE phony.user_credentials SET totp_tries_since = totp_tries_since - interval '5 minutes'")
        .await;
    let _ = log_in(&product, &ana.email, Some(&code)).await.expect(200);
    // Turned off by a recovery code, when the telephone is lost.
    let client = signed_in(&product, &session);
    let off = json!({ "code": ana.recovery[1] });
    let _ = client.post("/v1/auth/totp/disable", &off).await.expect(204);
    let _ = log_in(&product, &ana.email, None).await.expect(200);
    let log = acme.admin.get("/v1/audit_log?action=totp.").await.expect(200);
    for action in ["totp.enrol", "totp.disable"] {
        assert!(log.text.contains(action), "{}", log.text);
    }
}

#[tokio::test]
async fn new_recovery_codes_take_the_place_of_the_old_ones() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let path = "/v1/auth/totp/recovery_codes";
    let renew = async |client: &Client| client.send("POST", path, &[], None).await;
    renew(&acme.admin).await.expect_problem(409, "totp_not_enabled");
    let ana = set_up(&product, acme.admin.clone()).await;
    let left = async || ana.client.get("/v1/me").await.expect(200)["totp"]["recovery_codes_left"].clone();
    assert_eq!(left().await, json!(10));
    let _ = log_in(&product, &ana.email, Some(&ana.recovery[0]))
        .await
        .expect(200);
    assert_eq!(left().await, json!(9));
    let made = renew(&ana.client).await.expect(200);
    assert_eq!(left().await, json!(10));
    let codes = made["recovery_codes"].as_array().unwrap();
    assert!(
        codes
            .iter()
            .all(|code| ana.recovery.iter().all(|old| code != old))
    );
    log_in(&product, &ana.email, Some(&ana.recovery[1]))
        .await
        .expect_problem(401, "wrong_totp");
    let _ = log_in(&product, &ana.email, codes[0].as_str()).await.expect(200);
    product.app.clock.advance(TimeDelta::minutes(6));
    renew(&ana.client).await.expect_problem(403, "step_up_required");
}

#[tokio::test]
async fn two_who_come_with_one_code_are_not_both_let_in() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let ana = set_up(&product, acme.admin.clone()).await;
    next_step(&product);
    let code = ana.authenticator.code(seconds(&product));
    let tries = (0..4).map(|_| log_in(&product, &ana.email, Some(&code)));
    let answers = futures_util::future::join_all(tries).await;
    let good = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(good, 1, "{answers:?}");
}

#[tokio::test]
async fn a_company_may_want_second_factors_and_who_has_none_can_only_make_one() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let viewer = product.member(&acme, Role::Viewer).await;
    let require = async |whom: &str| {
        let body = json!({ "totp_required": whom });
        acme.admin.patch("/v1/tenant", &body).await
    };
    require("all").await.expect_problem(409, "totp_needed_first");
    let ana = set_up(&product, acme.admin.clone()).await;
    let _ = require("admins").await.expect(200);
    let _ = viewer.get("/v1/calls").await.expect(200);
    let changed = require("all").await.expect(200);
    assert_eq!(changed["totp_required"], "all");
    product.app.clock.advance(TimeDelta::seconds(6));
    eventually("the viewer is held back", async || {
        let answer = viewer.get("/v1/calls").await;
        (answer.status == 403 && answer["code"] == "totp_enrolment_required").then_some(())
    })
    .await;
    let me = viewer.get("/v1/me").await.expect(200);
    assert_eq!(
        me["totp"],
        json!({ "enabled": false, "recovery_codes_left": 0, "required": true })
    );
    let _ = acme.admin.get("/v1/calls").await.expect(200);
    let ben = set_up(&product, viewer).await;
    let _ = ben.client.get("/v1/calls").await.expect(200);
    // Nobody can slip out of it.
    let off = json!({ "code": ana.recovery[0] });
    let refused = ana.client.post("/v1/auth/totp/disable", &off).await;
    refused.expect_problem(409, "totp_needed_here");
}
