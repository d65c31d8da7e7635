//! What people may ask for: copies of data, and erasure.

use actix_web::http::header;
use actix_web::{HttpResponse, get, post, web};
use phony_app::App;
use phony_app::idempotency::RequestKey;
use phony_app::privacy::{DataCopy, Erasure, PrivacySubject, Whose};
use phony_kernel::{ContactId, DataCopyId, ErasureId, Error, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{List, PageParams};
use crate::auth::{Allow, PrivacyRead, TenantClose, TenantExport};
use crate::extract::{Body, IdempotencyKey, Query};
use crate::problem::ApiResult;
use crate::replay;

/// A copy to make.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateDataExportRequest {
    /// Of what.
    pub subject: PrivacySubject,
    /// Which contact; this or its number.
    #[serde(default)]
    pub contact_id: Option<ContactId>,
    /// The contact's number, for somebody who is not among the contacts.
    #[serde(default)]
    #[schema(example = "+14155550134")]
    pub e164: Option<String>,
}

/// Something to erase.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateErasureRequest {
    /// What.
    pub subject: PrivacySubject,
    /// Which contact; this or its number.
    #[serde(default)]
    pub contact_id: Option<ContactId>,
    /// The contact's number, for somebody who is not among the contacts.
    #[serde(default)]
    #[schema(example = "+14155550134")]
    pub e164: Option<String>,
    /// For the company: its name, as it is written. Closing it cannot be undone.
    #[serde(default)]
    pub confirm: Option<String>,
}

/// Whose data a request means: a contact is named in one way, the company in none.
fn whose(subject: PrivacySubject, contact: Option<ContactId>, e164: Option<String>) -> Result<Whose> {
    let fault = |param, code, detail: &str| Err(Error::invalid_field(param, code, detail));
    match (subject, contact, e164) {
        (PrivacySubject::Tenant, None, None) => Ok(Whose::Company),
        (PrivacySubject::Tenant, Some(_), _) => {
            fault("contact_id", "not_wanted", "must not be given for the company")
        }
        (PrivacySubject::Tenant, _, Some(_)) => {
            fault("e164", "not_wanted", "must not be given for the company")
        }
        (PrivacySubject::Contact, Some(contact), None) => Ok(Whose::Contact(contact)),
        (PrivacySubject::Contact, None, Some(number)) => Ok(Whose::Number(number)),
        (PrivacySubject::Contact, Some(_), Some(_)) => {
            fault("e164", "not_wanted", "give the contact or its number, not both")
        }
        (PrivacySubject::Contact, None, None) => {
            fault("contact_id", "required", "give the contact or its number")
        }
    }
}

/// Ask for a copy of the company's data or a contact's: an archive of JSON and recordings, made in the background.
#[utoipa::path(operation_id = "create_data_export", tag = "Trust", request_body = CreateDataExportRequest,
    params(("Idempotency-Key" = String, Header, description = "Makes a repeat harmless")),
    security(("bearer" = ["tenant.export"])), responses((status = 202, body = DataCopy)))]
#[post("/privacy/exports")]
pub async fn create_export(
    allow: Allow<TenantExport>,
    app: web::Data<App>,
    IdempotencyKey(key): IdempotencyKey,
    body: Body<CreateDataExportRequest>,
) -> ApiResult<HttpResponse> {
    let request = RequestKey::required(key.as_deref(), "POST /v1/privacy/exports", &body.0)?;
    let whose = whose(body.0.subject, body.0.contact_id, body.0.e164)?;
    let outcome = app.privacy.create_copy(&allow.who, whose, Some(&request)).await?;
    replay::respond(outcome)
}

/// Copies that were asked for, newest first.
#[utoipa::path(operation_id = "list_data_exports", tag = "Trust", params(PageParams),
    security(("bearer" = ["privacy.read"])), responses((status = 200, body = List<DataCopy>)))]
