//! What the types of a request do not say by themselves: how its texts are written, how many entries a map may have,
//! and which fields exclude each other. Put into the document when it is whole, so that what it calls acceptable is
//! refused for its meaning only.

mod fields;

use serde_json::{Map, Value, json};

use fields::{
    AREA_CODE, BOUNDS, COUNTRY_OF_ANY_CASE, ENTRIES, KEPT, KEY, LANGUAGE, LINE, MAPS, PATH, SETS, TEXTS,
    WORDS,
};

/// Puts it all in.
pub(super) fn complete(document: &mut Value) {
    let schemas = &mut document["components"]["schemas"];
    for (schema, field, pattern) in TEXTS {
        put(
            &mut schemas[*schema]["properties"][*field],
            json!({ "pattern": pattern }),
        );
    }
    for (schema, field, pattern) in ENTRIES {
        put(
            &mut schemas[*schema]["properties"][*field]["items"],
            json!({ "pattern": pattern }),
        );
    }
    for (schema, field) in SETS {
        put(
            &mut schemas[*schema]["properties"][*field],
            json!({ "uniqueItems": true }),
        );
    }
    for (schema, field, entries, name, text) in MAPS {
        put(
            &mut schemas[*schema]["properties"][*field],
            json!({
                "maxProperties": entries,
                "propertyNames": { "type": "string", "minLength": 1, "maxLength": name, "pattern": LINE },
                "additionalProperties": { "type": "string", "maxLength": text, "pattern": KEPT },
            }),
        );
    }
    for (schema, field, bound, number) in BOUNDS {
        put(
            &mut schemas[*schema]["properties"][*field],
            json!({ *bound: number }),
        );
    }
    for (schema, refused) in combinations() {
        put(&mut schemas[schema], json!({ "not": refused }));
    }
    // A choice between objects says nothing of further fields.
    for choice in schemas["TurnDetectionView"]["oneOf"]
        .as_array_mut()
        .into_iter()
        .flatten()
    {
        put(choice, json!({ "additionalProperties": false }));
    }
    parameters(document);
    streams(document);
}

/// A stream of events is told in words: a schema of the whole would be one of each event.
fn streams(document: &mut Value) {
    let Some(paths) = document["paths"].as_object_mut() else {
        return;
    };
    for operations in paths.values_mut() {
        for operation in operations
            .as_object_mut()
            .into_iter()
            .flatten()
            .map(|(_, each)| each)
        {
            let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
            for response in responses.into_iter().flatten().map(|(_, each)| each) {
                if let Some(Value::Object(stream)) = response.pointer_mut("/content/text~1event-stream") {
                    stream.remove("schema");
                }
            }
        }
    }
}

