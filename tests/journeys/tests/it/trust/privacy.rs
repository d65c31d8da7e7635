//! A copy of what there is of somebody, their erasure with its receipt, the erasure again after a restore, and what
//! goes by itself when it was kept long enough.

use std::collections::BTreeMap;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use phony_app::operator::OperatorAct;
use phony_journeys::{Product, Tenant, eventually};
use serde_json::{Value, json};

use super::worker_db;

/// Whom the simulated carrier lets ring.
pub(super) const CALLER: &str = "+14155550199";
/// What nobody else says.
pub(super) const MARK: &str = "Erasemarkerowitz";

/// A company that knows the caller and has talked with them, recorded; the call's carrier id.
pub(super) async fn company_with_talk(product: &Product) -> (Tenant, String) {
    let acme = product.tenant("acme").await;
    let number = product.buy_number(&acme).await;
    let path = format!("/v1/numbers/{}", number["id"].as_str().unwrap());
    let recording = json!({ "recording": { "mode": "always", "consent": "off" } });
    let _ = acme.admin.patch(&path, &recording).await.expect(200);
    let contact = json!({ "e164": CALLER, "name": MARK, "attributes": { "note": MARK } });
    let _ = acme.admin.post("/v1/contacts", &contact).await.expect(201);
    let consent = json!({ "e164": CALLER, "kind": "ai_voice", "source": MARK, "evidence": { "said": MARK } });
    let _ = acme.admin.post("/v1/consents", &consent).await.expect(201);
    let refusal = json!({ "e164": CALLER, "reason": MARK });
    let _ = acme.admin.post("/v1/do_not_call", &refusal).await.expect(201);
    let caller = product.ring(number["e164"].as_str().unwrap(), &json!([])).await;
    caller.hears("help").await;
    caller.say(&format!("I am {MARK}")).await;
    let call = format!("/v1/calls/{}", caller.call_sid);
    eventually("the words are stored", async || {
        let items = acme.admin.get(&format!("{call}/items")).await;
        items.text.contains(MARK).then_some(())
    })
    .await;
    caller.hang_up().await;
    eventually("the call is settled and its recording is there", async || {
        let recordings = acme.admin.get(&format!("{call}/recordings")).await;
        let ready = recordings["data"][0]["status"] == "ready";
        (ready && acme.admin.get(&call).await["settled"] == true).then_some(())
    })
    .await;
    (acme, caller.call_sid)
}

pub(super) async fn wait_for(tenant: &Tenant, path: &str, status: &str) -> Value {
    eventually(&format!("{path} is {status}"), async || {
        let answer = tenant.admin.get(path).await.expect(200);
        assert_ne!(answer["status"], "failed", "{}", answer.text);
        (answer["status"] == status).then_some(answer.json)
    })
    .await
}

/// The file of a copy, as it was told of.
pub(super) async fn fetch(product: &Product, tenant: &Tenant, path: &str, ready: &Value) -> Vec<u8> {
    let archive = reqwest::Client::builder()
        .timeout(std::time::Duration::from_secs(60))
        .build()
        .unwrap()
        .get(format!("{}{path}/download", product.url))
        .bearer_auth(tenant.admin.token().unwrap())
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    assert_eq!(archive.len() as i64, ready["size_bytes"].as_i64().unwrap());
    assert_eq!(
        hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&archive)),
        ready["sha256"]
    );
    archive.into()
}

/// The files in an archive, by their names.
pub(super) fn files(archive: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let (mut files, mut at) = (BTreeMap::new(), 0);
    while let Some(header) = archive.get(at..at + 512).filter(|header| header[0] != 0) {
        let text = |range: std::ops::Range<usize>| {
            String::from_utf8_lossy(&header[range])
                .trim_end_matches(['\0', ' '])
                .to_owned()
        };
        let size = usize::from_str_radix(&text(124..136), 8).unwrap();
        files.insert(text(0..100), archive[at + 512..at + 512 + size].to_vec());
        at += 512 + size.div_ceil(512) * 512;
    }
    files
}

