//! Who may not be rung is refused before the carrier is asked, and costs nothing.

use phony_journeys::Product;
use serde_json::json;

use super::Desk;

#[tokio::test]
async fn toll_fraud_denied_destinations_never_reach_the_carrier() {
    let desk = Desk::new().await;
    let before = desk.product.rows().await;
    for to in [
        "911",
        "112",
        "+18095550134",
        "+18765550134",
        "+12845550134",
        "+19005550134",
        "+14159765550",
        "+881612345678",
        "+870773123456",
        "+442079460018",
        "+447012345678",
        "(809) 555-0134",
    ] {
        let answer = desk.place(&json!({ "to": to })).await;
        assert_eq!(
            (answer.status, answer["code"].as_str()),
            (403, Some("blocked_destination")),
            "{to}: {}",
            answer.text
        );
    }
    // Too short to be one, or of no country: not dialled either.
    let shared = desk.place(&json!({ "to": "+979123456789" })).await;
    assert!([403, 422].contains(&shared.status), "{}", shared.text);
    let patch =
        json!({ "outbound_policy": { "countries": ["US", "GB", "DO"], "denied_prefixes": ["+1415556"] } });
    let _ = desk.acme.admin.patch("/v1/tenant", &patch).await.expect(200);
    for to in ["+14155560134", "+447012345678", "+449098765432", "+19005550134"] {
        let _ = desk
            .place(&json!({ "to": to }))
            .await
            .expect_problem(403, "blocked_destination");
    }
    let caps = json!({ "outbound_policy": { "daily_calls": 0 } });
    let _ = desk.acme.admin.patch("/v1/tenant", &caps).await.expect(200);
    let _ = desk
        .place(&json!({ "to": "+14155550134" }))
        .await
        .expect_problem(429, "blocked_daily_calls");
    for (change, status, code) in [
        (
            json!({ "daily_calls": 50, "daily_calls_per_number": 0 }),
            429,
            "blocked_number_calls",
        ),
        (
            json!({ "daily_calls_per_number": 5, "daily_spend": "0.40" }),
            402,
            "blocked_funds",
        ),
        (
            json!({ "daily_spend": "25.00", "concurrent_calls": 0 }),
            429,
            "concurrency_limit",
        ),
        (
            json!({ "concurrent_calls": 3, "calling_hours": { "from": "00:00", "to": "00:01" } }),
            403,
            "blocked_hours",
        ),
    ] {
        let patch = json!({ "outbound_policy": change });
        let _ = desk.acme.admin.patch("/v1/tenant", &patch).await.expect(200);
        // Free of charge for the caller, and in all zones of the country: never in a minute of each.
        let to = if code == "blocked_hours" {
            "+18005550134"
        } else {
            "+14155550134"
        };
        let answer = desk.place(&json!({ "to": to })).await;
        assert_eq!(
            (answer.status, answer["code"].as_str()),
            (status, Some(code)),
            "{}",
            answer.text
        );
    }
    assert!(
        desk.at_the_carrier().await.is_empty(),
        "the carrier was never asked"
    );
    let after = desk.product.rows().await;
    for table in ["phony.calls", "phony.usage_events"] {
        assert_eq!(after.count(table), before.count(table), "{table}");
    }
}

#[tokio::test]
async fn all_that_is_wrong_with_an_order_is_told_at_once() {
    let desk = Desk::new().await;
    let body = json!({
        "to": "12", "from": "+14155559999", "personality_id": "per_0199c2a4b1d07c3e8f4a5b6c7d8e9f01",
        "opening_message": "Hello {{name}}, it is {{day}}.", "answer_timeout_seconds": 1,
        "machine_detection": { "mailbox": { "action": "leave_message" } },
    });
    let mut longer = body.clone();
    longer["to"] = json!("nobody");
    let problem = desk.place(&longer).await.expect_problem(422, "validation_failed");
    for param in [
        "to",
        "from",
        "personality_id",
        "answer_timeout_seconds",
        "machine_detection.mailbox.text",
    ] {
        assert!(
            problem.text.contains(&format!("\"{param}\"")),
            "{param} in {}",
            problem.text
        );
    }
    let missing = json!({ "to": "+14155550134", "opening_message": "Hello {{name}}, it is {{day}}.", "variables": { "day": "Monday" } });
    let problem = desk
        .place(&missing)
        .await
        .expect_problem(422, "validation_failed");
    assert_eq!(problem["errors"][0]["param"], "variables.name");
    assert_eq!(problem["errors"][0]["code"], "missing_variable");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 1);
    assert!(desk.at_the_carrier().await.is_empty());
}

#[tokio::test]
async fn a_policy_has_versions_and_a_new_company_a_careful_one() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let settings = acme.admin.get("/v1/tenant").await.expect(200);
    let policy = &settings["outbound_policy"];
    assert_eq!(
        (&policy["version"], &policy["countries"]),
        (&json!(0), &json!(["US"]))
    );
    assert_eq!(policy["calling_hours"], json!({ "from": "08:00", "to": "21:00" }));
    assert_eq!(
        (&policy["daily_calls"], &policy["daily_spend"]),
        (&json!(50), &json!("25.00"))
    );
    let bad = json!({ "outbound_policy": { "countries": ["Atlantis"], "daily_spend": "much" } });
    let problem = acme
        .admin
        .patch("/v1/tenant", &bad)
        .await
        .expect_problem(422, "validation_failed");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 2, "{}", problem.text);
    let good = json!({ "outbound_policy": { "countries": ["US", "de"], "max_call_minutes": 10 } });
    let changed = acme.admin.patch("/v1/tenant", &good).await.expect(200);
    assert_eq!(changed["outbound_policy"]["version"], 1);
    assert_eq!(changed["outbound_policy"]["countries"], json!(["DE", "US"]));
    let supervisor = product.member(&acme, phony_kernel::Role::Supervisor).await;
    let _ = supervisor
        .patch("/v1/tenant", &good)
        .await
        .expect_problem(403, "forbidden");

    let listed = acme
        .admin
        .post(
            "/v1/do_not_call",
            &json!({ "e164": "(415) 555-0134", "reason": "asked" }),
        )
        .await;
    let listed = listed.expect(201);
    assert_eq!(listed["masked"], "+1415•••••34");
    let again = acme
        .admin
        .post("/v1/do_not_call", &json!({ "e164": "+14155550134" }))
        .await
        .expect(201);
    assert_eq!(again["id"], listed["id"], "a number is there once");
}
