//! Older addresses that scripts for other systems know, served by the same use cases.

use actix_web::web;
use phony_app::App;

use crate::auth::{Allow, ContactRead};
use crate::extract::Body;
use crate::problem::ApiResult;
use crate::routes::contacts::{VerificationView, VerifyContactRequest};

/// Each address with its method and what it stands for.
pub const ALIASES: [(&str, &str, &str); 1] =
    [("/phone/test-verification", "POST", "POST /v1/contacts/verify")];

/// Registers them.
pub fn configure(config: &mut web::ServiceConfig) {
    config.route("/phone/test-verification", web::post().to(verify_contact));
}

async fn verify_contact(
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
