//! People and keys: coming in, staying in, being thrown out.

mod addresses;

use chrono::TimeDelta;
use phony_journeys::{Answer, Client, PASSWORD, Product, Tenant, eventually};
use serde_json::{Value, json};

/// The refresh cookie that an answer sets, as `name=value`.
fn cookie(answer: &Answer) -> String {
    let cookie = answer
        .headers
        .get("set-cookie")
        .expect("a cookie")
        .to_str()
        .unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && cookie.contains("Path=/"),
        "{cookie}"
    );
    cookie.split(';').next().unwrap().to_owned()
}

async fn log_in(product: &Product, tenant: &Tenant) -> Answer {
    let body = json!({ "email": tenant.email, "password": PASSWORD });
    product
        .anonymous()
        .post("/v1/auth/login", &body)
        .await
        .expect(200)
}

async fn auth(product: &Product, path: &str, headers: &[(&str, &str)]) -> Answer {
    let headers = [headers, &[("content-type", "application/json")]].concat();
    product.anonymous().send("POST", path, &headers, None).await
}

async fn refresh(product: &Product, cookie: &str) -> Answer {
    auth(
        product,
        "/v1/auth/refresh",
        &[("cookie", cookie), ("sec-fetch-site", "same-origin")],
    )
    .await
}

fn signed_in(product: &Product, session: &Answer) -> Client {
    product
        .anonymous()
        .with_token(session["access_token"].as_str().unwrap())
}

#[tokio::test]
async fn who_signs_up_is_the_admin_of_a_new_company() {
    let product = Product::start().await;
    let body = json!({
        "company": "Acme Dental", "name": "Ana Ortiz", "email": "  Ana@Acme.Example ", "password": PASSWORD,
        "time_zone": "America/Los_Angeles",
    });
    let session = product
        .anonymous()
        .post("/v1/auth/signup", &body)
        .await
        .expect(201);
    assert!(!session.text.contains(PASSWORD));
    assert!(session["expires_in"].as_i64().unwrap() <= 600);
    let rt = cookie(&session);
    assert!(
        !session.text.contains(rt.split_once('=').unwrap().1),
        "the refresh token is in the cookie alone"
    );
    let me = signed_in(&product, &session).get("/v1/me").await.expect(200);
    assert_eq!(
        (&me["role"], &me["user"]["name"]),
        (&json!("admin"), &json!("Ana Ortiz"))
    );
    assert_eq!(me["tenant"]["name"], "Acme Dental");
    assert_eq!(me["tenant"]["time_zone"], "America/Los_Angeles");
    assert_eq!(me["permissions"], session["permissions"]);
    let body = json!({ "email": "ana@ACME.example", "password": PASSWORD });
    let _ = product
        .anonymous()
        .post("/v1/auth/login", &body)
        .await
        .expect(200);
}

#[tokio::test]
async fn the_cookie_works_from_our_own_pages_only() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let rt = cookie(&log_in(&product, &acme).await);
    let own = product.url.as_str();
    let refused: [&[(&str, &str)]; 8] = [
        &[],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "http://127.0.0.1")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none"), ("origin", own)],
        &[("sec-fetch-site", "cross-site"), ("origin", own)],
    ];
    for path in ["/v1/auth/refresh", "/v1/auth/logout"] {
        for headers in refused {
            let mut headers = headers.to_vec();
            headers.push(("cookie", &rt));
            let answer = auth(&product, path, &headers)
                .await
                .expect_problem(403, "cross_site");
            assert!(!answer.headers.contains_key("set-cookie"));
        }
    }
    // No form of another page can say that it sends JSON.
    for media_type in [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    ] {
        let headers = [
            ("cookie", rt.as_str()),
            ("origin", own),
            ("content-type", media_type),
        ];
        for path in ["/v1/auth/refresh", "/v1/auth/logout"] {
            let answer = product.anonymous().send("POST", path, &headers, None).await;
            let _ = answer.expect_problem(415, "unsupported_media_type");
        }
    }
    // None of it has used the cookie up.
    let session = auth(&product, "/v1/auth/refresh", &[("cookie", &rt), ("origin", own)])
        .await
        .expect(200);
    let _ = signed_in(&product, &session).get("/v1/me").await.expect(200);
    let session = refresh(&product, &cookie(&session)).await.expect(200);
    assert_ne!(cookie(&session), rt);
    let none = auth(&product, "/v1/auth/refresh", &[("origin", own)]).await;
    let _ = none.expect_problem(401, "unauthenticated");
    for junk in ["phony_rt=", "phony_rt=junk", "phony_rt=a.b.c", "other=1"] {
        let _ = refresh(&product, junk)
            .await
            .expect_problem(401, "unauthenticated");
    }
    let get = product
        .anonymous()
        .send("GET", "/v1/auth/refresh", &[("cookie", &rt)], None)
        .await;
    assert!([404, 405].contains(&get.status), "no GET changes anything");
}

