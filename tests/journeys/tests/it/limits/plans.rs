//! Plans: what there is, what a change does, and what it does not.

use chrono::TimeDelta;
use phony_journeys::{LiveSocket, Product};
use phony_kernel::Plan;
use serde_json::{Value, json};

#[tokio::test]
async fn a_smaller_plan_deletes_nothing_and_names_what_exceeds_it() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let (admin, clock) = (&acme.admin, &product.app.clock);
    let plans = admin.get("/v1/plans").await.expect(200);
    for (shown, plan) in plans["data"].as_array().unwrap().iter().zip(Plan::ALL) {
        assert_eq!(shown["plan"], plan.as_str());
        assert_eq!(shown["limits"], serde_json::to_value(plan.limits()).unwrap());
        assert_eq!(shown["current"], plan == Plan::Basic);
    }
    assert_eq!(plans["data"][1]["monthly_fee"], "299.00");
    assert_eq!(
        plans["data"][0]["rates"][0],
        json!({ "bucket": "api.read", "tokens": 20, "per_seconds": 1, "burst": 40 })
    );

    let put = async |plan: &str| {
        admin
            .send(
                "PUT",
                "/v1/tenant/plan",
                &[],
                Some(json!({ "plan": plan }).to_string()),
            )
            .await
    };
    let _ = put("enterprise").await.expect_problem(409, "plan_by_contract");
    let up = put("professional").await.expect(200);
    assert_eq!((&up["applied"], &up["exceeding"]), (&json!(true), &json!([])));
    // At once, and on other instances within five seconds.
    let (first, second) = (product.buy_number(&acme).await, product.buy_number(&acme).await);
    for (name, voice) in [("Day desk", "alloy"), ("Night desk", "ash")] {
        let body = json!({ "name": name, "voice": voice, "system_prompt": "You answer." });
        let _ = admin.post("/v1/personalities", &body).await.expect(201);
    }
    let preview = admin.get("/v1/tenant/plan/preview?plan=basic").await.expect(200);
    assert_eq!(
        (&preview["applied"], &preview["from"]),
        (&json!(false), &json!("professional"))
    );
    let of = |what: &str| -> Value {
        let all = preview["exceeding"].as_array().unwrap();
        all.iter()
            .find(|item| item["what"] == what)
            .cloned()
            .unwrap_or_default()
    };
    let numbers = of("numbers");
    assert_eq!((&numbers["have"], &numbers["allowed"]), (&json!(2), &json!(1)));
    assert_eq!(numbers["names"][0]["name"], second["e164"]);
    assert_eq!(of("personalities")["names"][0]["name"], "Night desk");
    assert_eq!(of("voices")["names"][0]["name"], "Night desk");
    assert_eq!(admin.get("/v1/me").await["tenant"]["plan"], "professional");

    let down = put("basic").await.expect(200);
    assert_eq!(
        (&down["applied"], &down["exceeding"]),
        (&json!(true), &preview["exceeding"])
    );
    clock.advance(TimeDelta::seconds(6));
    let kept = admin.get("/v1/numbers").await.expect(200);
    let kept: Vec<_> = kept["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|number| &number["e164"])
        .collect();
    assert!(kept.contains(&&first["e164"]) && kept.contains(&&second["e164"]));
    let body = json!({ "country": "US", "area_code": "415" });
    let _ = admin
        .post("/v1/numbers", &body)
        .await
        .expect_problem(403, "plan_limit");
    let body = json!({ "name": "Third", "voice": "alloy", "system_prompt": "You answer." });
    let _ = admin
        .post("/v1/personalities", &body)
        .await
        .expect_problem(403, "plan_limit");
    let audit = admin.get("/v1/audit_log?action=plan.change").await.expect(200);
    assert_eq!(audit["data"].as_array().unwrap().len(), 2, "{}", audit.text);
    // The periods of the two plans follow each other without a gap.
    let periods: Vec<(String, bool)> = sqlx::query_as(
        "SELECT plan, lead(started_at) OVER (ORDER BY started_at) IS NOT DISTINCT FROM ended_at
         FROM phony.subscriptions ORDER BY started_at",
    )
    .fetch_all(&mut product.admin_connection().await)
    .await
    .unwrap();
    let plans = ["basic", "professional", "basic"].map(|plan| (plan.to_owned(), true));
    assert_eq!(periods, plans);

    clock.advance(TimeDelta::minutes(6));
    let _ = put("professional").await.expect_problem(403, "step_up_required");
}

#[tokio::test]
async fn calls_at_one_time_are_counted_against_the_plan() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let number = product.buy_number(&acme).await;
    let now = async || acme.admin.get("/v1/tenant/concurrency").await.expect(200);
    let before = now().await;
    assert_eq!(
        (&before["current"], &before["limit"], &before["available"]),
        (&json!(0), &json!(10), &json!(10))
    );
    let _ = product.ring(number["e164"].as_str().unwrap(), &json!([])).await;
    phony_journeys::eventually("the call counts", async || {
        let now = now().await;
        (now["current"] == 1 && now["available"] == 9).then_some(())
    })
    .await;
    product.upgrade_to(&acme, "enterprise").await;
    product.app.clock.advance(TimeDelta::seconds(6));
    assert_eq!(
        (&now().await["limit"], &now().await["available"]),
        (&Value::Null, &Value::Null)
    );
}

