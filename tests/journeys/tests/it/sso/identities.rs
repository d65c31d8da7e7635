//! Who somebody is at the provider: shown to them, and given up by them.

use chrono::TimeDelta;
use phony_journeys::{Answer, Client, Product};
use phony_kernel::Role;
use serde_json::json;

use super::{Browser, body, company, cookies, just_now, location, put, session, whole_way};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const BEN: &str = "email=ben%40private.example";

/// Somebody signed in ties who they are at the provider to themselves.
async fn link(product: &Product, client: &Client, person: &str) -> Answer {
    let answer = client.post("/v1/auth/sso/link", &json!({})).await.expect(200);
    let browser = Browser {
        product,
        cookie: cookies(&answer)[0].clone(),
    };
    let back = browser.sign_in(answer["url"].as_str().unwrap(), person).await;
    browser.come_back(&back).await
}

#[tokio::test]
async fn who_one_is_at_the_provider_is_listed_and_given_up() {
    let product = Product::start().await;
    let acme = company(&product, "acme").await;
    let mut wanted = body(&product, "never-proven.example");
    let _ = put(&acme, &wanted).await.expect(200);
    let ben = product.member(&acme, Role::Admin).await;
    assert_eq!(ben.get("/v1/identities").await.expect(200)["data"], json!([]));
    let _ = link(&product, &ben, BEN).await;

    // A session that begins at the provider knows its browser from the first moment.
    let query = format!("tenant_id={}", acme.id);
    let (browser, at) = Browser::leave(&product, &query).await;
    let back = browser.sign_in(&at, BEN).await;
    let headers = [("cookie", browser.cookie.as_str()), ("user-agent", FIREFOX)];
    let arrived = product
        .anonymous()
        .send("GET", &back, &headers, None)
        .await
        .expect(303);
    let sessions = ben.get("/v1/sessions").await.expect(200);
    let begun = sessions["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|session| session["current"] == false);
    let begun = begun.expect("the session of the provider");
    assert_eq!(
        (&begun["device"], &begun["address"]),
        (&json!("Firefox on Linux"), &json!("127.0.0.1"))
    );
    let other = session(&product, &arrived).await;

    let list = ben.get("/v1/identities").await.expect(200);
    assert_eq!(list["data"].as_array().unwrap().len(), 1, "{}", list.text);
    assert_eq!(list["data"][0]["issuer"], product.simulator.oidc_issuer());
    let path = format!("/v1/identities/{}", list["data"][0]["id"].as_str().unwrap());
    // It is nobody else's to see or to give up.
    assert_eq!(
        acme.admin.get("/v1/identities").await.expect(200)["data"],
        json!([])
    );
    acme.admin.delete(&path).await.expect_problem(404, "not_found");
    product.app.clock.advance(TimeDelta::minutes(5));
    other.delete(&path).await.expect_problem(403, "step_up_required");
    let anew = just_now(&product, &query, BEN).await;

    // Where it is the only way in it stays.
    wanted["enforced"] = json!(true);
    let step_up = json!({ "password": phony_journeys::PASSWORD });
    let admin = acme.admin.post("/v1/auth/step_up", &step_up).await.expect(200);
    let admin = acme.admin.with_token(admin["access_token"].as_str().unwrap());
    let enforce = async |wanted: &serde_json::Value| {
        let answer = admin
            .send("PUT", "/v1/sso_connection", &[], Some(wanted.to_string()))
            .await;
        let _ = answer.expect(200);
    };
    enforce(&wanted).await;
    anew.delete(&path).await.expect_problem(409, "sso_needed_here");
    wanted["enforced"] = json!(false);
    enforce(&wanted).await;
    let _ = anew.delete(&path).await.expect(204);

    // The other session that began there ends, and nobody comes in by it any more.
    product.app.clock.advance(TimeDelta::seconds(6));
    other.get("/v1/me").await.expect_problem(401, "unauthenticated");
    assert_eq!(anew.get("/v1/identities").await.expect(200)["data"], json!([]));
    let refused = whole_way(&product, &query, BEN).await;
    assert_eq!(location(&refused), "/dashboard/sso?error=sso_no_account");
    let log = admin.get("/v1/audit_log?action=sso.unlink").await.expect(200);
    assert_eq!(log["data"][0]["detail"]["address"], "127.0.0.1", "{}", log.text);
}
