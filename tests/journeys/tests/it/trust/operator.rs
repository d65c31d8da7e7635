//! What the operator of the installation does to a company: each act is in the company's own log.

use chrono::TimeDelta;
use phony_app::operator::{Operator, OperatorAct};
use phony_db::Db;
use phony_journeys::{PASSWORD, Product};
use phony_kernel::{Plan, TenantId};
use phony_server::trust::{self, AuditCommand};
use serde_json::json;

use super::worker_db;

#[tokio::test]
async fn a_suspended_company_rests_until_it_is_resumed() {
    let token = "0123456789abcdef-figures";
    let product = Product::start_with(&[("METRICS_TOKEN", token)]).await;
    for (sent, status) in [("", 401), ("0123456789abcdef-figure", 401), (token, 200)] {
        let answer = product.anonymous().with_token(sent).get("/metrics").await;
        assert_eq!(answer.status, status, "{sent}");
    }
    let acme = product.tenant("acme").await;
    let globex = product.tenant("globex").await;
    let number = product.buy_number(&acme).await;
    let e164 = number["e164"].as_str().unwrap();
    let key = json!({ "name": "crm", "scopes": ["calls:read"] });
    let key = acme.admin.post("/v1/api_keys", &key).await.expect(201);
    let key = acme.admin.with_token(key["key"].as_str().unwrap());
    let running = product.ring(e164, &json!([])).await;
    running.hears("help").await;

    // Nobody knows the password of the role here; it is taken on another way.
    let readonly = format!(
        "{}?options=-c%20role%3Dphony_readonly",
        product.database.admin_url
    );
    let readonly = Db::connect_lazy(&readonly, 2).unwrap();
    let operator = Operator::new(worker_db(&product), Some(readonly), product.app.clock.clone());
    let tenant: TenantId = acme.id.parse().unwrap();
    let act = OperatorAct::new("maria", "invoice 12 is not paid").unwrap();
    for (name, reason) in [("", "why"), ("maria", ""), ("maria", "two\nlines")] {
        assert!(OperatorAct::new(name, reason).is_err(), "{name:?} {reason:?}");
    }
    assert_eq!(operator.suspend(tenant, &act).await.unwrap().status, "suspended");
    assert_eq!(operator.suspend(tenant, &act).await.unwrap().status, "suspended");
    product.app.clock.advance(TimeDelta::seconds(6));

    for client in [&acme.admin, &key] {
        client
            .get("/v1/calls")
            .await
            .expect_problem(403, "tenant_suspended");
    }
    let body = json!({ "email": acme.email, "password": PASSWORD });
    let answer = product.anonymous().post("/v1/auth/login", &body).await;
    answer.expect_problem(403, "tenant_suspended");
    let _ = globex.admin.get("/v1/calls").await.expect(200);
    // Whoever rings hears so politely; whoever is talking goes on.
    let refused = product.ring(e164, &json!([])).await;
    let report = refused.ends_within(std::time::Duration::from_secs(60)).await;
    let heard = refused.heard().await;
    assert!(heard.contains("cannot take calls at the moment"), "{report:#}");
    running.say("Are you still there?").await;
    running.hang_up().await;

    let look = operator.look(tenant, &act).await.unwrap();
    assert_eq!(
        (&look["tenant"]["status"], &look["people"]["admin"]),
        (&json!("suspended"), &json!(1))
    );
    assert_eq!(look["numbers"][0]["e164"], e164);
    assert!(
        !look.to_string().contains("4155550199"),
        "no number of a caller: {look:#}"
    );
    let lines = operator.list(None).await.unwrap();
    assert_eq!(lines.len(), 2);
    assert!(operator.look(TenantId::new(), &act).await.is_err());

    assert_eq!(operator.resume(tenant, &act).await.unwrap().status, "active");
    assert_eq!(
        operator
            .change_plan(tenant, Plan::Enterprise, &act)
            .await
            .unwrap()
            .plan,
        "enterprise"
    );
    product.app.clock.advance(TimeDelta::seconds(6));
    let session = product
        .anonymous()
        .post("/v1/auth/login", &body)
        .await
        .expect(200);
    let admin = acme.admin.with_token(session["access_token"].as_str().unwrap());
    assert_eq!(admin.get("/v1/tenant").await.expect(200)["plan"], "enterprise");
    let log = admin.get("/v1/audit_log?actor=operator:maria").await.expect(200);
    let acts: Vec<(&str, &str)> = log["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (
                entry["action"].as_str().unwrap(),
                entry["detail"]["reason"].as_str().unwrap(),
            )
        })
        .collect();
    let reason = "invoice 12 is not paid";
    assert_eq!(
        acts,
        [
            ("plan.change", reason),
            ("tenant.resume", reason),
            ("tenant.look", reason),
            ("tenant.suspend", reason)
        ]
    );
    assert_eq!(
        admin.get("/v1/audit_log/verify").await.expect(200)["intact"],
        true
    );

    // The operator's own check, of all companies; and what somebody changed in the database is named.
    let config = product.config();
    let said = trust::audit(&config, AuditCommand::Sign).await.unwrap();
    assert!(said.starts_with("2 audit logs"), "{said}");
    let verify = |tenant| trust::audit(&config, AuditCommand::Verify { tenant });
    let said = verify(None).await.unwrap();
    assert_eq!(
        said.lines()
            .filter(|line| line.contains("intact, signed up to entry"))
            .count(),
        2,
        "{said}"
    );
    sqlx::query("UPDATE phony.audit_log SET actor = 'operator:paul' WHERE tenant_id = $1 AND seq = 1")
        .bind(tenant.uuid())
        .execute(&mut product.admin_connection().await)
        .await
        .unwrap();
    let said = verify(Some(tenant)).await.unwrap_err().to_string();
    assert!(
        said.contains(&format!("{tenant}: broken at entry 1: changed")),
        "{said}"
    );
}