#[tokio::test]
async fn voices_and_models_are_preset_several_or_ones_own() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let write = async |name: &str, voice: &str, model: Option<&str>| {
        let mut body = json!({ "name": name, "voice": voice, "system_prompt": "You answer." });
        if let Some(model) = model {
            body["model"] = json!(model);
        }
        acme.admin.post("/v1/personalities", &body).await
    };
    let refused_at = |answer: phony_journeys::Answer| {
        let answer = answer.expect_problem(422, "validation_failed");
        let faults = answer["errors"].as_array().unwrap().clone();
        assert!(
            faults.iter().all(|fault| fault["code"] == "plan_limit"),
            "{faults:?}"
        );
        faults
            .iter()
            .map(|fault| fault["param"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let (own_voice, own_model) = ("voice_68a1b2c3", "ft:gpt-6-luna:acme::7p4l");
    assert_eq!(
        refused_at(write("One", "ash", Some(own_model)).await),
        ["voice", "model"]
    );
    let _ = write("One", "alloy", None).await.expect(201);
    product.upgrade_to(&acme, "professional").await;
    product.app.clock.advance(TimeDelta::seconds(6));
    let _ = write("Two", "ash", None).await.expect(201);
    assert_eq!(
        refused_at(write("Three", own_voice, Some(own_model)).await),
        ["voice", "model"]
    );
    product.upgrade_to(&acme, "enterprise").await;
    product.app.clock.advance(TimeDelta::seconds(6));
    let key = json!({ "api_key": "sk-of-our-own" });
    let stored = acme
        .admin
        .send(
            "PUT",
            "/v1/provider_credentials/openai",
            &[],
            Some(key.to_string()),
        )
        .await;
    let _ = stored.expect(200);
    let made = write("Three", own_voice, Some(own_model)).await.expect(201);
    let engines = made["capabilities"].as_array().unwrap();
    let realtime = engines
        .iter()
        .find(|engine| engine["engine"] == "realtime")
        .unwrap();
    assert_eq!(realtime["voice"], own_voice);
}

#[tokio::test]
async fn a_smaller_plan_ends_what_programs_follow_and_keeps_pools_and_company_sign_in_as_they_are() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let (admin, clock) = (&acme.admin, &product.app.clock);
    product.upgrade_to(&acme, "enterprise").await;
    clock.advance(TimeDelta::seconds(6));
    let number = product.buy_number(&acme).await;
    let pool = json!({ "name": "West", "strategy": "round_robin", "number_ids": [number["id"]] });
    let pool = admin.post("/v1/number_pools", &pool).await.expect(201);
    let pool = format!("/v1/number_pools/{}", pool["id"].as_str().unwrap());
    let sso = json!({
        "issuer": format!("{}/oidc", product.simulator.url()), "client_id": "phony", "client_secret": "shh",
        "domains": ["acme.example"],
    });
    let put = async |path: &str, body: &Value| admin.send("PUT", path, &[], Some(body.to_string())).await;
    let _ = put("/v1/sso_connection", &sso).await.expect(200);
    let key = json!({ "name": "wallboard", "scopes": ["calls:read", "calls:monitor"] });
    let key = admin.post("/v1/api_keys", &key).await.expect(201);
    let program = admin.with_token(key["key"].as_str().unwrap());
    let mut follows = LiveSocket::open(&product.url, &program).await;
    let mut watches = LiveSocket::open(&product.url, admin).await;

    let basic = json!({ "plan": "basic" });
    let down = put("/v1/tenant/plan", &basic).await.expect(200);
    let named = |what: &str| {
        let all = down["exceeding"].as_array().unwrap();
        let found = all.iter().find(|item| item["what"] == what);
        found.map(|item| item["names"][0]["name"].clone())
    };
    assert_eq!(named("live_events"), Some(json!("wallboard")), "{down:#?}");
    assert_eq!(named("sso"), Some(sso["issuer"].clone()));
    assert_eq!(named("number_pools"), Some(json!("West")));
    clock.advance(TimeDelta::seconds(6));
    let closed = loop {
        if let Err(code) = follows.next().await {
            break code;
        }
    };
    assert_eq!(closed, 1012, "the program may come back, and hears why it cannot");
    program
        .post("/v1/ws_tickets", &json!({ "purpose": "live" }))
        .await
        .expect_problem(403, "plan_limit");
    // The dashboard is part of every plan.
    watches
        .send(&json!({ "op": "subscribe", "topic": "calls" }))
        .await;
    let _ = watches
        .wait_for("what the dashboard shows", |frame| frame["op"] == "snapshot")
        .await;

    let _ = admin.get("/v1/sso_connection").await.expect(200);
    put("/v1/sso_connection", &sso)
        .await
        .expect_problem(403, "plan_limit");
    for change in [json!({ "name": "East" }), json!({ "number_ids": [number["id"]] })] {
        admin
            .patch(&pool, &change)
            .await
            .expect_problem(403, "plan_limit");
    }
    assert_eq!(admin.get(&pool).await.expect(200)["name"], "West");
    let _ = admin.patch(&pool, &json!({ "number_ids": [] })).await.expect(200);
    assert_eq!(admin.delete(&pool).await.status, 204);
    assert_eq!(admin.delete("/v1/sso_connection").await.status, 204);
}
