//! Contacts, and numbers that are for some of them only.

use phony_journeys::{Product, Tenant, eventually};
use serde_json::{Value, json};

async fn set(tenant: &Tenant, number: &Value, body: &Value) {
    let path = format!("/v1/numbers/{}", number["id"].as_str().unwrap());
    let _ = tenant.admin.patch(&path, body).await.expect(200);
}

#[tokio::test]
async fn callers_hear_why_a_line_is_not_for_them() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let number = product.buy_number(&acme).await;
    let e164 = number["e164"].as_str().unwrap();
    let call = async |sid: &str| acme.admin.get(&format!("/v1/calls/{sid}")).await.expect(200).json;
    set(&acme, &number, &json!({ "caller_policy": "known_contacts" })).await;
    let caller = product.ring(e164, &json!([])).await;
    caller
        .hears("I do not know the number you are calling from")
        .await;
    caller.is_over().await;
    let refused = call(&caller.call_sid).await;
    assert_eq!(
        (
            &refused["ended_reason"],
            &refused["ended_by"],
            &refused["contact_id"]
        ),
        (&json!("verification_failed"), &json!("platform"), &Value::Null)
    );

    let ada = json!({ "e164": "(+1) 415 555-0199", "name": "Ada" });
    let ada = acme.admin.post("/v1/contacts", &ada).await.expect(201).json;
    let caller = product.ring(e164, &json!([])).await;
    caller.hears("help").await;
    assert_eq!(call(&caller.call_sid).await["contact_id"], ada["id"]);
    caller.hang_up().await;

    let words = json!({ "caller_policy": "premium_contacts", "not_premium_message": "This desk is for gold customers." });
    set(&acme, &number, &words).await;
    let caller = product.ring(e164, &json!([])).await;
    caller.hears("This desk is for gold customers.").await;
    caller.is_over().await;
    let refused = call(&caller.call_sid).await;
    assert_eq!(
        (&refused["ended_reason"], &refused["contact_id"]),
        (&json!("verification_failed"), &ada["id"])
    );
    let path = format!("/v1/contacts/{}", ada["id"].as_str().unwrap());
    let _ = acme
        .admin
        .patch(&path, &json!({ "plan": "premium" }))
        .await
        .expect(200);
    let caller = product.ring(e164, &json!([])).await;
    caller.hears("help").await;
    caller.hang_up().await;
    eventually("its call is over", async || {
        (call(&caller.call_sid).await["status"] == "ended").then_some(())
    })
    .await;
    let _ = acme.admin.delete(&path).await.expect(204);
    assert_eq!(
        call(&caller.call_sid).await["contact_id"],
        Value::Null,
        "the call stays without it"
    );
}

#[tokio::test]
async fn contacts_are_kept_found_imported_and_verified() {
    let product = Product::start().await;
    let acme = product.tenant("acme").await;
    let csv = "Phone,Name,Plan,Verified,City\n\
               (415) 555-0161,Ada Ortiz,premium,yes,Oslo\n\
               +91 98765 43210,Ravi Shah,standard,no,Pune\n\
               nobody,Bob,,,\n\
               415-555-0161,Ada again,,,\n\
               +14155550162,Cyd,gold,,\n";
    let import = json!({ "csv": csv, "country": "US" });
    let report = acme.admin.post("/v1/contacts/import", &import).await.expect(200);
    assert_eq!(
        (&report["accepted"], &report["updated"], &report["refused"]),
        (&json!(2), &json!(0), &json!(3))
    );
    let told: Vec<(u64, &str)> = report["refusals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["line"].as_u64().unwrap(), line["code"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [(4, "not_a_number"), (5, "duplicate"), (6, "unknown_plan")]);
    let more = json!({ "csv": "phone_number,city\n+14155550161,Bergen\n", "country": "US" });
    let report = acme.admin.post("/v1/contacts/import", &more).await.expect(200);
    assert_eq!((&report["accepted"], &report["updated"]), (&json!(0), &json!(1)));
    let keep = json!({ "csv": "phone_number\n+14155550161\n+14155550163\n", "on_known": "keep" });
    let report = acme.admin.post("/v1/contacts/import", &keep).await.expect(200);
    assert_eq!(
        (&report["accepted"], &report["refusals"][0]["code"]),
        (&json!(1), &json!("known"))
    );

    let verify = async |phone_number: &str| {
        let body = json!({ "phone_number": phone_number, "country": "US" });
        acme.admin
            .post("/v1/contacts/verify", &body)
            .await
            .expect(200)
            .json
    };
    let ada = verify("1-415-555-0161").await;
    assert_eq!((&ada["known"], &ada["premium"]), (&json!(true), &json!(true)));
    assert_eq!(ada["contact"]["attributes"]["City"], "Oslo");
    assert_eq!(ada["contact"]["attributes"]["city"], "Bergen");
    assert_eq!(ada["contact"]["name"], "Ada Ortiz", "an empty field says nothing");
    let nobody = verify("+14155550199").await;
    assert_eq!(
        (&nobody["known"], &nobody["contact"]),
        (&json!(false), &Value::Null)
    );
    // The same under the address that older scripts know.
    let older = json!({ "phone_number": "(415) 555-0161" });
    let older = acme.admin.post("/phone/test-verification", &older).await;
    let _ = older.expect_problem(422, "validation_failed");
    let older = json!({ "phone_number": "+14155550161" });
    let (alias, now) = (
        acme.admin
            .post("/phone/test-verification", &older)
            .await
            .expect(200),
        acme.admin.post("/v1/contacts/verify", &older).await.expect(200),
    );
    assert_eq!(alias.json, now.json);
    let stranger = product.anonymous().post("/phone/test-verification", &older).await;
    let _ = stranger.expect_problem(401, "unauthenticated");

    let found = async |query: &str| {
        let list = acme
            .admin
            .get(&format!("/v1/contacts?{query}"))
            .await
            .expect(200)
            .json;
        let names = list["data"].as_array().unwrap().iter();
        names
            .map(|contact| contact["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(found("search=ortiz").await, ["Ada Ortiz"]);
    assert_eq!(found("search=98765").await, ["Ravi Shah"]);
    assert_eq!(found("plan=premium").await, ["Ada Ortiz"]);
    let page = acme.admin.get("/v1/contacts?limit=2").await.expect(200);
    assert_eq!(
        (&page["has_more"], page["data"].as_array().unwrap().len()),
        (&json!(true), 2)
    );
    let rest = format!("limit=2&cursor={}", page["next_cursor"].as_str().unwrap());
    assert_eq!(found(&rest).await.len(), 1);

    let again = json!({ "e164": "+14155550161" });
    let _ = acme
        .admin
        .post("/v1/contacts", &again)
        .await
        .expect_problem(409, "already_exists");
    let all_wrong =
        json!({ "e164": "x", "name": "y".repeat(121), "attributes": { "note": "z".repeat(501) } });
    let faults = acme
        .admin
        .post("/v1/contacts", &all_wrong)
        .await
        .expect_problem(422, "validation_failed");
    assert_eq!(faults["errors"].as_array().unwrap().len(), 3);
    let viewer = product.member(&acme, phony_kernel::Role::Viewer).await;
    let _ = viewer.get("/v1/contacts").await.expect_problem(403, "forbidden");
    let globex = product.tenant("globex").await;
    assert_eq!(
        globex.admin.get("/v1/contacts").await.expect(200)["data"],
        json!([])
    );
}
