//! Answers for paths and methods that nothing serves.

use std::collections::BTreeMap;

use actix_web::dev::ServiceRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, web};
use phony_kernel::{Error, Kind};
use utoipa::openapi::OpenApi;

use crate::aliases::ALIASES;
use crate::context::current_request_id;
use crate::problem::{ApiError, MEDIA_TYPE, Problem};

/// Methods of the addresses that are not in the document.
const UNDOCUMENTED: [(&str, &str); 15] = [
    ("/", "GET"),
    ("/docs", "GET"),
    ("/dashboard", "GET"),
    ("/dashboard/{path:.*}", "GET"),
    ("/metrics", "GET"),
    ("/v1/openapi.json", "GET"),
    ("/v1/live", "GET"),
    ("/twilio/relay", "GET"),
    ("/twilio/voice", "POST"),
    ("/twilio/status", "POST"),
    ("/twilio/continue", "POST"),
    ("/twilio/dial", "POST"),
    ("/twilio/sms", "POST"),
    ("/twilio/recording", "POST"),
    ("/twilio/consent", "POST"),
];

/// Which methods each address takes, as an `Allow` header says it.
pub struct Methods(BTreeMap<String, String>);

impl Methods {
    /// Those of the document's operations, and of the addresses beside it.
    #[must_use]
    pub fn of(document: &OpenApi) -> Self {
        let mut all: BTreeMap<String, String> = UNDOCUMENTED
            .iter()
            .copied()
            .chain(ALIASES.map(|alias| (alias.path, alias.method)))
            .map(|(path, method)| (path.to_owned(), method.to_owned()))
            .collect();
        for (path, item) in &document.paths.paths {
            let methods = [
                ("GET", &item.get),
                ("POST", &item.post),
                ("PUT", &item.put),
                ("PATCH", &item.patch),
                ("DELETE", &item.delete),
            ];
            let taken = methods.into_iter().filter(|(_, operation)| operation.is_some());
            let taken: Vec<&str> = taken.map(|(name, _)| name).collect();
            all.insert(path.clone(), taken.join(", "));
        }
        Self(all)
    }
}

/// The refusal of a method that an address does not take, where the address could be taken for the id of an object:
/// `/v1/numbers/available` is no number.
pub(crate) fn wrong_method(request: &ServiceRequest) -> Option<HttpResponse> {
    let path = request.path();
    if !path.starts_with("/v1/") || path.contains('{') {
        return None;
    }
    let methods = request.app_data::<web::Data<Methods>>()?;
    let allowed = methods.0.get(path)?;
    let taken = allowed
        .split(", ")
        .any(|method| method == request.method().as_str());
    (!taken).then(|| method_not_allowed(allowed))
}

/// Says what is wrong with a request that no route takes: its path, or only its method.
pub async fn no_such_path(request: HttpRequest, methods: web::Data<Methods>) -> HttpResponse {
    let pattern = request.match_pattern();
    if let Some(allowed) = pattern.and_then(|pattern| methods.0.get(&pattern)) {
        return method_not_allowed(allowed);
    }
    let error = Error::new(
        Kind::NotFound,
        "no_such_path",
        "nothing is served under this path",
    );
    ApiError(error).error_response()
}

/// The layers below know of no methods, so this is a problem of its own.
fn method_not_allowed(allowed: &str) -> HttpResponse {
    let status = StatusCode::METHOD_NOT_ALLOWED;
    let error = Error::new(
        Kind::NotFound,
        "method_not_allowed",
        "this path does not take this method",
    );
    let problem = Problem {
        status: status.as_u16(),
        title: status.canonical_reason().unwrap_or("Error"),
        ..Problem::new(&error, current_request_id())
    };
    HttpResponse::build(status)
        .insert_header((header::ALLOW, allowed))
        .insert_header((header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE)))
        .body(serde_json::to_string(&problem).unwrap_or_default())
}
