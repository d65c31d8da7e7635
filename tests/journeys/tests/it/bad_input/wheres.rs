//! Ids, cursors, limits and periods that lead nowhere.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Bench, faults};

#[tokio::test]
async fn an_id_that_is_none_is_not_found() {
    let bench = Bench::new().await;
    let uuid = Uuid::now_v7().simple().to_string();
    let number = bench.world.number["id"].as_str().unwrap();
    let bare = number.split_once('_').unwrap().1;
    let nul = format!("{number}%00");
    let long = "x".repeat(5_000);
    let spaced = format!("{number}%20");
    let wrong = format!("ten_{bare}");
    let upper = number.to_uppercase();
    let dashed = Uuid::parse_str(bare).unwrap().to_string();
    let sql = "'%20OR%201=1--";
    let ids = [
        uuid.as_str(),
        bare,
        &nul,
        &long,
        &spaced,
        &wrong,
        &upper,
        &dashed,
        sql,
        "num_",
        "_",
        "%F0%9F%93%9E",
        "-1",
        "num_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
        "%2e%2e%2f",
        "CA",
        "CA%00",
        "%ff",
    ];
    let before = bench.product().rows().await;
    for operation in bench
        .document
        .operations
        .iter()
        .filter(|operation| operation.has_id())
    {
        let case = bench.world.case(&operation.id).await.unwrap();
        let (foreign_prefix, _) = case.id.split_once('_').unwrap_or_default();
        let other = if foreign_prefix == "key" {
            format!("num_{uuid}")
        } else {
            format!("key_{uuid}")
        };
        for id in ids.iter().copied().chain([other.as_str()]) {
            let path = operation.path.replace("{id}", id);
            let body = case.body.as_ref().map(Value::to_string);
            let answer = bench.admin().send(&operation.method, &path, &[], body).await;
            bench.document.check(operation, &answer);
            assert_eq!(
                answer.status, 404,
                "{} {path:.120}: {}",
                operation.method, answer.text
            );
            let _ = answer.expect_problem(404, "not_found");
        }
    }
    let after = bench.product().rows().await;
    assert_eq!(
        after.count("phony.phone_numbers"),
        before.count("phony.phone_numbers") + 1,
        "made for the walk"
    );
    let _ = bench
        .admin()
        .get(&format!("/v1/numbers/{number}"))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_foreign_id_in_a_body_is_as_good_as_an_unknown_one() {
    let bench = Bench::new().await;
    let globex = bench.product().tenant("globex").await;
    bench.product().upgrade(&globex).await;
    bench.product().app.clock.advance(chrono::TimeDelta::seconds(6));
    let number = bench.product().buy_number(&globex).await;
    let path = format!("/v1/numbers/{}", number["id"].as_str().unwrap());
    let list = bench.admin().get("/v1/personalities").await.expect(200);
    let foreign = list["data"][0]["id"].as_str().unwrap().to_owned();
    let unknown = format!("per_{}", Uuid::now_v7().simple());
    let prefix = foreign.split_once('_').unwrap().0;
    let unknown = unknown.replacen("per", prefix, 1);
    let wrong = format!("num_{}", Uuid::now_v7().simple());
    let before = bench.product().rows().await;
    let mut told = Vec::new();
    for id in [foreign.as_str(), unknown.as_str()] {
        let mut answers = vec![globex.admin.patch(&path, &json!({ "personality_id": id })).await];
        let body = json!({ "country": "US", "area_code": "415", "personality_id": id });
        answers.push(globex.admin.post("/v1/numbers", &body).await);
        let mut seen = Vec::new();
        for answer in answers {
            assert_eq!(answer.status, 422, "{}", answer.text);
            assert_eq!(faults(&answer)[0].0, "personality_id", "{}", answer.text);
            let mut problem = answer.json.clone();
            problem["request_id"] = Value::Null;
            seen.push(problem);
        }
        told.push(seen);
    }
    assert_eq!(
        told[0], told[1],
        "a foreign personality is told from an unknown one"
    );
    for id in [wrong.as_str(), "", "nonsense", "\u{0}"] {
        let answer = globex.admin.patch(&path, &json!({ "personality_id": id })).await;
        let answer = answer.expect_problem(422, "validation_failed");
        assert_eq!(faults(&answer)[0].0, "personality_id", "{}", answer.text);
    }
    let after = bench.product().rows().await;
    let changed = after.changed_since(&before);
    assert!(
        !changed.contains(&"phony.phone_numbers") && !changed.contains(&"phony.usage_events"),
        "{changed:?}"
    );
    // A sign-in names a company of one's own or none.
    let body = json!({ "email": globex.email, "password": phony_journeys::PASSWORD, "tenant_id": bench.world.acme.id });
    let _ = bench
        .product()
        .anonymous()
        .post("/v1/auth/login", &body)
        .await
        .expect_problem(401, "wrong_credentials");
}

#[tokio::test]
async fn a_page_that_no_list_gave_out_is_refused() {
    let bench = Bench::new().await;
    let items = format!("/v1/calls/{}/items", bench.world.call);
    let events = format!("/v1/calls/{}/events", bench.world.call);
    let lists = [
        "/v1/calls",
        "/v1/numbers",
        "/v1/personalities",
        "/v1/api_keys",
        "/v1/exports",
        &items,
        &events,
    ];
    let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    for list in lists {
        for cursor in [
            "nonsense",
            "aGVsbG8",
            "%00",
            "%F0%9F%93%9E",
            "",
            "bnVsbA",
            &"x".repeat(600),
            "==",
        ] {
            let answer = bench.admin().get(&format!("{list}?cursor={cursor}")).await;
            let answer = answer.expect_problem(422, "bad_cursor");
            assert_eq!(
                faults(&answer)
                    .first()
                    .map_or("cursor", |(param, _)| param.as_str()),
                "cursor"
            );
        }
        let crafted = [
            json!(["9999-12-31T23:59:59Z", Uuid::nil()]),
            json!([-1, "x"]),
            json!({ "a": 1 }),
            json!([]),
            json!("\u{0}"),
            json!(["a\u{0}b", Uuid::nil()]),
            json!(i64::MAX),
            json!(u64::MAX),
            json!(["+262142-12-31T23:59:59Z", Uuid::nil()]),
            json!([Uuid::max(), Uuid::max()]),
            json!(-1),
            json!(1e300),
            json!(Uuid::max()),
        ];
        for key in crafted {
            let answer = bench
                .admin()
                .get(&format!("{list}?cursor={}", encode(key.clone())))
                .await;
            assert!(
                [200, 422].contains(&answer.status),
                "{list} {key}: {}",
                answer.text
            );
        }
        for limit in ["0", "101", "-1", "abc", "1e3", "99999999999", "", "1.5", "%00"] {
            let answer = bench.admin().get(&format!("{list}?limit={limit}")).await;
            let answer = answer.expect_problem(422, "validation_failed");
            assert_eq!(faults(&answer)[0].0, "limit", "{list} {limit}: {}", answer.text);
        }
        let answer = bench
            .admin()
            .get(&format!("{list}?surprise=1"))
            .await
            .expect_problem(422, "validation_failed");
        assert_eq!(faults(&answer)[0].0, "surprise", "{list}: {}", answer.text);
        let answer = bench.admin().get(&format!("{list}?limit=1&limit=2")).await;
        let _ = answer.expect_problem(422, "validation_failed");
        let _ = bench.admin().get(&format!("{list}?limit=1")).await.expect(200);
        let _ = bench.admin().get(&format!("{list}?limit=100")).await.expect(200);
    }
}

#[tokio::test]
async fn a_question_that_makes_no_sense_names_its_field() {
    let bench = Bench::new().await;
    let questions = [
        ("/v1/calls?status=dancing", "status"),
        ("/v1/calls?direction=up", "direction"),
        ("/v1/calls?number_id=num_1", "number_id"),
        ("/v1/calls?personality_id=x", "personality_id"),
        ("/v1/calls?created_at[gte]=yesterday", "created_at[gte]"),
        ("/v1/usage?from=yesterday", "from"),
        ("/v1/usage?from=2026-02-30T00:00:00Z", "from"),
        (
            "/v1/usage?from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z",
            "to",
        ),
        (
            "/v1/usage?from=2020-01-01T00:00:00Z&to=2026-11-01T00:00:00Z",
            "to",
        ),
        ("/v1/usage?group_by=moon", "group_by"),
        ("/v1/prices?at=soon", "at"),
        ("/v1/numbers/available", "country"),
        ("/v1/numbers/available?country=Atlantis", "country"),
        ("/v1/numbers/available?country=US&area_code=1", "area_code"),
        ("/v1/numbers/available?country=US&contains=%24", "contains"),
        ("/v1/numbers/available?country=US&type=satellite", "type"),
    ];
    for (path, field) in questions {
        let answer = bench
            .admin()
            .get(path)
            .await
            .expect_problem(422, "validation_failed");
        assert_eq!(faults(&answer)[0].0, field, "{path}: {}", answer.text);
    }
    for at in [
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "1969-12-31T23:59:60Z",
        "2026-01-01T00:00:00%2B23:59",
    ] {
        for path in [
            format!("/v1/prices?at={at}"),
            format!("/v1/usage?from={at}"),
            format!("/v1/usage?from={at}&to={at}"),
            format!("/v1/calls?created_at[gte]={at}&created_at[lt]={at}"),
        ] {
            let answer = bench.admin().get(&path).await;
            assert!(answer.status < 500, "{path}: {}", answer.text);
        }
        let body = json!({ "dataset": "usage", "format": "csv", "from": at.replace("%2B", "+"), "to": "9999-12-31T23:59:59Z" });
        let answer = bench.admin().post("/v1/exports", &body).await;
        assert!(answer.status < 500, "{body}: {}", answer.text);
    }
}
