//! Contacts: whom the company knows.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, delete, get, patch, post, web};
use chrono::{DateTime, Utc};
use phony_app::App;
use phony_app::contacts::{
    Contact, ContactInput, ContactPatch, ImportContacts, ImportReport, OnKnown, Verification,
};
use phony_kernel::callers::ContactPlan;
use phony_kernel::{ContactId, E164};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::List;
use crate::auth::{Allow, ContactRead, ContactWrite};
use crate::extract::{Body, Query};
use crate::problem::ApiResult;

/// Which contacts to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ContactParams {
    /// Digits of the number, or part of the name.
    pub search: Option<String>,
    /// With this plan.
    pub plan: Option<ContactPlan>,
    /// Objects on a page.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A contact to keep.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateContactRequest {
    /// Its number.
    #[schema(example = "+14155550199")]
    pub e164: String,
    /// Its name.
    #[serde(default)]
    #[schema(max_length = 120)]
    pub name: Option<String>,
    /// What it has subscribed to with you; standard when absent.
    #[serde(default)]
    pub plan: Option<ContactPlan>,
    /// Whether somebody made sure that the number is theirs; not when absent.
    #[serde(default)]
    pub verified: Option<bool>,
    /// What else you note: up to 50 short texts by name.
    #[serde(default)]
    pub attributes: Option<BTreeMap<String, String>>,
}

/// What to change; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactPatchRequest {
    /// Its number.
    #[serde(default)]
    #[schema(example = "+14155550199")]
    pub e164: Option<String>,
    /// Its name.
    #[serde(default)]
    #[schema(max_length = 120)]
    pub name: Option<String>,
    /// What it has subscribed to with you.
    #[serde(default)]
    pub plan: Option<ContactPlan>,
    /// Whether somebody made sure that the number is theirs.
    #[serde(default)]
    pub verified: Option<bool>,
    /// What else you note, the whole of it.
    #[serde(default)]
    pub attributes: Option<BTreeMap<String, String>>,
}

/// A table of contacts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportContactsRequest {
    /// CSV with a line of names: `phone_number`, and any of `name`, `plan`, `verified`; other columns become attributes.
    /// At most 20,000 lines.
    #[schema(example = "phone_number,name,plan\n+14155550199,Ada Ortiz,premium\n")]
    pub csv: String,
    /// Where numbers without a country code are (ISO 3166).
    #[serde(default)]
    #[schema(example = "US")]
    pub country: Option<String>,
    /// What happens to contacts that are known: `update` when absent.
    #[serde(default)]
    pub on_known: Option<OnKnownRequest>,
}

/// What happens to contacts that are known.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnKnownRequest {
    /// They get what the table says.
    Update,
    /// They stay, and the line is refused.
    Keep,
}

/// What became of a table.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportReportView {
    /// New contacts.
    pub accepted: u32,
    /// Known contacts that were changed.
    pub updated: u32,
    /// Lines that were not taken.
    pub refused: u32,
    /// Why, in the order of the lines, up to a thousand.
    pub refusals: Vec<RefusedLineView>,
}

/// A line that was not taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct RefusedLineView {
    /// Which line of the table; the line of names is the first.
    pub line: u64,
    /// What stands where the number should be.
    pub phone_number: String,
    /// Stable word for the reason.
    #[schema(example = "too_short")]
    pub code: String,
    /// The reason.
    pub detail: String,
}

/// Whose number to find out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyContactRequest {
    /// The number, in any common way of writing.
    #[schema(example = "(415) 555-0199")]
    pub phone_number: String,
    /// Where it is, when it has no country code (ISO 3166).
    #[serde(default)]
    #[schema(example = "US")]
    pub country: Option<String>,
}

/// What is known of a number.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerificationView {
    /// The number in its one form.
    pub phone_number: E164,
    /// Whether it is a contact's.
    pub known: bool,
    /// Whether it is a contact's with the premium plan.
    pub premium: bool,
    /// Whose it is.
    #[schema(required)]
    pub contact: Option<ContactView>,
}

/// A contact.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContactView {
    /// Its id.
    pub id: ContactId,
    /// Its number.
    pub e164: E164,
    /// Its name.
    pub name: String,
    /// What it has subscribed to with you.
    pub plan: ContactPlan,
    /// Whether somebody made sure that the number is theirs.
    pub verified: bool,
    /// What else you note.
    pub attributes: BTreeMap<String, String>,
    /// When it came.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// The company's contacts, newest first.
#[utoipa::path(operation_id = "list_contacts", tag = "Contacts", params(ContactParams),
    security(("bearer" = ["contact.read"])), responses((status = 200, body = List<ContactView>)))]
#[get("/contacts")]
pub async fn list(
    allow: Allow<ContactRead>,
    app: web::Data<App>,
    params: Query<ContactParams>,
) -> ApiResult<web::Json<List<ContactView>>> {
    let ContactParams {
        search,
        plan,
        limit,
        cursor,
    } = params.0;
    let page = app
        .contacts
        .list(&allow.who, search.as_deref(), plan, limit, cursor.as_deref())
        .await?;
    Ok(web::Json(List::from_page(page)))
}

/// Keep a contact.
#[utoipa::path(operation_id = "create_contact", tag = "Contacts", request_body = CreateContactRequest,
    security(("bearer" = ["contact.write"])), responses((status = 201, body = ContactView)))]