#[tokio::test]
async fn an_old_refresh_token_ends_the_session_of_whoever_has_the_new_one() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let first = cookie(&log_in(&product, &acme).await);
    let session = refresh(&product, &first).await.expect(200);
    let second = cookie(&session);
    // Two tabs at once: the one just before still leads to the same successor.
    let twin = cookie(&refresh(&product, &first).await.expect(200));
    assert_eq!(twin, second);
    let session = refresh(&product, &second).await.expect(200);
    let third = cookie(&session);
    let client = signed_in(&product, &session);
    let _ = client.get("/v1/me").await.expect(200);
    let _ = refresh(&product, &first)
        .await
        .expect_problem(401, "unauthenticated");
    let _ = refresh(&product, &third)
        .await
        .expect_problem(401, "unauthenticated");
    product.app.clock.advance(TimeDelta::seconds(5));
    let _ = client.get("/v1/me").await.expect_problem(401, "unauthenticated");
    // Other sessions of the same person go on, and the person is told.
    let _ = acme.admin.get("/v1/me").await.expect(200);
    let letter = product.letter(&acme.email, "We ended one of your sessions").await;
    assert!(letter.text.contains("127.0.0.1"), "{}", letter.text);
}

#[tokio::test]
async fn who_signs_out_is_out() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let session = log_in(&product, &acme).await;
    let (client, rt) = (signed_in(&product, &session), cookie(&session));
    let _ = client.get("/v1/me").await.expect(200);
    let headers = [("cookie", rt.as_str()), ("sec-fetch-site", "same-origin")];
    let out = auth(&product, "/v1/auth/logout", &headers).await.expect(204);
    let gone = out.headers["set-cookie"].to_str().unwrap();
    assert!(gone.contains("Max-Age=0") && gone.contains("=;"), "{gone}");
    let _ = refresh(&product, &rt)
        .await
        .expect_problem(401, "unauthenticated");
    product.app.clock.advance(TimeDelta::seconds(5));
    let _ = client.get("/v1/me").await.expect_problem(401, "unauthenticated");
    let _ = auth(&product, "/v1/auth/logout", &headers).await.expect(204);
    let _ = acme.admin.get("/v1/me").await.expect(200);
}

#[tokio::test]
async fn a_change_of_role_acts_within_five_seconds() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let member = product.member(&acme, phony_kernel::Role::Supervisor).await;
    let _ = member.get("/v1/me").await.expect(200);
    let mut connection = product.admin_connection().await;
    sqlx::query("UPDATE phony.memberships SET role = 'viewer', epoch = epoch + 1 WHERE role = 'supervisor'")
        .execute(&mut connection)
        .await
        .unwrap();
    product.app.clock.advance(TimeDelta::seconds(5));
    let _ = member.get("/v1/me").await.expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn guessing_is_told_nothing_and_slowed_down() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let guess = async |email: &str, password: &str| {
        let body = json!({ "email": email, "password": password });
        product.anonymous().post("/v1/auth/login", &body).await
    };
    let told = |answer: &Answer| {
        let mut body = answer.json.clone();
        body["request_id"] = Value::Null;
        (answer.status, body)
    };
    let known = guess(&acme.email, "wrong-password-here")
        .await
        .expect_problem(401, "wrong_credentials");
    let unknown = guess("nobody@acme.example", "wrong-password-here")
        .await
        .expect_problem(401, "wrong_credentials");
    assert_eq!(told(&known), told(&unknown));
    for _ in 0..4 {
        let _ = guess(&acme.email, "wrong-password-here")
            .await
            .expect_problem(401, "wrong_credentials");
    }
    // Even the right one has to wait, or guessing would go on at full speed.
    let slowed = guess(&acme.email, PASSWORD)
        .await
        .expect_problem(429, "too_many_attempts");
    let wait: i64 = slowed.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!(wait >= 1 && slowed["retryable"] == true);
    product.app.clock.advance(TimeDelta::seconds(wait));
    let _ = guess(&acme.email, PASSWORD).await.expect(200);
    // One address that tries many accounts.
    let mut refused = 0;
    for n in 0..25 {
        let answer = guess(&format!("nobody{n}@acme.example"), "wrong-password-here").await;
        refused += usize::from(answer.status == 429);
        assert!([401, 429].contains(&answer.status), "{}", answer.text);
    }
    assert!(refused > 0);
    product.app.clock.advance(TimeDelta::minutes(2));
    let _ = guess(&acme.email, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn what_matters_needs_a_fresh_password() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    product.app.clock.advance(TimeDelta::minutes(6));
    let buy = json!({ "country": "US", "area_code": "415" });
    let key = json!({ "name": "Booking system", "scopes": ["calls:read"] });
    let _ = acme
        .admin
        .post("/v1/numbers", &buy)
        .await
        .expect_problem(403, "step_up_required");
    let _ = acme
        .admin
        .post("/v1/api_keys", &key)
        .await
        .expect_problem(403, "step_up_required");
    let _ = acme.admin.get("/v1/numbers").await.expect(200);
    let wrong = acme
        .admin
        .post("/v1/auth/step_up", &json!({ "password": "wrong-password-here" }))
        .await;
    let wrong = wrong.expect_problem(422, "validation_failed");
    assert_eq!(wrong["errors"][0]["param"], "password");
    let session = acme
        .admin
        .post("/v1/auth/step_up", &json!({ "password": PASSWORD }))
        .await
        .expect(200);
    assert!(!session.headers.contains_key("set-cookie"));
    let fresh = signed_in(&product, &session);
    let _ = fresh.post("/v1/numbers", &buy).await.expect(201);
    let key = fresh.post("/v1/api_keys", &key).await.expect(201);
    // The older token stays as old as it is.
    let _ = acme
        .admin
        .post("/v1/numbers", &buy)
        .await
        .expect_problem(403, "step_up_required");
    product.app.clock.advance(TimeDelta::minutes(6));
    let path = format!("/v1/api_keys/{}", key["id"].as_str().unwrap());
    let _ = fresh.delete(&path).await.expect_problem(403, "step_up_required");
}