#[get("/privacy/exports")]
pub async fn list_exports(
    allow: Allow<PrivacyRead>,
    app: web::Data<App>,
    page: Query<PageParams>,
) -> ApiResult<web::Json<List<DataCopy>>> {
    let page = app
        .privacy
        .list_copies(&allow.who, page.0.limit, page.0.cursor.as_deref())
        .await?;
    Ok(web::Json(List::from_page(page)))
}

/// One copy.
#[utoipa::path(operation_id = "get_data_export", tag = "Trust", params(("id" = DataCopyId, Path)),
    security(("bearer" = ["privacy.read"])), responses((status = 200, body = DataCopy)))]
#[get("/privacy/exports/{id}")]
pub async fn get_export(
    allow: Allow<PrivacyRead>,
    app: web::Data<App>,
    id: web::Path<DataCopyId>,
) -> ApiResult<web::Json<DataCopy>> {
    Ok(web::Json(app.privacy.get_copy(&allow.who, *id).await?))
}

/// The archive of a copy that is ready, for 24 hours.
#[utoipa::path(operation_id = "download_data_export", tag = "Trust", params(("id" = DataCopyId, Path)),
    security(("bearer" = ["tenant.export"])),
    responses((status = 200, content_type = "application/x-tar", body = String)))]
#[get("/privacy/exports/{id}/download")]
pub async fn download_export(
    allow: Allow<TenantExport>,
    app: web::Data<App>,
    id: web::Path<DataCopyId>,
) -> ApiResult<HttpResponse> {
    let file = app.privacy.download(&allow.who, *id).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/x-tar"))
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}\"", file.file_name),
        ))
        .streaming(file.bytes))
}

/// Erase a contact, or close the company with all that it has. Neither can be undone.
#[utoipa::path(operation_id = "create_erasure", tag = "Trust", request_body = CreateErasureRequest,
    params(("Idempotency-Key" = String, Header, description = "Makes a repeat harmless")),
    security(("bearer" = ["tenant.close"])), responses((status = 202, body = Erasure)))]
#[post("/privacy/erasures")]
pub async fn create_erasure(
    allow: Allow<TenantClose>,
    app: web::Data<App>,
    IdempotencyKey(key): IdempotencyKey,
    body: Body<CreateErasureRequest>,
) -> ApiResult<HttpResponse> {
    let request = RequestKey::required(key.as_deref(), "POST /v1/privacy/erasures", &body.0)?;
    let confirm = body.0.confirm;
    if body.0.subject == PrivacySubject::Contact && confirm.is_some() {
        let detail = "is for the company alone";
        return Err(Error::invalid_field("confirm", "not_wanted", detail).into());
    }
    let whose = whose(body.0.subject, body.0.contact_id, body.0.e164)?;
    let outcome = app
        .privacy
        .create_erasure(&allow.who, whose, confirm.as_deref(), Some(&request))
        .await?;
    replay::respond(outcome)
}

/// Erasures that were asked for, newest first, with their receipts.
#[utoipa::path(operation_id = "list_erasures", tag = "Trust", params(PageParams),
    security(("bearer" = ["privacy.read"])), responses((status = 200, body = List<Erasure>)))]
#[get("/privacy/erasures")]
pub async fn list_erasures(
    allow: Allow<PrivacyRead>,
    app: web::Data<App>,
    page: Query<PageParams>,
) -> ApiResult<web::Json<List<Erasure>>> {
    let page = app
        .privacy
        .list_erasures(&allow.who, page.0.limit, page.0.cursor.as_deref())
        .await?;
    Ok(web::Json(List::from_page(page)))
}

/// One erasure.
#[utoipa::path(operation_id = "get_erasure", tag = "Trust", params(("id" = ErasureId, Path)),
    security(("bearer" = ["privacy.read"])), responses((status = 200, body = Erasure)))]
#[get("/privacy/erasures/{id}")]
pub async fn get_erasure(
    allow: Allow<PrivacyRead>,
    app: web::Data<App>,
    id: web::Path<ErasureId>,
) -> ApiResult<web::Json<Erasure>> {
    Ok(web::Json(app.privacy.get_erasure(&allow.who, *id).await?))
}
