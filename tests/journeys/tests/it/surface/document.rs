//! The OpenAPI document, read as a client reads it, and answers measured against it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jsonschema::{Draft, Validator};
use phony_journeys::Answer;
use serde_json::{Value, json};

/// Who may call an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody, without a credential.
    Public,
    /// Everybody with a good credential.
    SignedIn,
    /// Those whom the matrix gives a permission.
    Permission {
        /// Roles that hold it.
        roles: Vec<String>,
        /// Scope by which a key holds it.
        scope: Option<String>,
        /// Whether a person must have signed in just now.
        fresh: bool,
    },
}

/// One operation.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    /// `operationId`.
    pub(crate) id: String,
    /// Upper case.
    pub(crate) method: String,
    /// Path with `{id}`.
    pub(crate) path: String,
    /// Who may call it.
    pub(crate) access: Access,
    /// Status of its success.
    pub(crate) success: u16,
    /// Schema of its body.
    pub(crate) body: Option<Value>,
    responses: Value,
}

/// The document.
pub(crate) struct Document {
    /// As it was generated.
    pub(crate) json: Value,
    /// Every operation.
    pub(crate) operations: Vec<Operation>,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Operation {
    fn read(method: &str, path: &str, operation: &Value) -> Self {
        let id = operation["operationId"]
            .as_str()
            .expect("every operation has an id")
            .to_owned();
        let access = match (&operation["security"], &operation["x-permission"]) {
            (Value::Null, _) => Access::Public,
            (_, Value::Null) => Access::SignedIn,
            _ => Access::Permission {
                roles: serde_json::from_value(operation["x-roles"].clone()).unwrap(),
                scope: operation["x-key-scope"].as_str().map(str::to_owned),
                fresh: operation["x-fresh-sign-in"].as_bool().unwrap(),
            },
        };
        let responses = operation["responses"].clone();
        let statuses = responses
            .as_object()
            .unwrap()
            .keys()
            .filter_map(|status| status.parse::<u16>().ok());
        let success = statuses.filter(|status| *status < 400).min();
        let content = &operation["requestBody"]["content"]["application/json"]["schema"];
        Self {
            success: success.unwrap_or_else(|| panic!("{id} documents no success")),
            id,
            method: method.to_uppercase(),
            path: path.to_owned(),
            access,
            body: (!content.is_null()).then(|| content.clone()),
            responses,
        }
    }

    /// Whether its path names an object.
    pub(crate) fn has_id(&self) -> bool {
        self.path.contains("{id}")
    }

    /// Whether it takes a body that changes something.
    pub(crate) fn takes_body(&self) -> bool {
        self.body.is_some()
    }
}

impl Document {
    /// The one that the code makes.
    pub(crate) fn generated() -> Self {
        let json = phony_http::server::openapi_json().unwrap();
        let mut operations = Vec::new();
        for (path, item) in json["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                if ["get", "post", "put", "patch", "delete"].contains(&method.as_str()) {
                    operations.push(Operation::read(method, path, operation));
                }
            }
        }
        Self {
            json,
            operations,
            validators: Mutex::default(),
        }
    }

    /// Fails unless the document announces this answer: its status, its media type, its form, field by field.
    #[track_caller]
    pub(crate) fn check(&self, operation: &Operation, answer: &Answer) {
        let status = answer.status.to_string();
        let context = || format!("{} answered {status}: {}", operation.id, answer.text);
        let response = match operation.responses.get(&status) {
            Some(response) => response,
            None if answer.status >= 400 => &operation.responses["default"],
            None => panic!("not documented: {}", context()),
        };
        let Some(content) = response.get("content").and_then(Value::as_object) else {
            assert_eq!(answer.text, "", "documented without a body: {}", context());
            return;
        };
        let media_type = answer
            .headers
            .get("content-type")
            .and_then(|value| value.to_str().ok())
            .unwrap_or("");
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        let Some(media) = content.get(media_type) else {
            panic!("{media_type} is not documented: {}", context());
        };
        if !media_type.ends_with("json") {
            return;
        }
        let faults = self.faults(&media["schema"], &answer.json);
        assert!(faults.is_empty(), "{faults:?}\n{}", context());
    }

    /// Where a value differs from a schema of the document; fields that the schema does not name count too.
    pub(crate) fn faults(&self, schema: &Value, value: &Value) -> Vec<String> {
        let validator = self.validator(schema);
        validator
            .iter_errors(value)
            .map(|fault| format!("{}: {fault}", fault.instance_path))
            .collect()
    }

    fn validator(&self, schema: &Value) -> Arc<Validator> {
        let mut known = self.validators.lock().unwrap();
        let validator = known.entry(schema.to_string()).or_insert_with(|| {
            let mut whole = closed(schema).as_object().cloned().unwrap_or_default();
            let mut components = inside(&self.json["components"]);
            let mut parts = Vec::new();
            parts_of_others(&self.json, &mut parts);
            for name in parts {
                components["schemas"][&name] = inside(&self.json["components"]["schemas"][&name]);
            }
            whole.insert("components".to_owned(), components);
            let options = jsonschema::options()
                .with_draft(Draft::Draft202012)
                .should_validate_formats(true);
            Arc::new(options.build(&Value::Object(whole)).expect("a schema"))
        });
        Arc::clone(validator)
    }
}

/// The schema with every object closed to fields that it does not name.
fn closed(schema: &Value) -> Value {
    let mut out = inside(schema);
    if let Some(fields) = out.as_object_mut()
        && ["properties", "$ref", "allOf"]
            .iter()
            .any(|name| fields.contains_key(*name))
        && !fields.contains_key("additionalProperties")
    {
        fields.insert("unevaluatedProperties".to_owned(), json!(false));
    }
    out
}

/// The schema with all objects in it closed, but open itself. Parts of an `allOf` are such: each describes some
/// of the fields.
fn inside(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| {
                let value = match (name.as_str(), value) {
                    ("allOf", Value::Array(parts)) => parts.iter().map(inside).collect(),
                    // Names of fields, not of keywords.
                    ("properties" | "schemas", Value::Object(named)) => Value::Object(
                        named
                            .iter()
                            .map(|(name, schema)| (name.clone(), closed(schema)))
                            .collect(),
                    ),
                    _ => closed(value),
                };
                (name.clone(), value)
            });
            Value::Object(fields.collect())
        }
        Value::Array(values) => values.iter().map(closed).collect(),
        other => other.clone(),
    }
}

/// Names of the components that are only part of an object somewhere.
fn parts_of_others(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::Array(parts)) = fields.get("allOf") {
                let names = parts
                    .iter()
                    .filter_map(|part| part["$ref"].as_str()?.rsplit('/').next());
                found.extend(names.map(str::to_owned));
            }
            fields.values().for_each(|field| parts_of_others(field, found));
        }
        Value::Array(values) => values.iter().for_each(|value| parts_of_others(value, found)),
        _ => {}
    }
}
