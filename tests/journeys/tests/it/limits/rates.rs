//! Rates, as plans have them.

use futures_util::future::join_all;
use phony_journeys::{Answer, Product, Tenant};
use serde_json::json;

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer
        .headers
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

/// `"api.read";r=39;t=1` → (39, 1)
fn state(answer: &Answer) -> (u64, u64) {
    let text = header(answer, "ratelimit");
    let figure = |name: &str| {
        let part = text.split(';').find_map(|part| part.strip_prefix(name));
        part.unwrap_or_else(|| panic!("no {name} in {text:?}"))
            .parse()
            .unwrap()
    };
    (figure("r="), figure("t="))
}

/// Spends a company's burst of reads and what comes meanwhile. Gives the first answer, how many were served in how many
/// seconds, and the first refusal.
async fn spends_its_reads(acme: &Tenant) -> (Answer, f64, f64, Answer) {
    let began = std::time::Instant::now();
    let first = acme.admin.get("/v1/me").await.expect(200);
    let mut allowed = 1.0;
    // Many at once: one after the other they may come slower than the bucket fills, on a busy machine.
    let refused = loop {
        let many = join_all((0..20).map(|_| acme.admin.get("/v1/me"))).await;
        let (good, bad): (Vec<_>, Vec<_>) = many.into_iter().partition(|answer| answer.status == 200);
        allowed += good.iter().map(|_| 1.0).sum::<f64>();
        if let Some(refused) = bad.into_iter().next() {
            break refused;
        }
        assert!(allowed < 2_000.0, "nothing is ever refused");
    };
    (first, allowed, began.elapsed().as_secs_f64(), refused)
}

/// How often the instance has counted alone, because Redis did not answer in time.
async fn counted_alone(product: &Product) -> f64 {
    let figures = product.anonymous().get("/metrics").await.expect(200);
    let mut lines = figures.text.lines();
    let alone = lines.find_map(|line| line.strip_prefix("rate_limits_alone_total "));
    alone.map_or(0.0, |count| count.parse().unwrap())
}

#[tokio::test]
async fn a_company_may_ask_as_often_as_its_plan_says_and_no_other_company_notices() {
    let product = Product::start_with(&[("RATE_LIMITS", "auth=10000/1,auth.renew=10000/1")]).await;
    let globex = product.tenant("globex").await;
    // An instance that counts alone gives only its share, which is not what is looked at here.
    let (acme, (first, allowed, seconds, refused)) = loop {
        let acme = product.tenant("acme").await;
        let before = counted_alone(&product).await;
        let spent = spends_its_reads(&acme).await;
        if counted_alone(&product).await <= before {
            break (acme, spent);
        }
        // It does so for a second.
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    };
    assert_eq!(header(&first, "ratelimit-policy"), "\"api.read\";q=40;w=2");
    let (left, full_in) = state(&first);
    assert!((30..40).contains(&left) && full_in == 1, "{left} {full_in}");
    assert!(allowed >= 38.0, "only {allowed}: the burst is not there");
    let most = 40.0 + 20.0 * seconds;
    assert!(allowed <= most, "{allowed} of at most {most}");
    let refused = refused.expect_problem(429, "rate_limited");
    let (left, seconds) = state(&refused);
    assert_eq!(
        (left, header(&refused, "retry-after")),
        (0, seconds.to_string().as_str())
    );
    assert_eq!(refused["retryable"], true);
    // Writes are another bucket, and others have buckets of their own.
    let body = json!({ "e164": "+14155550161", "name": "Ada" });
    let _ = acme.admin.post("/v1/contacts", &body).await.expect(201);
    let _ = globex.admin.get("/v1/me").await.expect(200);
    // What needs no credential is not the company's.
    let _ = product.anonymous().get("/healthz").await.expect(200);
}

#[tokio::test]
async fn guesses_from_one_address_are_counted_whoever_they_are_about() {
    let product = Product::start_with(&[("RATE_LIMITS", "")]).await;
    let nobody = product.anonymous();
    let began = std::time::Instant::now();
    let guesses = (0..24).map(|n| {
        let body =
            json!({ "email": format!("nobody{n}@nowhere.example"), "password": "wrong-horse-battery" });
        let nobody = &nobody;
        async move { nobody.post("/v1/auth/login", &body).await }
    });
    let (mut refused, mut judged) = (Vec::new(), 0);
    for answer in join_all(guesses).await {
        assert_eq!(header(&answer, "ratelimit-policy"), "\"auth\";q=10;w=30");
        if answer.status == 429 {
            refused.push(answer);
        } else {
            let _ = answer.expect(401);
            judged += 1;
        }
    }
    // One more is let through every three seconds.
    let most = 11 + began.elapsed().as_secs() / 3;
    assert!((10..=most).contains(&judged), "{judged} of at most {most}");
    let refused = refused.into_iter().next().expect("a limit");
    let refused = refused.expect_problem(429, "rate_limited");
    let wait: u64 = header(&refused, "retry-after").parse().unwrap();
    assert!((1..=3).contains(&wait), "{wait}");
}

#[tokio::test]
async fn a_company_may_have_rates_of_its_own() {
    let product = Product::start_with(&[("RATE_LIMITS", "auth=10000/1")]).await;
    let acme = product.tenant("acme").await;
    let id: phony_kernel::TenantId = acme.id.parse().unwrap();
    let mut connection = product.admin_connection().await;
    sqlx::query("UPDATE phony.tenants SET rate_limits = $2 WHERE id = $1")
        .bind(id.uuid())
        .bind(json!({ "api.read": { "tokens": 1, "per_seconds": 60, "burst": 2 }, "nonsense": 5 }))
        .execute(&mut connection)
        .await
        .unwrap();
    product.app.clock.advance(chrono::TimeDelta::seconds(6));
    for _ in 0..2 {
        let answer = acme.admin.get("/v1/me").await.expect(200);
        assert_eq!(header(&answer, "ratelimit-policy"), "\"api.read\";q=2;w=120");
    }
    let _ = acme.admin.get("/v1/me").await.expect_problem(429, "rate_limited");
}
