//! Whose an address is.

use std::collections::BTreeSet;

use phony_journeys::{Answer, Product};
use serde_json::{Value, json};

use super::signed_in;

/// What an answer consists of, without what it says of the one who asked.
fn shape(answer: &Answer) -> (u16, BTreeSet<String>, BTreeSet<String>) {
    fn names(value: &Value, at: &str, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => fields
                .iter()
                .for_each(|(name, value)| names(value, &format!("{at}.{name}"), found)),
            other => drop(found.insert(format!("{at}:{}", other.is_null()))),
        }
    }
    let mut found = BTreeSet::new();
    names(&answer.json, "", &mut found);
    let headers = answer.headers.keys().map(ToString::to_string).collect();
    (answer.status, found, headers)
}

#[tokio::test]
async fn a_sign_up_tells_nobody_whether_an_address_is_known_and_its_owner_gets_what_was_made() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let nobody = product.anonymous();
    let sign_up = async |email: &str| {
        let body =
            json!({ "company": "Globex", "name": "B", "email": email, "password": "copper thistle raft 81" });
        nobody.post("/v1/auth/signup", &body).await.expect(201)
    };
    let (known, unknown) = (
        sign_up(&acme.email.to_uppercase()).await,
        sign_up("new@globex.example").await,
    );
    assert_eq!(shape(&known), shape(&unknown));
    let [of_known, of_unknown] = [&known, &unknown].map(|session| signed_in(&product, session));
    let [me_known, me_unknown] = [of_known.get("/v1/me").await, of_unknown.get("/v1/me").await];
    assert_eq!(shape(&me_known), shape(&me_unknown));
    for email in [acme.email.as_str(), "new@globex.example"] {
        let body = json!({ "email": email, "password": "copper thistle raft 81" });
        let entered = nobody.post("/v1/auth/login", &body).await.expect(200);
        assert_eq!(entered["tenant"]["name"], "Globex");
    }
    // The mail goes to whoever has the address, and only they learn it.
    let _ = product
        .letter("new@globex.example", "Confirm your e-mail address")
        .await;
    let token = product.letter(&acme.email, "Is Globex yours, too?").await.token();
    let verified = nobody
        .post("/v1/auth/verify_email", &json!({ "token": token }))
        .await
        .expect(200);
    assert_eq!(verified.text, r#"{"outcome":"joined","company":"Globex"}"#);
    let over = of_known.get("/v1/me").await;
    let _ = over.expect_problem(401, "unauthenticated");
    let me = acme.admin.get("/v1/me").await.expect(200);
    let companies: Vec<_> = me["memberships"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tenant| &tenant["name"])
        .collect();
    assert!(companies.contains(&&json!("Globex")), "{}", me.text);
}