#[tokio::test]
async fn a_key_is_shown_once_and_works_until_revoked() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let body = json!({ "name": "Booking system", "scopes": ["numbers:read", "calls:read"] });
    let made = acme.admin.post("/v1/api_keys", &body).await.expect(201);
    let (id, secret) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    assert!(secret.starts_with("ph_live_") && secret.len() == 46);
    assert!(secret.starts_with(made["prefix"].as_str().unwrap()));
    let key = acme.admin.with_token(secret);
    let _ = key.get("/v1/numbers").await.expect(200);
    let header = [("x-api-key", secret)];
    let _ = product
        .anonymous()
        .send("GET", "/v1/numbers", &header, None)
        .await
        .expect(200);
    let _ = product
        .anonymous()
        .send("GET", "/v1/api_keys", &header, None)
        .await
        .expect_problem(403, "forbidden");
    let me = key.get("/v1/me").await.expect(200);
    assert_eq!(
        (&me["user"], &me["tenant"]["id"]),
        (&Value::Null, &json!(acme.id))
    );
    // Nowhere else in the address or in a cookie.
    let _ = product
        .anonymous()
        .get(&format!("/v1/numbers?api_key={secret}"))
        .await
        .expect_problem(401, "unauthenticated");
    // The use of a key is noted beside the request.
    let (list, listed) = eventually("the key's use is listed", async || {
        let list = acme.admin.get("/v1/api_keys").await.expect(200);
        let listed = list["data"]
            .as_array()?
            .iter()
            .find(|key| key["id"] == id)?
            .clone();
        listed["last_used_at"].is_string().then_some((list, listed))
    })
    .await;
    assert_eq!(listed["status"], "active");
    assert!(listed["key"].is_null());
    for answer in [&list, &me] {
        assert!(
            !answer.text.contains(secret) && !answer.text.contains(&secret[12..]),
            "{}",
            answer.text
        );
    }
    let _ = acme.admin.delete(&format!("/v1/api_keys/{id}")).await.expect(204);
    let _ = key
        .get("/v1/numbers")
        .await
        .expect_problem(401, "unauthenticated");
    let _ = product
        .anonymous()
        .send("GET", "/v1/numbers", &header, None)
        .await
        .expect_problem(401, "unauthenticated");
    let list = acme.admin.get("/v1/api_keys").await.expect(200);
    assert!(list.text.contains("revoked") && !list.text.contains(&secret[12..]));
    let mut connection = product.admin_connection().await;
    let stored: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM phony.api_keys t WHERE to_jsonb(t)::text LIKE $1)
              + (SELECT count(*) FROM phony.audit_log t WHERE to_jsonb(t)::text LIKE $1)
              + (SELECT count(*) FROM phony.outbox t WHERE to_jsonb(t)::text LIKE $1)
              + (SELECT count(*) FROM phony.idempotency_keys t WHERE encode(body, 'escape') LIKE $1)",
    )
    .bind(format!("%{}%", &secret[12..]))
    .fetch_one(&mut connection)
    .await
    .unwrap();
    assert_eq!(stored, 0, "the secret is stored nowhere in the clear");
}
