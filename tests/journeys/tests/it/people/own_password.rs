//! Somebody who is signed in chooses another password.

use phony_journeys::{PASSWORD, Product};
use phony_kernel::Role;
use serde_json::json;

use super::{NEW_PASSWORD, cookie, invite, log_in, refresh, signed_in};

const PATH: &str = "/v1/auth/password";

#[tokio::test]
async fn another_password_needs_the_one_there_is_and_ends_all_other_sessions() {
    let product = Product::start().await;
    let (acme, globex) = (product.tenant("acme").await, product.tenant("globex").await);
    let token = json!({ "token": invite(&product, &globex, &acme.email, Role::Viewer).await });
    let accepted = acme
        .admin
        .post("/v1/invitations/accept", &token)
        .await
        .expect(200);
    let elsewhere = cookie(&accepted);
    let session = log_in(&product, &acme.email, PASSWORD).await.expect(200);
    let ana = signed_in(&product, &session);
    let _ = product
        .anonymous()
        .post("/v1/auth/password/forgot", &json!({ "email": acme.email }))
        .await
        .expect(204);
    let link = product.letter(&acme.email, "password").await.token();

    for (body, param) in [
        (
            json!({ "current_password": "not the one I have", "password": NEW_PASSWORD }),
            "current_password",
        ),
        (
            json!({ "current_password": PASSWORD, "password": "password1234" }),
            "password",
        ),
        (
            json!({ "current_password": PASSWORD, "password": PASSWORD }),
            "password",
        ),
    ] {
        let refused = ana
            .post(PATH, &body)
            .await
            .expect_problem(422, "validation_failed");
        assert_eq!(refused["errors"][0]["param"], param, "{}", refused.text);
    }
    let body = json!({ "current_password": PASSWORD, "password": NEW_PASSWORD });
    let _ = ana.post(PATH, &body).await.expect(204);

    // Here everything goes on; elsewhere, in whichever company, it is over, and so is a link of before.
    let _ = ana.get("/v1/me").await.expect(200);
    let _ = refresh(&product, &cookie(&session)).await.expect(200);
    let gone = refresh(&product, &elsewhere).await;
    let _ = gone.expect_problem(401, "unauthenticated");
    let link = json!({ "token": link, "password": "another-thistle-raft-82" });
    let refused = product.anonymous().post("/v1/auth/password/reset", &link).await;
    let _ = refused.expect_problem(422, "validation_failed");
    let _ = log_in(&product, &acme.email, PASSWORD)
        .await
        .expect_problem(401, "wrong_credentials");
    let _ = log_in(&product, &acme.email, NEW_PASSWORD).await.expect(200);
    let _ = product.letter(&acme.email, "password was changed").await;
    let log = ana.get("/v1/audit_log?action=password.change").await.expect(200);
    assert_eq!(log["data"].as_array().unwrap().len(), 1, "{}", log.text);
}
