//! Proof that a request is the carrier's, and of which account.
//!
//! Each account signs with a token of its own. A request names its account, and that account's token must have signed
//! it: what one tenant's account signs proves nothing about another tenant's calls.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, web};
use phony_app::App;
use phony_carriers::twilio::signature::{self, Validator};
use phony_kernel::{Error, Kind};
use url::form_urlencoded;

use crate::aliases::Asked;
use crate::extract::body_error;
use crate::problem::ApiError;

/// Largest webhook body; real ones have a few hundred bytes.
const MAX_WEBHOOK_BYTES: usize = 64 * 1024;

/// The raw body of a webhook whose signature is the carrier's, for an account of ours and a call of that account.
pub struct Signed(pub web::Bytes);

impl FromRequest for Signed {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let bytes = web::Bytes::from_request(&request, payload);
        Box::pin(async move {
            let body = bytes.await.map_err(|cause| body_error(&cause))?;
            if body.len() > MAX_WEBHOOK_BYTES {
                return Err(ApiError(Error::new(
                    Kind::TooLarge,
                    "body_too_large",
                    "the body is too large",
                )));
            }
            let app = app(&request)?;
            let account = only(&body, "AccountSid");
            let validator = validator(app, account.as_deref()).await?;
            let url = public_url(app, &request, false);
            let content_type = header_text(&request, header::CONTENT_TYPE.as_str());
            let signature = header_text(&request, signature::HEADER).unwrap_or_default();
            if !validator.webhook(signature, &url, content_type, &body) {
                return Err(forged(&request));
            }
            if let Some(account) = &account {
                check_calls(app, account, &body).await?;
            }
            Ok(Self(body))
        })
    }
}

/// The one value of a field; none when it is absent, or there more than once and so says nothing.
fn only(body: &[u8], name: &str) -> Option<String> {
    let mut values = form_urlencoded::parse(body).filter(|(field, _)| field == name);
    let (_, value) = values.next()?;
    values.next().is_none().then(|| value.into_owned())
}

/// What checks an account's signatures. One that is not ours can only be told of by the main one, which is then
/// refused for it.
async fn validator(app: &App, account: Option<&str>) -> Result<Arc<Validator>, ApiError> {
    let own = match account {
        Some(account) => app.carrier_accounts.validator(account).await?,
        None => None,
    };
    Ok(own.unwrap_or_else(|| Arc::clone(&app.carrier.validator)))
}

/// Goes on only if the calls that a tenant's account speaks of are that tenant's, or nobody's yet.
async fn check_calls(app: &App, account: &str, body: &[u8]) -> Result<(), ApiError> {
    if app.carrier_accounts.is_test(account) {
        return check_test_calls(app, body).await;
    }
    let Some(tenant) = app.carrier_accounts.holder(account) else {
        return Ok(());
    };
    for name in ["CallSid", "ParentCallSid"] {
        let Some(call_sid) = only(body, name) else {
            continue;
        };
        match app.calls.locate(&call_sid).await {
            Ok(Some((holder, _))) if holder != tenant => {
                tracing::warn!(tenant.id = %tenant, "an account of the carrier spoke of another company's call");
                return Err(foreign());
            }
            Ok(_) => {}
            // Nothing can be changed either while the database is away, and the caller is to hear something.
            Err(error) if error.kind() == Kind::Unavailable => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Goes on only if the calls that the test carrier speaks of are of test keys, or nobody's yet: its token proves nothing
/// about others.
async fn check_test_calls(app: &App, body: &[u8]) -> Result<(), ApiError> {
    for name in ["CallSid", "ParentCallSid"] {
        let Some(call_sid) = only(body, name) else {
            continue;
        };
        if let Some((tenant, call)) = app.calls.locate(&call_sid).await?
            && !app.calls.is_test(tenant, call).await?
        {
            tracing::warn!(tenant.id = %tenant, "the test carrier spoke of a live call");
            return Err(foreign());
        }
    }
    Ok(())
}

/// Goes on only if the upgrade request of a WebSocket is the carrier's; returns the account that it is signed for,
/// which is named at the end of the path unless it is the main one.
pub(super) async fn check_upgrade(app: &App, request: &HttpRequest) -> Result<String, ApiError> {
    let account = request
        .match_info()
        .get("account")
        .unwrap_or(&app.carrier.account_sid)
        .to_owned();
    let signature = header_text(request, signature::HEADER).unwrap_or_default();
    match app.carrier_accounts.validator(&account).await? {
        Some(validator) if validator.websocket(signature, &public_url(app, request, true)) => Ok(account),
        _ => Err(forged(request)),
    }
}

fn forged(request: &HttpRequest) -> ApiError {
    metrics::counter!("carrier_signature_refused_total").increment(1);
    tracing::warn!(
        http.route = request.match_pattern(),
        "a request without the carrier's signature was refused"
    );
    ApiError(Error::new(
        Kind::Forbidden,
        "bad_signature",
        "the request is not signed by the carrier",
    ))
}

/// Goes on only if the carrier speaks of an account of ours: a signature proves the sender and not the account, when
/// several share a token.
pub(crate) fn check_account(app: &App, account_sid: &str) -> Result<(), ApiError> {
    if app.carrier_accounts.owns(account_sid) {
        return Ok(());
    }
    tracing::warn!("a request of the carrier for an account that is not ours was refused");
    Err(foreign())
}

fn foreign() -> ApiError {
    metrics::counter!("carrier_account_refused_total").increment(1);
    ApiError(Error::new(
        Kind::Forbidden,
        "foreign_account",
        "the request is for an account that is not ours",
    ))
}

fn app(request: &HttpRequest) -> Result<&web::Data<App>, ApiError> {
    request
        .app_data::<web::Data<App>>()
        .ok_or_else(|| ApiError(Error::internal(std::io::Error::other("no application data"))))
}

/// The address as the carrier knows it: our configured one, never what a header says.
fn public_url(app: &App, request: &HttpRequest, socket: bool) -> String {
    let base = if socket {
        app.socket_url("")
    } else {
        app.webhook_url("")
    };
    let extensions = request.extensions();
    // Under an older name it is that name which was signed.
    let asked = extensions
        .get::<Asked>()
        .map_or_else(|| request.uri(), |asked| &asked.0);
    let path = asked.path_and_query().map_or("/", |path| path.as_str());
    format!("{base}{path}")
}

fn header_text<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_is_there_twice_says_nothing() {
        let body = b"AccountSid=AC1&CallSid=CA1&CallSid=CA2&To=%2B1415";
        assert_eq!(only(body, "AccountSid").as_deref(), Some("AC1"));
        assert_eq!(only(body, "CallSid"), None);
        assert_eq!(only(body, "To").as_deref(), Some("+1415"));
        assert_eq!(only(body, "From"), None);
    }
}
