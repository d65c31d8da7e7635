//! Single sign-on at a provider of identities, as a browser goes through it.

mod companies;
mod identities;
mod tokens;

use chrono::TimeDelta;
use phony_journeys::{Answer, Client, PASSWORD, Product, Tenant};
use phony_kernel::Role;
use serde_json::{Value, json};
use url::Url;

/// Cookies that an answer sets, as `name=value`.
fn cookies(answer: &Answer) -> Vec<String> {
    let all = answer.headers.get_all("set-cookie").iter();
    all.map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap().to_owned())
        .collect()
}

fn location(answer: &Answer) -> String {
    answer.headers["location"].to_str().unwrap().to_owned()
}

struct Browser<'a> {
    product: &'a Product,
    cookie: String,
}

impl<'a> Browser<'a> {
    /// Goes to the provider; gives where it was sent.
    async fn leave(product: &'a Product, query: &str) -> (Self, String) {
        let answer = product
            .anonymous()
            .get(&format!("/v1/auth/sso/start?{query}"))
            .await
            .expect(303);
        let cookie = cookies(&answer).first().cloned().unwrap_or_default();
        (Self { product, cookie }, location(&answer))
    }

    /// Signs in at the provider; gives the path that it sends the browser back to.
    async fn sign_in(&self, at: &str, person: &str) -> String {
        let provider = Client::new("", None);
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let page = provider.get(at).await.expect(200);
        assert!(page.text.contains("Sign in"), "{}", page.text);
        let answer = provider
            .send("POST", at, &headers, Some(person.to_owned()))
            .await
            .expect(303);
        let back = Url::parse(&location(&answer)).unwrap();
        assert!(back.path().starts_with("/v1/auth/sso/callback/ten_"), "{back}");
        format!("{}?{}", back.path(), back.query().unwrap_or_default())
    }

    async fn come_back(&self, path: &str) -> Answer {
        let headers = [("cookie", self.cookie.as_str())];
        self.product
            .anonymous()
            .send("GET", path, &headers, None)
            .await
            .expect(303)
    }
}

/// The whole way; the answer of the last step.
async fn whole_way(product: &Product, query: &str, person: &str) -> Answer {
    let (browser, at) = Browser::leave(product, query).await;
    let back = browser.sign_in(&at, person).await;
    browser.come_back(&back).await
}

/// What the page does next: a session by the cookie.
async fn session(product: &Product, arrived: &Answer) -> Client {
    assert_eq!(location(arrived), "/dashboard/sso", "{arrived:?}");
    let rt = cookies(arrived)
        .into_iter()
        .find(|cookie| cookie.starts_with("phony_rt="));
    let headers = [
        ("cookie", rt.as_deref().unwrap()),
        ("sec-fetch-site", "same-origin"),
        ("content-type", "application/json"),
    ];
    let session = product
        .anonymous()
        .send("POST", "/v1/auth/refresh", &headers, None)
        .await
        .expect(200);
    product
        .anonymous()
        .with_token(session["access_token"].as_str().unwrap())
}

/// Signs in anew, at the moment that our own clock shows.
async fn just_now(product: &Product, query: &str, person: &str) -> Client {
    let now = product.app.clock.now().timestamp();
    let (query, person) = (format!("{query}&fresh=true"), format!("{person}&auth_time={now}"));
    session(product, &whole_way(product, &query, &person).await).await
}

/// A company whose plan has it.
async fn company(product: &Product, name: &str) -> Tenant {
    let company = product.tenant(name).await;
    product.upgrade_to(&company, "enterprise").await;
    // The plan is remembered for five seconds.
    product.app.clock.advance(TimeDelta::seconds(6));
    company
}

async fn put(acme: &Tenant, body: &Value) -> Answer {
    acme.admin
        .send("PUT", "/v1/sso_connection", &[], Some(body.to_string()))
        .await
}

fn body(product: &Product, domain: &str) -> Value {
    json!({ "issuer": product.simulator.oidc_issuer(), "client_id": "phony:app", "client_secret": "s3cret/with+signs",
        "domains": [domain] })
}

/// Makes the proof of the first domain, and has it looked for.
async fn prove_domain(product: &Product, acme: &Tenant) -> Answer {
    let set_up = acme.admin.get("/v1/sso_connection").await.expect(200);
    let domain = &set_up["domains"][0];
    let record = json!({ "name": domain["dns_name"], "texts": ["v=spf1 -all", domain["dns_value"]] });
    let told = product
        .control()
        .send("PUT", "/sim/dns", &[], Some(record.to_string()))
        .await;
    let _ = told.expect(204);
    acme.admin
        .send("POST", "/v1/sso_connection/verify_domains", &[], None)
        .await
        .expect(200)
}

fn domain_of(email: &str) -> &str {
    email.split_once('@').unwrap().1
}

