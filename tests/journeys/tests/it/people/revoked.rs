//! A session that was ended gives rise to none other, however long another instance still believes in it.

use phony_journeys::{Client, PASSWORD, Product};
use phony_kernel::Role;
use serde_json::json;

use super::invite;

#[tokio::test]
async fn who_was_signed_out_does_not_go_over_to_another_company() {
    let product = Product::start().await;
    let (acme, globex) = (product.tenant("acme").await, product.tenant("globex").await);
    let token = json!({ "token": invite(&product, &acme, &globex.email, Role::Viewer).await });
    let accepted = globex.admin.post("/v1/invitations/accept", &token).await;
    let _ = accepted.expect(200);
    let (_second, url) = product.second_instance().await;
    // Somebody else has the token of a session of hers.
    let body = json!({ "email": globex.email, "password": PASSWORD, "tenant_id": globex.id });
    let stolen = product
        .anonymous()
        .post("/v1/auth/login", &body)
        .await
        .expect(200);
    let thief = Client::new(&url, stolen["access_token"].as_str());
    // The second instance believes for five seconds what it has read.
    let _ = thief.get("/v1/me").await.expect(200);
    let _ = globex.admin.delete("/v1/sessions").await.expect(204);
    let over = json!({ "tenant_id": acme.id });
    let refused = thief.post("/v1/auth/switch", &over).await;
    let _ = refused.expect_problem(401, "unauthenticated");
    let step_up = json!({ "password": PASSWORD });
    let refused = thief.post("/v1/auth/step_up", &step_up).await;
    let _ = refused.expect_problem(401, "unauthenticated");
    let left = globex.admin.get("/v1/sessions").await.expect(200);
    assert_eq!(left["data"].as_array().unwrap().len(), 1, "{}", left.text);
}
