//! How often one may ask: which requests count together, and what every answer says of it.

use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use actix_web::{HttpMessage as _, web};
use phony_app::App;
use phony_app::rate_limits::{Standing, Subject};
use phony_kernel::{Bucket, Error, Kind};

use crate::aliases;
use crate::client_address;
use crate::context::Identified;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STATE: HeaderName = HeaderName::from_static("ratelimit");

/// The bucket that a request takes from; none is not counted.
fn bucket(method: &Method, path: &str) -> Option<Bucket> {
    let older = aliases::stands_for(path);
    let path = older
        .as_ref()
        .map_or(path, |(_, target)| target)
        .strip_prefix("/v1/")?;
    let reads = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    if let Some(act) = path.strip_prefix("auth/") {
        // These hold a secret of 256 bits or a good credential; the others try one that people can guess or be sent.
        return Some(match act {
            "refresh" | "logout" | "switch" => Bucket::Renew,
            _ => Bucket::Auth,
        });
    }
    Some(match path {
        "invitations/accept" => Bucket::Auth,
        // A page of its own, the same for all; sockets are counted where they open.
        "openapi.json" | "live" => return None,
        "calls" | "web_calls" if *method == Method::POST => Bucket::Calls,
        "exports" | "privacy/exports" if *method == Method::POST => Bucket::Exports,
        _ if reads => Bucket::Read,
        _ => Bucket::Write,
    })
}

/// Counts a request, if it counts. One without a good credential only where it tries one.
pub(crate) async fn count(request: &ServiceRequest) -> Option<Standing> {
    let app = request.app_data::<web::Data<App>>()?;
    let bucket = bucket(request.method(), request.path())?;
    if bucket.is_by_address() {
        let from = client_address::of(app, request.headers(), request.peer_addr())?;
        let rate = app
            .rate_limits
            .rate(bucket, None, bucket.of_plan(phony_kernel::Plan::Basic));
        return Some(app.rate_limits.take(Subject::Address(from), bucket, rate).await);
    }
    let (tenant, rate) = {
        let extensions = request.extensions();
        let who = extensions.get::<Identified>()?.0.as_ref().ok()?;
        let own = who.rates.as_deref();
        let rate = app.rate_limits.rate(bucket, own, bucket.of_plan(who.plan));
        (who.tenant, rate)
    };
    Some(app.rate_limits.take(Subject::Tenant(tenant), bucket, rate).await)
}

/// The refusal of a request that comes too soon.
pub(crate) fn refusal(standing: &Standing) -> Error {
    let seconds = u32::try_from(standing.seconds).unwrap_or(u32::MAX);
    let text = format!("too many requests of the kind {}", standing.bucket.as_str());
    Error::new(Kind::RateLimited, "rate_limited", text).retry_after(seconds)
}

/// Says where the caller stands, in the form of the IETF's draft on rate-limit headers.
pub(crate) fn write(headers: &mut HeaderMap, standing: &Standing) {
    let (name, rate) = (standing.bucket.as_str(), standing.rate);
    let policy = format!("\"{name}\";q={};w={}", rate.burst, rate.window_seconds());
    let state = format!("\"{name}\";r={};t={}", standing.left, standing.seconds);
    for (header, text) in [(POLICY, policy), (STATE, state)] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(header, value);
        }
    }
    if !standing.allowed {
        headers.insert(RETRY_AFTER, HeaderValue::from(standing.seconds));
    }
}

#[cfg(test)]
mod tests {
    use phony_kernel::Plan;

    use super::*;

    #[test]
    fn requests_count_in_their_bucket() {
        let of = |method: &str, path: &str| {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            bucket(&method, path).map(Bucket::as_str)
        };
        for (method, path, expected) in [
            ("GET", "/v1/calls", Some("api.read")),
            ("POST", "/v1/calls", Some("calls.create")),
            ("POST", "/v1/calls/call_1/cancel", Some("api.write")),
            ("DELETE", "/v1/calls/call_1", Some("api.write")),
            ("POST", "/v1/web_calls", Some("calls.create")),
            ("POST", "/v1/exports", Some("exports")),
            ("GET", "/v1/exports", Some("api.read")),
            ("POST", "/v1/auth/login", Some("auth")),
            ("POST", "/v1/auth/step_up", Some("auth")),
            ("POST", "/v1/auth/refresh", Some("auth.renew")),
            ("POST", "/v1/invitations/accept", Some("auth")),
            ("POST", "/v1/invitations", Some("api.write")),
            ("GET", "/v1/openapi.json", None),
            ("GET", "/v1/live", None),
            ("POST", "/twilio/voice", None),
            ("POST", "/phone/call", Some("calls.create")),
            ("POST", "/override/text", Some("api.write")),
            ("GET", "/events/ws", None),
            ("POST", "/receive_call", None),
            ("GET", "/healthz", None),
            ("GET", "/dashboard/", None),
        ] {
            assert_eq!(of(method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn answers_say_where_one_stands() {
        let mut standing = Standing {
            bucket: Bucket::Read,
            rate: Bucket::Read.of_plan(Plan::Basic),
            allowed: true,
            left: 39,
            seconds: 1,
        };
        let mut headers = HeaderMap::new();
        write(&mut headers, &standing);
        let text = |headers: &HeaderMap, name: &str| {
            headers.get(name).map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(
            text(&headers, "ratelimit-policy").unwrap(),
            "\"api.read\";q=40;w=2"
        );
        assert_eq!(text(&headers, "ratelimit").unwrap(), "\"api.read\";r=39;t=1");
        assert_eq!(text(&headers, "retry-after"), None);
        standing.allowed = false;
        standing.left = 0;
        write(&mut headers, &standing);
        assert_eq!(text(&headers, "ratelimit").unwrap(), "\"api.read\";r=0;t=1");
        assert_eq!(text(&headers, "retry-after").unwrap(), "1");
        assert_eq!(refusal(&standing).retry_after_seconds(), Some(1));
    }
}
