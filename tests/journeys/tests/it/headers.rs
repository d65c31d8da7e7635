//! What every answer carries, and the addresses that are not the API.

use phony_journeys::{Answer, Product, eventually};

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.get(name).map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let nobody = product.anonymous();
    let answers = [
        ("the API", acme.admin.get("/v1/me").await.expect(200)),
        ("a refusal", nobody.get("/v1/me").await.expect(401)),
        (
            "a fault",
            acme.admin
                .send("POST", "/v1/personalities", &[], Some("{".to_owned()))
                .await
                .expect(400),
        ),
        ("an unknown path", nobody.get("/v1/nothing").await.expect(404)),
        ("an unknown page", nobody.get("/nothing").await.expect(404)),
        (
            "a webhook",
            nobody.send("POST", "/twilio/voice", &[], None).await.expect(403),
        ),
        ("health", nobody.get("/healthz").await.expect(200)),
        ("metrics", nobody.get("/metrics").await.expect(200)),
        ("the root", nobody.get("/").await.expect(200)),
        ("a redirect", nobody.get("/dashboard").await.expect(303)),
        (
            "an upload that is too large",
            acme.admin
                .send("POST", "/v1/personalities", &[], Some("x".repeat(2 << 20)))
                .await
                .expect(413),
        ),
        ("an upgrade without a ticket", nobody.get("/v1/live").await),
        ("a bad id", acme.admin.get("/v1/numbers/none").await.expect(404)),
    ];
    for (what, answer) in &answers {
        assert_eq!(
            header(answer, "strict-transport-security"),
            Some("max-age=31536000; includeSubDomains"),
            "{what}"
        );
        assert_eq!(
            header(answer, "x-content-type-options"),
            Some("nosniff"),
            "{what}"
        );
        assert_eq!(header(answer, "referrer-policy"), Some("no-referrer"), "{what}");
        assert_eq!(
            header(answer, "cross-origin-opener-policy"),
            Some("same-origin"),
            "{what}"
        );
        assert_eq!(header(answer, "cache-control"), Some("no-store"), "{what}");
        let policy = header(answer, "content-security-policy").unwrap_or_default();
        // Two of them are not among what `default-src` stands for.
        for directive in ["object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(directive), "{what}: {policy}");
        }
        assert!(header(answer, "x-request-id").is_some(), "{what}");
        for leak in ["server", "x-powered-by", "access-control-allow-origin"] {
            assert_eq!(header(answer, leak), None, "{what}");
        }
        if answer.status >= 400 {
            assert_eq!(
                header(answer, "content-type"),
                Some("application/problem+json"),
                "{what}: {}",
                answer.text
            );
            assert_eq!(
                answer["request_id"].as_str(),
                header(answer, "x-request-id"),
                "{what}"
            );
        }
    }
}