#[tokio::test]
async fn people_come_in_by_the_provider_of_a_domain_that_was_proven() {
    let product = Product::start().await;
    let acme = company(&product, "acme").await;
    let domain = domain_of(&acme.email).to_owned();
    acme.admin
        .get("/v1/sso_connection")
        .await
        .expect_problem(404, "not_found");
    let small = product.tenant("initech").await;
    put(&small, &body(&product, "initech.example"))
        .await
        .expect_problem(403, "plan_limit");
    let made = put(&acme, &body(&product, &domain)).await.expect(200);
    assert!(!made.text.contains("s3cret"), "{}", made.text);
    assert_eq!(
        (&made["has_client_secret"], &made["enforced"]),
        (&json!(true), &json!(false))
    );
    // Without the proof nobody is found by their address, and nobody is linked by it.
    let query = format!("email={}", acme.email.replace('@', "%40"));
    let (_, at) = Browser::leave(&product, &query).await;
    assert_eq!(at, "/dashboard/sso?error=sso_unavailable");
    let unproven = acme
        .admin
        .send("POST", "/v1/sso_connection/verify_domains", &[], None)
        .await
        .expect(200);
    assert_eq!(unproven["domains"][0]["verified_at"], Value::Null);
    let by_tenant = format!("tenant_id={}", acme.id);
    let person = format!("email={}", acme.email.replace('@', "%40"));
    let refused = whole_way(&product, &by_tenant, &person).await;
    assert_eq!(location(&refused), "/dashboard/sso?error=sso_no_account");
    let proven = prove_domain(&product, &acme).await;
    assert!(proven["domains"][0]["verified_at"].is_string(), "{}", proven.text);
    // An address that the provider has not verified counts for nothing.
    let refused = whole_way(
        &product,
        &query,
        &format!("{person}&unverified=true&subject=other"),
    )
    .await;
    assert_eq!(location(&refused), "/dashboard/sso?error=sso_no_account");
    let client = session(&product, &whole_way(&product, &query, &person).await).await;
    let me = client.get("/v1/me").await.expect(200);
    assert_eq!(
        (&me["user"]["email"], &me["role"]),
        (&json!(acme.email), &json!("admin"))
    );
    // What Acme's provider says counts at Acme and nowhere else.
    let globex = company(&product, "globex").await;
    let ana = phony_app::identity::NewMember {
        email: acme.email.clone(),
        name: "Ana Ortiz".to_owned(),
        role: Role::Admin,
        password: PASSWORD.to_owned().into(),
    };
    let id = globex.id.parse().unwrap();
    let _ = product.app.identity.add_member(id, &ana).await.unwrap();
    let switch = json!({ "tenant_id": globex.id });
    client
        .post("/v1/auth/switch", &switch)
        .await
        .expect_problem(403, "sign_in_again");
    // From now on it is who they are there that counts, whatever their address is.
    let moved = "email=other%40elsewhere.example&subject=SUBJECT";
    let subject = product.sql_text("SELECT subject FROM phony.identities").await;
    let arrived = whole_way(&product, &query, &moved.replace("SUBJECT", &subject)).await;
    assert_eq!(
        session(&product, &arrived).await.get("/v1/me").await.expect(200)["user"]["email"],
        json!(acme.email)
    );
    // Somebody of the domain who is no member stays outside.
    let stranger = format!("email=stranger%40{domain}");
    let refused = whole_way(&product, &query, &stranger).await;
    assert_eq!(location(&refused), "/dashboard/sso?error=sso_no_account");
    let refused = whole_way(&product, &query, &format!("{person}&cancel=true")).await;
    assert_eq!(location(&refused), "/dashboard/sso?error=sso_denied");
}

#[tokio::test]
async fn what_comes_back_belongs_to_the_browser_that_left_and_is_good_once() {
    let product = Product::start().await;
    let acme = company(&product, "acme").await;
    let domain = domain_of(&acme.email).to_owned();
    let _ = put(&acme, &body(&product, &domain)).await.expect(200);
    let _ = prove_domain(&product, &acme).await;
    let query = format!("email={}", acme.email.replace('@', "%40"));
    let person = query.clone();
    let refused = |answer: &Answer, code: &str| {
        assert_eq!(location(answer), format!("/dashboard/sso?error={code}"));
        assert!(
            !cookies(answer)
                .iter()
                .any(|cookie| cookie.starts_with("phony_rt="))
        );
    };
    let (ana, at) = Browser::leave(&product, &query).await;
    let back = ana.sign_in(&at, &person).await;
    // Another browser, one that began a sign-in of its own, and one with half of it.
    let (eve, _) = Browser::leave(&product, &query).await;
    refused(&eve.come_back(&back).await, "sso_expired");
    refused(&product.anonymous().get(&back).await.expect(303), "sso_expired");
    let state = back.split("state=").nth(1).unwrap().split('&').next().unwrap();
    refused(&ana.come_back(&back.replace(state, "x")).await, "sso_expired");
    refused(
        &ana.come_back(&back.replace("iss=", "iss=https%3A%2F%2Fother.example&was="))
            .await,
        "sso_expired",
    );
    let _ = session(&product, &ana.come_back(&back).await).await;
    refused(&ana.come_back(&back).await, "sso_refused");
    // Too long ago.
    let (ben, at) = Browser::leave(&product, &query).await;
    let back = ben.sign_in(&at, &person).await;
    product.app.clock.advance(TimeDelta::minutes(11));
    refused(&ben.come_back(&back).await, "sso_expired");
}

