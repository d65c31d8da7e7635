//! Bodies that are no JSON, or JSON of another shape than documented.

use serde_json::{Value, json};

use super::{Bench, faults};
use crate::surface::{Operation, only_calls_went_on};

fn field_is_named(answer: &phony_journeys::Answer, operation: &Operation, field: &str, codes: &[&str]) {
    let faults = faults(answer);
    let named = faults
        .iter()
        .any(|(param, code)| param == field && codes.contains(&code.as_str()));
    assert!(
        named,
        "{}: {field} {codes:?} in {faults:?}: {}",
        operation.id, answer.text
    );
}

/// The properties of an object schema, with whether they are required.
fn properties<'a>(bench: &'a Bench, operation: &'a Operation) -> Vec<(&'a str, &'a Value, bool)> {
    let mut schema = operation.body.as_ref().expect("a schema");
    if let Some(name) = schema["$ref"].as_str() {
        schema = bench
            .document
            .json
            .pointer(name.trim_start_matches('#'))
            .expect("a schema");
    }
    let required = |name: &str| {
        schema["required"]
            .as_array()
            .is_some_and(|names| names.iter().any(|n| n == name))
    };
    let all = schema["properties"].as_object().expect("an object");
    all.iter()
        .map(|(name, schema)| (name.as_str(), schema, required(name)))
        .collect()
}

/// Names of the fields that the operation's answer has: its object as it is shown.
fn shown<'a>(bench: &'a Bench, operation: &Operation) -> Vec<&'a str> {
    let answer = &bench.document.json["paths"][&operation.path][operation.method.to_lowercase()]["responses"]
        [operation.success.to_string()]["content"]["application/json"]["schema"];
    let object = match answer["$ref"].as_str() {
        Some(name) => bench.document.json.pointer(name.trim_start_matches('#')),
        None => Some(answer),
    };
    let fields = object.and_then(|object| object["properties"].as_object());
    fields
        .into_iter()
        .flatten()
        .map(|(name, _)| name.as_str())
        .collect()
}

#[tokio::test]
async fn what_is_no_json_is_refused() {
    let bench = Bench::new().await;
    let operations = bench.with_bodies().await;
    let before = bench.product().rows().await;
    for (operation, case) in &operations {
        let valid = case.body.as_ref().unwrap().to_string();
        let broken = [
            String::new(),
            "{".to_owned(),
            valid[..valid.len() - 1].to_owned(),
            format!("{valid}{valid}"),
            format!("{valid},"),
            valid.replace('"', "'"),
            format!("// hello\n{valid}"),
            format!("\u{feff}{valid}"),
            "{\"a\":NaN}".to_owned(),
            "{\"\\ud800\":1}".to_owned(),
            "{\"a\":\"\u{0}\"}".to_owned(),
        ];
        for text in broken {
            let answer = bench.send_text(operation, case, &text).await;
            assert!(
                [400, 422].contains(&answer.status),
                "{} {text:.80}: {}",
                operation.id,
                answer.text
            );
            if answer.status == 400 {
                let _ = answer.expect_problem(400, "malformed_json");
            }
        }
        for text in [
            "[".repeat(40),
            format!("{{\"a\":{}{}}}", "[".repeat(33), "]".repeat(33)),
            "{\"a\":".repeat(200_000),
        ] {
            if text.len() < 1024 * 1024 {
                let _ = bench
                    .send_text(operation, case, &text)
                    .await
                    .expect_problem(400, "json_too_deep");
            }
        }
        for text in ["[]", "[{}]", "null", "7", "\"text\"", "true"] {
            let answer = bench
                .send_text(operation, case, text)
                .await
                .expect_problem(422, "validation_failed");
            field_is_named(&answer, operation, "body", &["wrong_type"]);
        }
        let large = format!("{{\"a\":\"{}\"}}", "x".repeat(2 * 1024 * 1024));
        let _ = bench
            .send_text(operation, case, &large)
            .await
            .expect_problem(413, "body_too_large");
        for media_type in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/jsonp",
            "",
        ] {
            let mut case = case.clone();
            case.headers.push(("content-type", media_type.to_owned()));
            let answer = bench.send_text(operation, &case, &valid).await;
            let _ = answer.expect_problem(415, "unsupported_media_type");
        }
    }
    only_calls_went_on("bad bodies", &before, &bench.product().rows().await);
}

