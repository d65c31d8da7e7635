//! Who has agreed to be rung.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, delete, get, post, web};
use chrono::{DateTime, Utc};
use phony_app::App;
use phony_app::outbound_policy::{Consent, ConsentInput, ConsentKind};
use phony_kernel::ConsentId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::List;
use crate::auth::{Allow, ContactRead, ContactWrite};
use crate::extract::{Body, Query};
use crate::problem::ApiResult;

/// Which consents.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ConsentParams {
    /// Consents on a page.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Only of this number, in any common way of writing.
    pub e164: Option<String>,
    /// Only of this kind.
    pub kind: Option<ConsentKind>,
}

/// That somebody has agreed to be rung.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentRequest {
    /// Their number, in any common way of writing.
    #[schema(example = "+14155550134")]
    pub e164: String,
    /// What they have agreed to.
    pub kind: ConsentKind,
    /// Where: a form, a letter, a call.
    #[schema(min_length = 1, max_length = 120, example = "sign-up form")]
    pub source: String,
    /// When; now when absent.
    #[serde(default)]
    pub captured_at: Option<DateTime<Utc>>,
    /// What proves it: up to 20 short texts by name.
    #[serde(default)]
    pub evidence: BTreeMap<String, String>,
}

/// That somebody has agreed to be rung.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConsentView {
    /// Its id.
    pub id: ConsentId,
    /// First and last digits of the number; the number itself is not kept.
    #[schema(example = "+1415•••••34")]
    pub masked: String,
    /// What they have agreed to.
    pub kind: ConsentKind,
    /// Where.
    pub source: String,
    /// What proves it.
    pub evidence: BTreeMap<String, String>,
    /// When.
    pub captured_at: DateTime<Utc>,
    /// When it was taken back.
    #[schema(required)]
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
}

impl From<Consent> for ConsentView {
    fn from(consent: Consent) -> Self {
        Self {
            id: consent.id,
            masked: consent.masked,
            kind: consent.kind,
            source: consent.source,
            evidence: consent.evidence,
            captured_at: consent.captured_at,
            revoked_at: consent.revoked_at,
            created_at: consent.created_at,
        }
    }
}

/// Who has agreed to be rung, newest first; consents that were taken back too.
#[utoipa::path(operation_id = "list_consents", tag = "Calls", params(ConsentParams),
    security(("bearer" = ["contact.read"])), responses((status = 200, body = List<ConsentView>)))]
#[get("/consents")]
pub async fn list(
    allow: Allow<ContactRead>,
    app: web::Data<App>,
    params: Query<ConsentParams>,
) -> ApiResult<web::Json<List<ConsentView>>> {
    let ConsentParams {
        limit,
        cursor,
        e164,
        kind,
    } = params.0;
    let page = app
        .policies
        .consents(&allow.who, e164.as_deref(), kind, limit, cursor.as_deref())
        .await?;
    Ok(web::Json(List::from_page(page)))
}

/// Record that somebody has agreed to be rung.
#[utoipa::path(operation_id = "record_consent", tag = "Calls", request_body = ConsentRequest,
    security(("bearer" = ["contact.write"])), responses((status = 201, body = ConsentView)))]
#[post("/consents")]
pub async fn record(
    allow: Allow<ContactWrite>,
    app: web::Data<App>,
    body: Body<ConsentRequest>,
) -> ApiResult<HttpResponse> {
    let ConsentRequest {
        e164,
        kind,
        source,
        captured_at,
        evidence,
    } = body.0;
    let input = ConsentInput {
        e164,
        kind,
        source,
        captured_at,
        evidence,
    };
    let consent = app.policies.record_consent(&allow.who, &input).await?;
    Ok(HttpResponse::Created().json(ConsentView::from(consent)))
}

/// Take a consent back. It acts before the next dial, also of calls that wait; that it was given stays on record.
#[utoipa::path(operation_id = "revoke_consent", tag = "Calls", params(("id" = ConsentId, Path)),
    security(("bearer" = ["contact.write"])), responses((status = 204)))]
#[delete("/consents/{id}")]
pub async fn revoke(
    allow: Allow<ContactWrite>,
    app: web::Data<App>,
    id: web::Path<ConsentId>,
) -> ApiResult<HttpResponse> {
    app.policies.revoke_consent(&allow.who, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}