#[post("/contacts")]
pub async fn create(
    allow: Allow<ContactWrite>,
    app: web::Data<App>,
    body: Body<CreateContactRequest>,
) -> ApiResult<HttpResponse> {
    let CreateContactRequest {
        e164,
        name,
        plan,
        verified,
        attributes,
    } = body.0;
    let input = ContactInput {
        e164,
        name,
        plan,
        verified,
        attributes,
    };
    let contact = app.contacts.create(&allow.who, input).await?;
    Ok(HttpResponse::Created().json(ContactView::from(contact)))
}

/// Take in a table of contacts. Lines that cannot be taken are told; the others are kept.
#[utoipa::path(operation_id = "import_contacts", tag = "Contacts", request_body = ImportContactsRequest,
    security(("bearer" = ["contact.write"])), responses((status = 200, body = ImportReportView)))]
#[post("/contacts/import")]
pub async fn import(
    allow: Allow<ContactWrite>,
    app: web::Data<App>,
    body: Body<ImportContactsRequest>,
) -> ApiResult<web::Json<ImportReportView>> {
    let ImportContactsRequest {
        csv,
        country,
        on_known,
    } = body.0;
    let input = ImportContacts {
        csv,
        country,
        on_known: match on_known {
            Some(OnKnownRequest::Keep) => OnKnown::Keep,
            Some(OnKnownRequest::Update) | None => OnKnown::Update,
        },
    };
    Ok(web::Json(app.contacts.import(&allow.who, &input).await?.into()))
}

/// Whose number is it?
#[utoipa::path(operation_id = "verify_contact", tag = "Contacts", request_body = VerifyContactRequest,
    security(("bearer" = ["contact.read"])), responses((status = 200, body = VerificationView)))]
#[post("/contacts/verify")]
pub async fn verify(
    allow: Allow<ContactRead>,
    app: web::Data<App>,
    body: Body<VerifyContactRequest>,
) -> ApiResult<web::Json<VerificationView>> {
    let VerifyContactRequest {
        phone_number,
        country,
    } = body.0;
    let found = app
        .contacts
        .verify(&allow.who, &phone_number, country.as_deref())
        .await?;
    Ok(web::Json(found.into()))
}

/// One contact.
#[utoipa::path(operation_id = "get_contact", tag = "Contacts", params(("id" = ContactId, Path)),
    security(("bearer" = ["contact.read"])), responses((status = 200, body = ContactView)))]
#[get("/contacts/{id}")]
pub async fn get(
    allow: Allow<ContactRead>,
    app: web::Data<App>,
    id: web::Path<ContactId>,
) -> ApiResult<web::Json<ContactView>> {
    Ok(web::Json(app.contacts.get(&allow.who, *id).await?.into()))
}

/// Change a contact.
#[utoipa::path(operation_id = "update_contact", tag = "Contacts", params(("id" = ContactId, Path)),
    request_body = ContactPatchRequest, security(("bearer" = ["contact.write"])),
    responses((status = 200, body = ContactView)))]
#[patch("/contacts/{id}")]
pub async fn update(
    allow: Allow<ContactWrite>,
    app: web::Data<App>,
    id: web::Path<ContactId>,
    body: Body<ContactPatchRequest>,
) -> ApiResult<web::Json<ContactView>> {
    let ContactPatchRequest {
        e164,
        name,
        plan,
        verified,
        attributes,
    } = body.0;
    let patch = ContactPatch {
        e164,
        name,
        plan,
        verified,
        attributes,
    };
    Ok(web::Json(
        app.contacts.update(&allow.who, *id, patch).await?.into(),
    ))
}

/// Forget a contact. Its calls stay.
#[utoipa::path(operation_id = "delete_contact", tag = "Contacts", params(("id" = ContactId, Path)),
    security(("bearer" = ["contact.write"])), responses((status = 204)))]
#[delete("/contacts/{id}")]
pub async fn delete(
    allow: Allow<ContactWrite>,
    app: web::Data<App>,
    id: web::Path<ContactId>,
) -> ApiResult<HttpResponse> {
    app.contacts.delete(&allow.who, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}

impl From<Contact> for ContactView {
    fn from(contact: Contact) -> Self {
        Self {
            id: contact.id,
            e164: contact.e164,
            name: contact.name,
            plan: contact.plan,
            verified: contact.verified,
            attributes: contact.attributes,
            created_at: contact.created_at,
            updated_at: contact.updated_at,
        }
    }
}

impl From<ImportReport> for ImportReportView {
    fn from(report: ImportReport) -> Self {
        Self {
            accepted: report.accepted,
            updated: report.updated,
            refused: report.refused,
            refusals: report
                .refusals
                .into_iter()
                .map(|refused| RefusedLineView {
                    line: refused.line,
                    phone_number: refused.phone_number,
                    code: refused.code.to_owned(),
                    detail: refused.detail,
                })
                .collect(),
        }
    }
}

impl From<Verification> for VerificationView {
    fn from(found: Verification) -> Self {
        Self {
            premium: found.is_premium(),
            known: found.contact.is_some(),
            phone_number: found.e164,
            contact: found.contact.map(Into::into),
        }
    }
}