#[tokio::test]
async fn pages_run_no_script_but_their_own() {
    let product = Product::start().await;
    let nobody = product.anonymous();
    let html = [("accept", "text/html")];
    let root = nobody.send("GET", "/", &html, None).await.expect(303);
    assert_eq!(header(&root, "location"), Some("/dashboard/"));
    let _ = nobody
        .get("/dashboard/../../etc/passwd")
        .await
        .expect_problem(404, "no_such_path");
    let _ = nobody
        .get("/dashboard/assets/%2e%2e/%2e%2e/index.html.secret")
        .await
        .expect_problem(404, "no_such_path");
    for path in ["/dashboard/", "/dashboard/calls/some-id", "/docs"] {
        let page = nobody.send("GET", path, &html, None).await;
        if page.status == 404 {
            let _ = page.expect_problem(404, "web_not_built");
            continue;
        }
        let policy = header(&page, "content-security-policy").unwrap().to_owned();
        for rule in [
            "default-src 'self'",
            "frame-ancestors 'none'",
            "object-src 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        let scripts = policy
            .split(';')
            .find(|rule| rule.trim().starts_with("script-src"))
            .unwrap();
        assert!(
            !scripts.contains("unsafe-inline") && !scripts.contains("unsafe-eval"),
            "{path}: {scripts}"
        );
        let again = nobody.send("GET", path, &html, None).await.expect(200);
        assert_ne!(
            header(&again, "content-security-policy"),
            Some(policy.as_str()),
            "{path}: a nonce is used once"
        );
        assert!(!page.text.contains("__NONCE__"), "{path}");
    }
}

#[tokio::test]
async fn a_client_may_name_its_request() {
    let product = Product::start().await;
    let nobody = product.anonymous();
    let longest = "a".repeat(64);
    for name in ["abcd1234", "7b0c2a52-say_1-AB", &longest] {
        let answer = nobody
            .send("GET", "/v1/me", &[("x-request-id", name)], None)
            .await
            .expect(401);
        assert_eq!(header(&answer, "x-request-id"), Some(name));
        assert_eq!(answer["request_id"], name);
    }
    let too_long = "a".repeat(65);
    for name in [
        "short",
        "",
        "with space in it",
        "line%0abreak",
        "a\tbcdefgh",
        "<script>alert</script>",
        "äöüäöüäöü",
        &too_long,
    ] {
        let answer = nobody
            .send("GET", "/v1/me", &[("x-request-id", name)], None)
            .await
            .expect(401);
        let given = header(&answer, "x-request-id").unwrap();
        assert!(given != name && given.len() == 32, "{name}: {given}");
        assert_eq!(answer["request_id"], given);
    }
}

#[tokio::test]
async fn the_document_is_sent_once_and_then_compared() {
    let product = Product::start().await;
    let nobody = product.anonymous();
    let document = nobody.get("/v1/openapi.json").await.expect(200);
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(header(&document, "content-type"), Some("application/json"));
    let tag = header(&document, "etag").unwrap().to_owned();
    let same = nobody
        .send("GET", "/v1/openapi.json", &[("if-none-match", &tag)], None)
        .await
        .expect(304);
    assert_eq!(
        (same.text.as_str(), header(&same, "etag")),
        ("", Some(tag.as_str()))
    );
    let other = nobody
        .send("GET", "/v1/openapi.json", &[("if-none-match", "\"other\"")], None)
        .await
        .expect(200);
    assert_eq!(other.text, document.text);
    let committed: serde_json::Value =
        serde_json::from_str(include_str!("../../../../openapi/openapi.json")).unwrap();
    assert!(document.json == committed, "what is served is what is committed");
    // The same program gives the same document, whichever instance one asks.
    let (second, url) = product.second_instance().await;
    let there = phony_journeys::Client::new(&url, None)
        .get("/v1/openapi.json")
        .await
        .expect(200);
    assert_eq!(header(&there, "etag"), Some(tag.as_str()));
    second.stop_now().await;
}

#[tokio::test]
async fn operators_see_health_readiness_and_figures() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let nobody = product.anonymous();
    let health = nobody.get("/healthz").await.expect(200);
    assert_eq!(health["status"], "ok");
    assert!(
        health["version"].is_string() && health["uptime_seconds"].is_u64() && health["active_calls"] == 0
    );
    let ready = serde_json::json!({ "status": "ready", "database": true, "redis": true, "draining": false });
    eventually("both servers have answered in their time", async || {
        (nobody.get("/readyz").await.json == ready).then_some(())
    })
    .await;
    let _ = acme.admin.get("/v1/calls").await.expect(200);
    let figures = nobody.get("/metrics").await.expect(200);
    assert!(
        header(&figures, "content-type")
            .unwrap()
            .starts_with("text/plain")
    );
    assert!(figures.text.contains("http_request_seconds"), "{}", figures.text);
    assert!(!figures.text.contains(&acme.id) && !figures.text.contains(&acme.email));
    // Through a proxy on the same machine nobody is near.
    let forwarded = nobody.send("GET", "/metrics", &[("x-forwarded-for", "203.0.113.7")], None);
    forwarded.await.expect_problem(404, "not_found");
    let old = nobody.get("/health").await.expect(200);
    assert_eq!(old["status"], "ok");
}

#[tokio::test]
async fn what_is_not_served_says_so() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    for path in [
        "/nothing",
        "/v1",
        "/v1/",
        "/v1/nothing",
        "/v1/numbers/",
        "/v2/numbers",
        "/V1/numbers",
        "//v1/numbers",
        "/twilio/other",
        "/.env",
    ] {
        for client in [&product.anonymous(), &acme.admin] {
            for method in ["GET", "POST", "DELETE"] {
                let answer = client.send(method, path, &[], None).await;
                let _ = answer.expect_problem(404, "no_such_path");
            }
        }
    }
    for (method, path, allowed) in [
        ("DELETE", "/v1/numbers", "GET, POST"),
        ("PUT", "/v1/personalities", "GET, POST"),
        ("POST", "/v1/me", "GET"),
        ("POST", "/healthz", "GET"),
        ("GET", "/v1/auth/login", "POST"),
        ("GET", "/twilio/voice", "POST"),
        ("TRACE", "/v1/me", "GET"),
    ] {
        let answer = acme.admin.send(method, path, &[], None).await;
        assert_eq!(answer.status, 405, "{method} {path}: {}", answer.text);
        let answer = answer.expect_problem(405, "method_not_allowed");
        let told = header(&answer, "allow").unwrap_or_default();
        assert!(
            allowed.split(", ").all(|name| told.contains(name)),
            "{method} {path}: {told}"
        );
    }
}