#[tokio::test]
async fn mass_assignment_and_other_shapes_are_refused_by_the_name_of_the_field() {
    let bench = Bench::new().await;
    let operations = bench.with_bodies().await;
    let before = bench.product().rows().await;
    let mut tried = 0;
    for (operation, case) in &operations {
        let valid = case.body.as_ref().unwrap();
        let with = |name: &str, value: Value| {
            let mut body = valid.clone();
            body[name] = value;
            body.to_string()
        };
        let strange = [
            "surprise",
            "tenant_id",
            "id",
            "role",
            "created_at",
            "__proto__",
            "",
        ];
        for name in strange.into_iter().chain(shown(&bench, operation)) {
            if properties(&bench, operation)
                .iter()
                .any(|(known, ..)| *known == name)
            {
                continue;
            }
            let answer = bench.send_text(operation, case, &with(name, json!("x"))).await;
            let answer = answer.expect_problem(422, "validation_failed");
            field_is_named(&answer, operation, name, &["unknown_field"]);
            tried += 1;
        }
        for (name, schema, required) in properties(&bench, operation) {
            for wrong in [json!({ "a": [1] }), json!([[1]]), json!(true), json!(-1.5)] {
                if wrong.is_boolean() && schema["type"].to_string().contains("boolean") {
                    continue;
                }
                let answer = bench.send_text(operation, case, &with(name, wrong.clone())).await;
                assert_eq!(
                    answer.status, 422,
                    "{} {name} {wrong}: {}",
                    operation.id, answer.text
                );
                let faults = faults(&answer);
                let (param, code) = &faults[0];
                assert!(
                    param.split(['.', '[']).next() == Some(name),
                    "{} {name}: {faults:?}",
                    operation.id
                );
                assert!(
                    ["wrong_type", "unknown_value", "unknown_field"].contains(&code.as_str()),
                    "{faults:?}"
                );
            }
            if required {
                let mut body = valid.clone();
                body.as_object_mut().unwrap().remove(name);
                let answer = bench.send_text(operation, case, &body.to_string()).await;
                let answer = answer.expect_problem(422, "validation_failed");
                field_is_named(&answer, operation, name, &["required"]);
                let answer = bench.send_text(operation, case, &with(name, Value::Null)).await;
                assert_eq!(answer.status, 422, "{} {name}: null", operation.id);
            }
        }
    }
    assert!(tried > 8 * operations.len(), "only {tried} fields were tried");
    only_calls_went_on("bad bodies", &before, &bench.product().rows().await);
}

#[tokio::test]
async fn every_documented_length_holds() {
    let bench = Bench::new().await;
    let operations = bench.with_bodies().await;
    let too_long = [
        "too_long",
        "too_many",
        "bad_digits",
        "not_an_address",
        "unknown_time_zone",
    ];
    let mut measured = 0;
    for (operation, case) in &operations {
        for (name, schema, _) in properties(&bench, operation) {
            let body = |length: usize| {
                let mut body = case.body.clone().unwrap();
                // Which fields an act takes depends on its type.
                match name {
                    "digits" => body = json!({ "action_id": "a", "type": "dtmf" }),
                    "say" => body = json!({ "action_id": "a", "type": "end" }),
                    "brief" | "to" if operation.id == "act_on_call" => {
                        body =
                            json!({ "action_id": "a", "type": "transfer", "to": "porter", "kind": "warm" });
                    }
                    "answer" => {
                        body = json!({ "action_id": "a", "type": "clarify", "clarification_id": "c" });
                    }
                    "guidance" => {
                        body = json!({ "action_id": "a", "type": "reject", "approval_id": "c" });
                    }
                    "note" if operation.id == "act_on_call" => {
                        body = json!({ "action_id": "a", "type": "handback" });
                    }
                    _ => {}
                }
                body[name] = match name {
                    "digits" => json!("1".repeat(length)),
                    "traits" => json!(vec!["calm"; length]),
                    "number_ids" => (0..length)
                        .map(|_| json!(phony_kernel::NumberId::new().to_string()))
                        .collect(),
                    "domains" => (0..length).map(|n| json!(format!("d{n}.example"))).collect(),
                    "allowed_cidrs" => (0..length).map(|n| json!(format!("10.{n}.0.0/16"))).collect(),
                    "examples" => json!(vec![json!({ "caller": "a", "agent": "b" }); length]),
                    "transfer_targets" => (0..length)
                        .map(|n| json!({ "alias": format!("a{n}"), "e164": "+14155550142" }))
                        .collect(),
                    _ => json!("x".repeat(length)),
                };
                body.to_string()
            };
            let Some(most) = schema["maxLength"].as_u64().or(schema["maxItems"].as_u64()) else {
                continue;
            };
            let most = usize::try_from(most).unwrap();
            let answer = bench.send_text(operation, case, &body(most + 1)).await;
            let answer = answer.expect_problem(422, "validation_failed");
            field_is_named(&answer, operation, name, &too_long);
            // Those may have other faults as well.
            let others = [
                "end",
                "email",
                "password",
                "time_zone",
                "number_ids",
                "issuer",
                "base_url",
                "return_to",
            ];
            if !others.contains(&name) {
                let answer = bench.send_text(operation, case, &body(most)).await;
                let faults = faults(&answer);
                assert!(
                    faults.iter().all(|(param, _)| param != name),
                    "{} {name}: {faults:?}",
                    operation.id
                );
            }
            measured += 1;
        }
    }
    assert!(measured >= 24, "{measured} lengths are documented");
}
