//! A copy of all that a company has here: whole, only its own, and without what would let somebody in.

use phony_db::privacy::tables;
use phony_journeys::{PASSWORD, Product};
use phony_kernel::Role;
use serde_json::{Value, json};

use super::privacy::{CALLER, MARK, company_with_talk, fetch, files, wait_for};

/// How many rows the company has in each table that is copied as it is.
async fn rows_of(product: &Product, tenant: phony_kernel::TenantId) -> Vec<(&'static str, i64)> {
    let mut admin = product.admin_connection().await;
    let mut rows = Vec::new();
    for table in tables::COPIED {
        let sql = format!("SELECT count(*) FROM phony.{} WHERE tenant_id = $1", table.name);
        let count = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(tenant.uuid())
            .fetch_one(&mut admin)
            .await
            .unwrap();
        rows.push((table.name, count));
    }
    assert!(
        rows.iter().filter(|(_, count)| *count > 0).count() > 12,
        "{rows:?}"
    );
    rows
}

#[tokio::test]
async fn a_company_gets_a_copy_of_all_it_has() {
    let product = Product::start().await;
    let (acme, sid) = company_with_talk(&product).await;
    let _viewer = product.member(&acme, Role::Viewer).await;
    let key = json!({ "name": "crm", "scopes": ["calls:read"] });
    let key = acme.admin.post("/v1/api_keys", &key).await.expect(201);
    let key = key["key"].as_str().unwrap();
    let own = json!({ "api_key": "sk-canary-0815", "base_url": format!("{}/v1", product.simulator.url()) });
    let path = "/v1/provider_credentials/openai";
    let _ = acme
        .admin
        .send("PUT", path, &[], Some(own.to_string()))
        .await
        .expect(200);
    let invited = json!({ "email": "invited@elsewhere.example", "role": "viewer" });
    let _ = acme.admin.post("/v1/invitations", &invited).await.expect(201);
    let version = json!({ "name": "Desk", "system_prompt": "Firstversionmarker" });
    let desk = acme.admin.post("/v1/personalities", &version).await.expect(201);
    let version = json!({ "system_prompt": "Secondversionmarker" });
    let path = format!("/v1/personalities/{}", desk["id"].as_str().unwrap());
    let _ = acme.admin.patch(&path, &version).await.expect(200);
    let globex = product.tenant("globex").await;
    let contact = json!({ "e164": "+12125550146", "name": "Neighbourowitz" });
    let _ = globex.admin.post("/v1/contacts", &contact).await.expect(201);
    // More than one file of contacts holds.
    let id: phony_kernel::TenantId = acme.id.parse().unwrap();
    sqlx::query(
        "INSERT INTO phony.contacts (tenant_id, id, e164, name, created_at, updated_at)
         SELECT $1, gen_random_uuid(), '+1415' || (5000000 + n), 'Many', now(), now() FROM generate_series(1, 1000) n",
    )
    .bind(id.uuid())
    .execute(&mut product.admin_connection().await)
    .await
    .unwrap();

    let before = rows_of(&product, id).await;
    let body = json!({ "subject": "tenant" });
    let copy = acme.admin.post("/v1/privacy/exports", &body).await.expect(202);
    let path = format!("/v1/privacy/exports/{}", copy["id"].as_str().unwrap());
    let ready = wait_for(&acme, &path, "ready").await;
    assert_eq!(ready["subject"], "tenant");
    let archive = fetch(&product, &acme, &path, &ready).await;
    let files = files(&archive);
    assert_eq!(files.len() as i64, ready["file_count"].as_i64().unwrap());
    let read = |name: &str| -> Value { serde_json::from_slice(&files[name]).unwrap() };
    let company = read("company.json");
    assert_eq!(company["company"]["name"], "acme");
    let count = |of: &str| company[of].as_array().unwrap().len();
    assert_eq!(
        (count("people"), count("numbers"), count("api_keys")),
        (2, 1, 1),
        "{company:#}"
    );
    assert!(count("personalities") > 0, "{company:#}");
    let contacts: Vec<Value> = ["contacts/00001.json", "contacts/00002.json"]
        .into_iter()
        .flat_map(|name| read(name).as_array().unwrap().clone())
        .collect();
    assert_eq!(contacts.len(), 1_001);
    assert!(
        contacts
            .iter()
            .any(|contact| contact["e164"] == CALLER && contact["name"] == MARK)
    );
    let call = acme.admin.get(&format!("/v1/calls/{sid}")).await.expect(200);
    let call = read(&format!("calls/{}.json", call["id"].as_str().unwrap()));
    assert!(call["items"].to_string().contains(MARK), "{call:#}");
    let sound: Vec<&Vec<u8>> = files
        .iter()
        .filter(|(name, _)| name.starts_with("recordings/rec_"))
        .map(|(_, bytes)| bytes)
        .collect();
    assert!(
        sound.len() == 1 && sound[0].starts_with(b"RIFF"),
        "one recording, to be played"
    );
    let log = String::from_utf8(files["audit_log/00001.jsonl"].clone()).unwrap();
    for (seq, line) in log.lines().enumerate() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["seq"].as_u64().unwrap(), seq as u64, "{line}");
    }
    assert!(log.contains("tenant.export") && log.contains("provider_credential.write"));

    for (table, rows) in before {
        let prefix = format!("tables/{table}/");
        let parts = files.iter().filter(|(name, _)| name.starts_with(&prefix));
        let lines: usize = parts
            .map(|(_, bytes)| String::from_utf8_lossy(bytes).lines().count())
            .sum();
        assert!(lines as i64 >= rows, "{table}: {lines} of {rows} rows");
    }

    let text = String::from_utf8_lossy(&archive);
    for word in [
        "invited@elsewhere.example",
        "Firstversionmarker",
        "Secondversionmarker",
    ] {
        assert!(text.contains(word), "{word} is missing");
    }
    for stranger in ["Neighbourowitz", "globex", globex.id.as_str()] {
        assert!(!text.contains(stranger), "{stranger} is a neighbour's");
    }
    for secret in [
        PASSWORD,
        "$argon2",
        "sk-canary",
        key,
        &key[12..],
        "hash_hex",
        "_hash\"",
        "e164_hmac",
        "_sealed",
        "_enc\"",
    ] {
        assert!(!text.contains(secret), "{secret} is in the copy");
    }
    globex.admin.get(&path).await.expect_problem(404, "not_found");
    globex
        .admin
        .get(&format!("{path}/download"))
        .await
        .expect_problem(404, "not_found");
    // A contact that is erased is in no copy any more.
    let erase = json!({ "subject": "contact", "e164": CALLER });
    let erasure = acme.admin.post("/v1/privacy/erasures", &erase).await.expect(202);
    let _ = wait_for(
        &acme,
        &format!("/v1/privacy/erasures/{}", erasure["id"].as_str().unwrap()),
        "done",
    )
    .await;
    acme.admin
        .get(&format!("{path}/download"))
        .await
        .expect_problem(404, "export_expired");
}