/// Fields that do not go together, as what is refused.
fn combinations() -> [(&'static str, Value); 11] {
    let of_company = given(&["subject"], json!({ "subject": { "const": "tenant" } }));
    let of_contact = given(&["subject"], json!({ "subject": { "const": "contact" } }));
    let whose = json!({ "anyOf": [
        both(&of_company, &given(&["contact_id"], json!({}))),
        both(&of_company, &given(&["e164"], json!({}))),
        both(&of_contact, &given(&["contact_id", "e164"], json!({}))),
        both(&of_contact, &neither("contact_id", "e164")),
    ] });
    let mut of_an_erasure = whose.clone();
    if let Some(refused) = of_an_erasure["anyOf"].as_array_mut() {
        refused.push(both(&of_contact, &given(&["confirm"], json!({}))));
    }
    let live = given(&["purpose"], json!({ "purpose": { "const": "live" } }));
    let of_a_call = given(
        &["purpose"],
        json!({ "purpose": { "enum": ["audio", "web_call"] } }),
    );
    let does = |action: &str| given(&["action"], json!({ "action": { "const": action } }));
    let does_not = |action: &str| json!({ "not": does(action) });
    [
        ("CreateDataExportRequest", whose),
        ("CreateErasureRequest", of_an_erasure),
        (
            "TicketRequest",
            json!({ "anyOf": [
                both(&live, &given(&["call_id"], json!({}))),
                both(&of_a_call, &json!({ "not": given(&["call_id"], json!({})) })),
            ] }),
        ),
        ("ActionRequest", acts()),
        (
            "AfterHoursRequest",
            json!({ "anyOf": [
                both(&does("personality"), &json!({ "not": given(&["personality_id"], json!({})) })),
                both(&does("forward"), &json!({ "not": given(&["forward_e164"], json!({})) })),
            ] }),
        ),
        ("ChatRequest", neither("personality_id", "conversation_id")),
        ("WebCallRequest", given(&["draft", "version"], json!({}))),
        ("PlaceCallRequest", given(&["from", "pool_id"], json!({}))),
        (
            "BuyNumberRequest",
            json!({ "anyOf": [
                given(&["e164", "country"], json!({})),
                given(&["e164", "area_code"], json!({})),
                neither("e164", "country"),
            ] }),
        ),
        (
            "ImportNumberRequest",
            json!({ "anyOf": [given(&["sid", "e164"], json!({})), neither("sid", "e164")] }),
        ),
        (
            "MachinePolicy",
            json!({ "anyOf": [
                both(&does("leave_message"), &json!({ "not": given(&["text"], json!({})) })),
                both(&does("press"), &json!({ "not": given(&["digits"], json!({})) })),
                both(&does_not("leave_message"), &given(&["text"], json!({}))),
                both(&does_not("press"), &given(&["digits"], json!({}))),
            ] }),
        ),
    ]
}

/// Fields of an act: to which acts they belong, and which of those need them.
const OF_ACTS: &[(&str, &[&str], &[&str])] = &[
    ("text", &["say", "note", "approve"], &["say", "note"]),
    ("mode", &["say", "approval_mode"], &["approval_mode"]),
    ("when", &["say"], &[]),
    ("digits", &["dtmf"], &["dtmf"]),
    ("to", &["transfer"], &["transfer"]),
    ("kind", &["transfer"], &[]),
    ("brief", &["transfer"], &[]),
    ("stay_as", &["transfer"], &[]),
    ("op", &["record"], &["record"]),
    ("say", &["end"], &[]),
    ("clarification_id", &["clarify"], &["clarify"]),
    ("answer", &["clarify"], &[]),
    ("decide", &["clarify"], &[]),
    ("take", &["claim"], &[]),
    ("approval_id", &["approve", "reject"], &["approve", "reject"]),
    ("guidance", &["reject"], &[]),
    ("via", &["takeover"], &["takeover"]),
    ("note", &["handback"], &[]),
];

/// What an act may not have, and what it must have.
fn acts() -> Value {
    let is = |kinds: &[&str]| given(&["type"], json!({ "type": { "enum": kinds } }));
    let mut refused = Vec::new();
    for (field, belongs, needed) in OF_ACTS {
        let there = given(&[field], json!({}));
        refused.push(both(&there, &json!({ "not": is(belongs) })));
        if !needed.is_empty() {
            refused.push(both(&is(needed), &json!({ "not": there })));
        }
    }
    // The agent is told what to answer, or decides.
    let decides = given(&["decide"], json!({ "decide": { "const": true } }));
    let answered = given(&["answer"], json!({}));
    refused.push(both(&decides, &answered));
    let left_open = both(&json!({ "not": decides }), &json!({ "not": answered }));
    refused.push(both(&is(&["clarify"]), &left_open));
    let spoken = given(&["mode"], json!({ "mode": { "enum": ["verbatim", "guidance"] } }));
    let other = given(
        &["mode"],
        json!({ "mode": { "not": { "enum": ["verbatim", "guidance", null] } } }),
    );
    refused.push(both(&is(&["approval_mode"]), &spoken));
    refused.push(both(&is(&["say"]), &other));
    json!({ "anyOf": refused })
}

/// All of these fields are there, and more than `null`.
fn given(fields: &[&str], also: Value) -> Value {
    let mut properties: Map<String, Value> = fields
        .iter()
        .map(|field| ((*field).to_owned(), json!({ "not": { "type": "null" } })))
        .collect();
    if let Value::Object(also) = also {
        properties.extend(also);
    }
    json!({ "required": fields, "properties": properties })
}

fn neither(one: &str, other: &str) -> Value {
    let absent = |field| json!({ "not": given(&[field], json!({})) });
    json!({ "allOf": [absent(one), absent(other)] })
}

fn both(one: &Value, other: &Value) -> Value {
    json!({ "allOf": [one, other] })
}

/// Parameters that are not fields of a body.
fn parameters(document: &mut Value) {
    let Some(paths) = document["paths"].as_object_mut() else {
        return;
    };
    for (path, operations) in paths {
        let operations = operations.as_object_mut().into_iter().flatten();
        for (_, operation) in operations {
            let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
            for parameter in parameters.into_iter().flatten() {
                let name = parameter["name"].as_str().unwrap_or_default().to_owned();
                let more = match (path.as_str(), name.as_str()) {
                    (_, "Idempotency-Key") => json!({ "minLength": 1, "maxLength": 255, "pattern": KEY }),
                    ("/v1/auth/sso/start", "return_to") => json!({ "maxLength": 500, "pattern": PATH }),
                    ("/v1/audit_log" | "/v1/audit_log/export", "action" | "actor" | "target") => {
                        json!({ "minLength": 1, "pattern": WORDS })
                    }
                    ("/v1/numbers/available", "country") => json!({ "pattern": COUNTRY_OF_ANY_CASE }),
                    ("/v1/numbers/available", "area_code") => json!({ "pattern": AREA_CODE }),
                    ("/v1/numbers/available", "contains") => json!({ "pattern": "^[0-9A-Za-z*%]{2,16}$" }),
                    ("/v1/numbers/available", "type") => json!({ "enum": ["local", "toll_free", "mobile"] }),
                    ("/v1/voices", "language") => json!({ "pattern": LANGUAGE }),
                    _ => continue,
                };
                put(&mut parameter["schema"], more);
            }
        }
    }
}

fn put(place: &mut Value, more: Value) {
    if let (Some(place), Value::Object(more)) = (place.as_object_mut(), more) {
        place.extend(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_here_is_of_something_that_is_there() {
        let document = serde_json::to_value(crate::server::openapi()).unwrap();
        let schemas = &document["components"]["schemas"];
        let fields = TEXTS
            .iter()
            .chain(ENTRIES)
            .map(|(schema, field, _)| (schema, field));
        let fields = fields.chain(SETS.iter().map(|(schema, field)| (schema, field)));
        let fields = fields.chain(MAPS.iter().map(|(schema, field, ..)| (schema, field)));
        let fields = fields.chain(BOUNDS.iter().map(|(schema, field, ..)| (schema, field)));
        for (schema, field) in fields {
            assert!(
                schemas[*schema]["properties"][*field].is_object(),
                "{schema}.{field}"
            );
        }
        for (schema, _) in combinations() {
            assert!(schemas[schema].is_object(), "{schema}");
            assert!(schemas[schema]["not"].is_null(), "{schema}");
        }
        let whole = crate::server::openapi_json().unwrap();
        for operation in whole["paths"].as_object().unwrap().values() {
            let operations = operation.as_object().unwrap().values();
            for operation in operations.filter_map(|operation| operation.get("parameters")) {
                assert!(operation.is_array(), "{operation}");
            }
        }
    }

    #[test]
    fn combinations_are_told() {
        let document = crate::server::openapi_json().unwrap();
        let said = |schema: &str, value: Value| {
            let schema = json!({ "$ref": format!("#/components/schemas/{schema}"), "components": document["components"] });
            jsonschema::validator_for(&schema).unwrap().is_valid(&value)
        };
        let call = "call_0199c2a4b1d07c3e8f4a5b6c7d8e9f01";
        for (good, schema, value) in [
            (true, "TicketRequest", json!({ "purpose": "live" })),
            (
                true,
                "TicketRequest",
                json!({ "purpose": "live", "call_id": null }),
            ),
            (
                false,
                "TicketRequest",
                json!({ "purpose": "live", "call_id": call }),
            ),
            (
                true,
                "TicketRequest",
                json!({ "purpose": "audio", "call_id": call }),
            ),
            (false, "TicketRequest", json!({ "purpose": "audio" })),
            (
                true,
                "BuyNumberRequest",
                json!({ "country": "US", "area_code": "415" }),
            ),
            (true, "BuyNumberRequest", json!({ "e164": "+14155550134" })),
            (
                false,
                "BuyNumberRequest",
                json!({ "e164": "+14155550134", "country": "US" }),
            ),
            (false, "BuyNumberRequest", json!({ "area_code": "415" })),
            (false, "BuyNumberRequest", json!({})),
            (
                true,
                "CreateErasureRequest",
                json!({ "subject": "tenant", "confirm": "acme" }),
            ),
            (
                false,
                "CreateErasureRequest",
                json!({ "subject": "tenant", "e164": "+1" }),
            ),
            (false, "CreateErasureRequest", json!({ "subject": "contact" })),
            (
                true,
                "CreateErasureRequest",
                json!({ "subject": "contact", "e164": "+1" }),
            ),
            (true, "MachinePolicy", json!({ "action": "press", "digits": "1" })),
            (false, "MachinePolicy", json!({ "action": "press" })),
            (
                false,
                "MachinePolicy",
                json!({ "action": "hang_up", "text": "Bye" }),
            ),
            (
                true,
                "MachinePolicy",
                json!({ "action": "leave_message", "text": "Bye" }),
            ),
        ] {
            assert_eq!(said(schema, value.clone()), good, "{schema}: {value}");
        }
    }
}
