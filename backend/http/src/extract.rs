//! Reading requests strictly: JSON bodies, query strings, ids in paths, keys in headers.

mod strict;

use std::future::{Future, Ready, ready};
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use phony_kernel::{Error, Kind};
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use crate::problem::ApiError;

/// Largest body in bytes.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;
/// Deepest nesting of a JSON body.
const MAX_JSON_DEPTH: usize = 32;

/// A JSON body. Unknown fields, wrong types and deep nesting are refused, naming the field.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = is_json(request);
        let bytes = web::Bytes::from_request(request, payload);
        Box::pin(async move {
            if !is_json {
                return Err(ApiError(Error::new(
                    Kind::UnsupportedMedia,
                    "unsupported_media_type",
                    "send the body as application/json",
                )));
            }
            let bytes = bytes.await.map_err(|cause| body_error(&cause))?;
            Ok(Self(parse_json(&bytes)?))
        })
    }
}

/// A query string. Unknown parameters and wrong values are refused, naming the parameter.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse_query(request.query_string()).map(Self).map_err(ApiError))
    }
}

/// Reads a strict query string.
fn parse_query<T: DeserializeOwned>(query: &str) -> Result<T, Error> {
    let reader = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(reader)
        .map_err(|fault| field_fault(&fault.path().to_string(), &fault.into_inner().to_string()))
}

/// Whether the request says that its body is JSON.
pub(crate) fn is_json(request: &HttpRequest) -> bool {
    let content_type = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    content_type
        .and_then(|text| text.split(';').next())
        .is_some_and(|text| text.trim().eq_ignore_ascii_case("application/json"))
}

/// Why a body could not be taken in.
pub fn body_error(cause: &actix_web::Error) -> ApiError {
    let status = cause.as_response_error().status_code();
    ApiError(if status == actix_web::http::StatusCode::PAYLOAD_TOO_LARGE {
        Error::new(
            Kind::TooLarge,
            "body_too_large",
            "the body may have at most 1 MiB",
        )
    } else {
        Error::new(
            Kind::Malformed,
            "body_unreadable",
            "the body broke off or could not be read",
        )
    })
}

/// Reads a strict JSON document.
///
/// # Errors
/// `malformed_json` with the place, or `validation_failed` naming the field.
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    if depth(bytes) > MAX_JSON_DEPTH {
        return Err(Error::new(
            Kind::Malformed,
            "json_too_deep",
            "the JSON is nested too deeply",
        ));
    }
    // Said in words of its own: there is no field to name.
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(Error::invalid_field(
            "body",
            "wrong_type",
            "must be a JSON object",
        ));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(strict::Strict(&mut reader)).map_err(|fault| {
        let path = fault.path().to_string();
        let inner = fault.into_inner();
        let is_json = || serde_json::from_slice::<serde_json::Value>(bytes).is_ok();
        match inner.classify() {
            serde_json::error::Category::Data => field_fault(&path, &inner.to_string()),
            // Where a word of a choice is due, the reader calls any other value a fault of the syntax.
            serde_json::error::Category::Syntax if is_json() => field_fault(&path, "is of the wrong type"),
            _ => Error::new(
                Kind::Malformed,
                "malformed_json",
                format!(
                    "the body is not JSON: line {}, column {}",
                    inner.line(),
                    inner.column()
                ),
            ),
        }
    })?;
    reader.end().map_err(|_| {
        Error::new(
            Kind::Malformed,
            "malformed_json",
            "there is more than one JSON document",
        )
    })?;
    Ok(value)
}

/// Turns what serde says of a field into our words.
fn field_fault(path: &str, message: &str) -> Error {
    let detail = message.split(" at line ").next().unwrap_or(message);
    let quoted = || detail.split('`').nth(1).unwrap_or(path).to_owned();
    let within = |field: String| {
        if path == "." {
            field
        } else {
            format!("{path}.{field}")
        }
    };
    if detail.starts_with("unknown field") {
        // The path already ends with the unknown name in newer versions of the reader.
        let name = quoted();
        let param = if path.ends_with(&name) {
            path.to_owned()
        } else {
            within(name)
        };
        return Error::invalid_field(param, "unknown_field", "is not a field of this object");
    }
    if detail.starts_with("duplicate field") {
        return Error::invalid_field(within(quoted()), "duplicate", "is there twice");
    }
    if detail.starts_with("missing field") {
        return Error::invalid_field(within(quoted()), "required", "must be given");
    }
    if detail.starts_with("unknown variant") {
        let choices = detail.split_once("expected").map_or("", |(_, rest)| rest.trim());
        return Error::invalid_field(
            path,
            "unknown_value",
            format!("must be {choices}").replace('`', ""),
        );
    }
    let param = if path == "." { "body" } else { path };
    Error::invalid_field(param, "wrong_type", detail.to_owned())
}

/// Deepest nesting of `{` and `[` outside strings.
fn depth(bytes: &[u8]) -> usize {
    let (mut deepest, mut now, mut in_string, mut escaped) = (0_usize, 0_usize, false, false);
    for byte in bytes {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                now += 1;
                deepest = deepest.max(now);
            }
            b'}' | b']' => now = now.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// The `Idempotency-Key` header as sent, for use cases that judge it.
pub struct IdempotencyKey(pub Option<String>);

impl FromRequest for IdempotencyKey {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let value = request.headers().get("idempotency-key");
        ready(match value.map(|value| value.to_str()) {
            None => Ok(Self(None)),
            Some(Ok(text)) => Ok(Self(Some(text.trim().trim_matches('"').to_owned()))),
            Some(Err(_)) => Err(ApiError(Error::new(
                Kind::Malformed,
                "idempotency_key_invalid",
                "the Idempotency-Key may hold visible ASCII only",
            ))),
        })
    }
}

/// Refusals of actix' own extractors in our form.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .app_data(web::PayloadConfig::new(MAX_BODY_BYTES))
        .app_data(web::PathConfig::default().error_handler(|_, _| ApiError(Error::not_found()).into()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Thing {
        #[serde(rename = "name")]
        _name: String,
        #[serde(default, rename = "count")]
        _count: u8,
    }

    fn fault(json: &str) -> (String, String) {
        let error = parse_json::<Thing>(json.as_bytes()).unwrap_err();
        match error.fields() {
            [field] => (field.param.clone(), field.code.to_string()),
            _ => (String::new(), error.code().to_owned()),
        }
    }

    #[test]
    fn every_fault_names_its_field() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            fault(r#"{"name":"a","colour":1}"#),
            pair("colour", "unknown_field")
        );
        assert_eq!(fault("{}"), pair("name", "required"));
        assert_eq!(fault(r#"{"name":5}"#), pair("name", "wrong_type"));
        assert_eq!(fault(r#"{"name":"a","count":300}"#), pair("count", "wrong_type"));
        assert_eq!(fault("[]"), pair("body", "wrong_type"));
        assert_eq!(fault("{\"name\":"), pair("", "malformed_json"));
        assert_eq!(fault("{\"name\":\"a\"} {}"), pair("", "malformed_json"));
        assert_eq!(fault(""), pair("", "malformed_json"));
    }

    #[test]
    fn deep_nesting_is_refused_and_brackets_in_strings_are_not_nesting() {
        assert_eq!(
            fault(&"[".repeat(40)),
            (String::new(), "json_too_deep".to_owned())
        );
        let brackets = format!(r#"{{"name":"{}"}}"#, "[".repeat(60));
        assert!(parse_json::<Thing>(brackets.as_bytes()).is_ok());
    }
}