/// Checks a receipt as a stranger would, and returns what it says.
fn receipt(erasure: &Value) -> Value {
    let receipt = &erasure["receipt"];
    let bytes = |name: &str| BASE64.decode(receipt[name].as_str().unwrap()).unwrap();
    let text = receipt["text"].as_str().unwrap();
    let key = UnparsedPublicKey::new(&ED25519, bytes("public_key"));
    let signed = format!("erasure receipt 1\n{text}");
    key.verify(signed.as_bytes(), &bytes("signature")).unwrap();
    assert!(
        key.verify(format!("{signed} ").as_bytes(), &bytes("signature"))
            .is_err()
    );
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn somebody_is_copied_erased_with_a_receipt_and_erased_again_after_a_restore() {
    let product = Product::start().await;
    let (acme, sid) = company_with_talk(&product).await;
    let call = format!("/v1/calls/{sid}");
    let usage = acme.admin.get(&format!("{call}/usage")).await.expect(200).text;
    assert!(!product.tables_with(MARK).await.is_empty());

    let body = json!({ "subject": "contact", "e164": CALLER });
    let copy = acme.admin.post("/v1/privacy/exports", &body).await.expect(202);
    let path = format!("/v1/privacy/exports/{}", copy["id"].as_str().unwrap());
    let ready = wait_for(&acme, &path, "ready").await;
    let archive = fetch(&product, &acme, &path, &ready).await;
    let files = files(&archive);
    for part in ["README.txt", "contact.json", "calls/call_", "recordings/rec_"] {
        assert!(
            files.keys().any(|name| name.starts_with(part)),
            "{part} is not among {:?}",
            files.keys()
        );
    }
    assert!(archive.windows(MARK.len()).any(|piece| piece == MARK.as_bytes()));
    let known: Value = serde_json::from_slice(&files["contact.json"]).unwrap();
    assert_eq!(
        (
            &known["contact"]["name"],
            &known["consents"][0]["evidence"]["said"],
            &known["do_not_call"][0]["reason"]
        ),
        (&json!(MARK), &json!(MARK), &json!(MARK))
    );

    let erasure = acme.admin.post("/v1/privacy/erasures", &body).await.expect(202);
    assert_eq!(erasure["receipt"], Value::Null);
    let path_of_erasure = format!("/v1/privacy/erasures/{}", erasure["id"].as_str().unwrap());
    let done = wait_for(&acme, &path_of_erasure, "done").await;
    let said = receipt(&done);
    assert_eq!(
        (&said["erased"]["calls"], &said["erased"]["contacts"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        (&said["erased"]["recordings"], &said["tenant_id"]),
        (&json!(1), &json!(acme.id))
    );
    assert_eq!(done["e164"], Value::Null);
    let after = acme.admin.get(&call).await.expect(200);
    assert_eq!(after["from"], said["stand_in"]);
    assert!(after["from"].as_str().unwrap().starts_with("erased:"));
    let items = acme.admin.get(&format!("{call}/items")).await.expect(200);
    assert_eq!(items["data"], json!([]));
    let found = acme.admin.get("/v1/calls?contains=4155550199").await.expect(200);
    assert_eq!(found["data"], json!([]), "a search for the number");
    let recording = acme.admin.get(&format!("{call}/recordings")).await.expect(200);
    assert_eq!(recording["data"][0]["status"], "deleted");
    assert_eq!(
        acme.admin.get("/v1/contacts").await.expect(200)["data"],
        json!([])
    );
    assert_eq!(
        acme.admin.get(&format!("{call}/usage")).await.expect(200).text,
        usage,
        "the bill stays"
    );
    let gone = acme.admin.get(&format!("{path}/download")).await;
    gone.expect_problem(404, "export_expired");
    for text in [MARK, CALLER] {
        assert_eq!(product.tables_with(text).await, Vec::<String>::new(), "{text}");
    }

    let refused = acme.admin.get("/v1/do_not_call").await.expect(200);
    assert_eq!(
        (
            &refused["data"][0]["masked"],
            refused["data"].as_array().unwrap().len()
        ),
        (&json!("erased"), 1),
        "they are not rung later either"
    );
    let agreed = acme.admin.get("/v1/consents").await.expect(200);
    assert!(agreed["data"][0]["revoked_at"].is_string(), "{}", agreed.text);

    // A backup from before brings them back; the list of erasures is not in the database.
    let mut admin = product.admin_connection().await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "INSERT INTO phony.contacts (tenant_id, id, e164, name, created_at, updated_at)
           SELECT tenant_id, gen_random_uuid(), '{CALLER}', '{MARK}', now(), now() FROM phony.calls;
         UPDATE phony.calls SET from_text = '{CALLER}', erased_at = NULL;
         INSERT INTO phony.call_events (tenant_id, call_id, seq, at, kind, body)
           SELECT tenant_id, id, 1, now(), 'speech.final', '{{\"text\": \"{MARK}\"}}' FROM phony.calls;
         DELETE FROM phony.privacy_erasures"
    )))
    .execute(&mut admin)
    .await
    .unwrap();
    let act = OperatorAct::new("maria", "restored from the backup of the night").unwrap();
    let privacy = product.app.privacy.on(worker_db(&product));
    let replayed = privacy.replay(&act).await.unwrap();
    assert_eq!((replayed.listed, replayed.contacts, replayed.calls), (1, 1, 1));
    assert_eq!(privacy.replay(&act).await.unwrap().contacts, 0, "it is done once");
    for text in [MARK, CALLER] {
        assert_eq!(product.tables_with(text).await, Vec::<String>::new(), "{text}");
    }
    let log = acme
        .admin
        .get("/v1/audit_log?action=privacy.replay")
        .await
        .expect(200);
    assert_eq!(log["data"][0]["actor"], "operator:maria");
}