#[tokio::test]
async fn enforced_it_takes_no_passwords_but_of_one_admin() {
    let product = Product::start().await;
    let acme = company(&product, "acme").await;
    let second = product.member(&acme, Role::Admin).await;
    let me = second.get("/v1/me").await.expect(200);
    let second_email = me["user"]["email"].as_str().unwrap().to_owned();
    let domain = domain_of(&second_email).to_owned();
    let mut wanted = body(&product, &domain);
    let _ = put(&acme, &wanted).await.expect(200);
    let _ = prove_domain(&product, &acme).await;
    wanted["enforced"] = json!(true);
    put(&acme, &wanted).await.expect_problem(409, "sso_unproven");
    let query = format!("tenant_id={}", acme.id);
    let person = format!("email={}", second_email.replace('@', "%40").replace('+', "%2B"));
    let by_sso = session(&product, &whole_way(&product, &query, &person).await).await;
    let enforced = put(&acme, &wanted).await.expect(200);
    let oldest = acme.admin.get("/v1/me").await.expect(200);
    assert_eq!(enforced["password_admin"], oldest["user"]["id"]);
    // Sessions by password end, on every instance within five seconds; those of the provider go on.
    product.app.clock.advance(TimeDelta::seconds(6));
    second.get("/v1/me").await.expect_problem(401, "unauthenticated");
    let _ = by_sso.get("/v1/me").await.expect(200);
    let log_in = async |email: &str| {
        let body = json!({ "email": email, "password": PASSWORD, "tenant_id": acme.id });
        product.anonymous().post("/v1/auth/login", &body).await
    };
    log_in(&second_email).await.expect_problem(403, "sso_required");
    let _ = log_in(&acme.email).await.expect(200);
    // A password is no step-up for who has come by the provider; signing in anew there is.
    let step_up = json!({ "password": PASSWORD });
    by_sso
        .post("/v1/auth/step_up", &step_up)
        .await
        .expect_problem(403, "sso_required");
    product.app.clock.advance(TimeDelta::minutes(5));
    let stale = by_sso.delete("/v1/sso_connection").await;
    stale.expect_problem(403, "step_up_required");
    let anew = just_now(&product, &query, &person).await;
    let _ = anew.delete("/v1/sso_connection").await.expect(204);
    let _ = log_in(&second_email).await.expect(200);
}

#[tokio::test]
async fn somebody_signed_in_links_who_they_are_elsewhere() {
    let product = Product::start().await;
    let acme = company(&product, "acme").await;
    let globex = company(&product, "globex").await;
    let mut wanted = body(&product, "never-proven.example");
    wanted["client_secret"] = json!("wrong one");
    let _ = put(&acme, &wanted).await.expect(200);
    let link = async |client: &Client| {
        let answer = client
            .post(
                "/v1/auth/sso/link",
                &json!({ "return_to": "/dashboard/settings" }),
            )
            .await
            .expect(200);
        let browser = Browser {
            product: &product,
            cookie: cookies(&answer)[0].clone(),
        };
        let at = answer["url"].as_str().unwrap().to_owned();
        let back = browser.sign_in(&at, "email=ana%40private.example").await;
        browser.come_back(&back).await
    };
    // The provider takes only its client.
    assert_eq!(
        location(&link(&acme.admin).await),
        "/dashboard/sso?error=sso_refused"
    );
    wanted["client_secret"] = json!("right one");
    let _ = put(&acme, &wanted).await.expect(200);
    assert_eq!(location(&link(&acme.admin).await), "/dashboard/settings");
    let query = format!("tenant_id={}", acme.id);
    let client = session(
        &product,
        &whole_way(&product, &query, "email=ana%40private.example").await,
    )
    .await;
    assert_eq!(
        client.get("/v1/me").await.expect(200)["user"]["email"],
        json!(acme.email)
    );
    // The same one at the same provider is nobody at another company, and nobody else's there.
    let answer = globex
        .admin
        .send("PUT", "/v1/sso_connection", &[], Some(wanted.to_string()))
        .await;
    let _ = answer.expect(200);
    let elsewhere = whole_way(
        &product,
        &format!("tenant_id={}", globex.id),
        "email=ana%40private.example",
    )
    .await;
    assert_eq!(location(&elsewhere), "/dashboard/sso?error=sso_no_account");
    assert_eq!(
        location(&link(&globex.admin).await),
        "/dashboard/sso?error=sso_identity_taken"
    );
    // No company reaches into our network.
    for bad in [
        "http://10.0.0.1/oidc",
        "https://169.254.169.254/",
        "ftp://x.example/",
    ] {
        wanted["issuer"] = json!(bad);
        let refused = put(&acme, &wanted).await.expect_problem(422, "validation_failed");
        assert_eq!(refused["errors"][0]["param"], "issuer", "{bad}");
    }
}
