//! A company closes its account.

use phony_journeys::{PASSWORD, Product, eventually};
use phony_kernel::Role;
use serde_json::{Value, json};

#[tokio::test]
async fn a_company_that_is_closed_gives_its_numbers_back_and_is_forgotten() {
    let product = Product::start_with(&[("TWILIO_SUBACCOUNTS", "on")]).await;
    let acme = product.tenant("acme").await;
    let supervisor = product.member(&acme, Role::Supervisor).await;
    let number = product.buy_number(&acme).await;
    let e164 = number["e164"].as_str().unwrap().to_owned();
    let contact = json!({ "e164": "+14155550199", "name": "Erasemarkerowitz" });
    let _ = acme.admin.post("/v1/contacts", &contact).await.expect(201);
    let body = json!({
        "name": "Erasemarkerowitz desk", "voice": "alloy", "system_prompt": "Erasemarkerowitz", "greeting": "Hello.",
    });
    let _ = acme.admin.post("/v1/personalities", &body).await;
    product.upgrade_to(&acme, "enterprise").await;
    product.app.clock.advance(chrono::TimeDelta::seconds(6));
    let pool = json!({ "name": "Poolmarker", "strategy": "round_robin", "number_ids": [number["id"]] });
    let _ = acme.admin.post("/v1/number_pools", &pool).await.expect(201);
    let key = json!({ "name": "Erasemarkerowitz", "scopes": ["calls:read"] });
    let key = acme.admin.post("/v1/api_keys", &key).await.expect(201);
    let key = acme.admin.with_token(key["key"].as_str().unwrap());
    let _ = key.get("/v1/calls").await.expect(200);

    let path = "/v1/privacy/erasures";
    for confirm in [Value::Null, json!("Acme Ltd")] {
        let body = json!({ "subject": "tenant", "confirm": confirm });
        acme.admin
            .post(path, &body)
            .await
            .expect_problem(422, "validation_failed");
    }
    let body = json!({ "subject": "tenant", "confirm": "acme" });
    supervisor
        .post(path, &body)
        .await
        .expect_problem(403, "forbidden");
    let _ = acme.admin.post(path, &body).await.expect(202);

    let id: phony_kernel::TenantId = acme.id.parse().unwrap();
    let status = async || -> String {
        sqlx::query_scalar("SELECT status FROM phony.tenants WHERE id = $1")
            .bind(id.uuid())
            .fetch_one(&mut product.admin_connection().await)
            .await
            .unwrap()
    };
    eventually("the company is closed", async || {
        (status().await == "closed").then_some(())
    })
    .await;
    product.app.clock.advance(chrono::TimeDelta::seconds(6));
    for client in [&acme.admin, &supervisor, &key] {
        let answer = client.get("/v1/calls").await;
        assert!([401, 403].contains(&answer.status), "{}", answer.text);
    }
    let body = json!({ "email": acme.email, "password": PASSWORD });
    let answer = product.anonymous().post("/v1/auth/login", &body).await;
    assert_eq!(
        answer.status, 401,
        "nobody is known by that address: {}",
        answer.text
    );
    let found = product
        .at_carrier("GET", &format!(".json?FriendlyName={}", acme.id), "")
        .await;
    assert_eq!(found["accounts"][0]["status"], "closed", "{found}");
    for text in ["Erasemarkerowitz", "+14155550199", &acme.email] {
        assert_eq!(product.tables_with(text).await, Vec::<String>::new(), "{text}");
    }
    // What the company itself did stays in its log, as the receipt says.
    assert_eq!(product.tables_with("Poolmarker").await, ["phony.audit_log"]);
    let (receipt, held): (Option<String>, i64) = sqlx::query_as(
        "SELECT e.receipt, (SELECT count(*) FROM phony.phone_numbers n WHERE n.e164 = $2 AND n.released_at IS NULL)
         FROM phony.privacy_erasures e WHERE e.tenant_id = $1",
    )
    .bind(id.uuid())
    .bind(&e164)
    .fetch_one(&mut product.admin_connection().await)
    .await
    .unwrap();
    assert_eq!(held, 0);
    let receipt: Value = serde_json::from_str(&receipt.expect("a receipt")).unwrap();
    assert_eq!(
        (
            &receipt["erased"]["numbers"],
            &receipt["erased"]["people"],
            &receipt["erased"]["contacts"]
        ),
        (&json!(1), &json!(2), &json!(1))
    );
    let mails: i64 =
        sqlx::query_scalar("SELECT count(*) FROM phony.outbox WHERE tenant_id = $1 AND topic = 'mail.send'")
            .bind(id.uuid())
            .fetch_one(&mut product.admin_connection().await)
            .await
            .unwrap();
    assert!(mails >= 2, "both were told: {mails}");
}