#[tokio::test]
async fn what_was_kept_long_enough_goes_by_itself() {
    let product = Product::start().await;
    let (acme, sid) = company_with_talk(&product).await;
    let kept = acme.admin.get("/v1/tenant").await.expect(200);
    let days = (
        &kept["transcript_days"],
        &kept["recording_days"],
        &kept["audit_days"],
    );
    assert_eq!(days, (&json!(90), &json!(90), &json!(365)));
    for (field, days) in [
        ("transcript_days", 0),
        ("transcript_days", 3_651),
        ("audit_days", 89),
    ] {
        let answer = acme.admin.patch("/v1/tenant", &json!({ field: days })).await;
        answer.expect_problem(422, "validation_failed");
    }
    let change = json!({ "transcript_days": 30, "recording_days": 200 });
    let changed = acme.admin.patch("/v1/tenant", &change).await.expect(200);
    assert_eq!(changed["transcript_days"], 30);
    let privacy = product.app.privacy.on(worker_db(&product));
    let tenant = acme.id.parse().unwrap();
    let age = async |days: i32| {
        let sql = "UPDATE phony.calls SET started_at = now() - make_interval(days => $1),
                     answered_at = now() - make_interval(days => $1), ended_at = now() - make_interval(days => $1)";
        sqlx::query(sql)
            .bind(days)
            .execute(&mut product.admin_connection().await)
            .await
            .unwrap();
    };
    age(29).await;
    assert_eq!(privacy.remove_expired(tenant).await.unwrap(), 0);
    age(31).await;
    // The server's own worker may be first; what counts is what is gone.
    let _ = privacy.remove_expired(tenant).await.unwrap();
    assert_eq!(privacy.remove_expired(tenant).await.unwrap(), 0);
    let call = format!("/v1/calls/{sid}");
    assert_eq!(
        acme.admin.get(&format!("{call}/items")).await.expect(200)["data"],
        json!([])
    );
    let after = acme.admin.get(&call).await.expect(200);
    assert_eq!(after["from"], CALLER, "the call stays, without its words");
    let recordings = acme.admin.get(&format!("{call}/recordings")).await.expect(200);
    assert_eq!(
        recordings["data"][0]["status"], "ready",
        "recordings have their own time"
    );
    // Answers for repeats of requests are good for a day, also those of a company that asks for nothing more.
    let answers = async || -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM phony.idempotency_keys")
            .fetch_one(&mut product.admin_connection().await)
            .await
            .unwrap()
    };
    let db = worker_db(&product);
    let purge = async || {
        let mut tx = db.tenant(tenant).await.unwrap();
        let gone = phony_db::retention::purge(&mut tx, 1_000).await.unwrap();
        tx.commit().await.unwrap();
        gone
    };
    let kept = answers().await;
    assert!(kept > 0);
    let _ = purge().await;
    assert_eq!(answers().await, kept);
    product
        .sql("UPDATE phony.idempotency_keys SET created_at = now() - interval '26 hours'")
        .await;
    let _ = purge().await;
    assert_eq!(answers().await, 0);
    let log = acme
        .admin
        .get("/v1/audit_log?action=tenant.retention")
        .await
        .expect(200);
    assert_eq!(log["data"][0]["detail"]["transcript_days"], 30);
}
