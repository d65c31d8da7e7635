//! Who am I.

use actix_web::{get, web};
use phony_app::App;
use phony_app::identity::Me;

use crate::auth::Anybody;
use crate::problem::ApiResult;

/// Who am I, in which company, and what may I do.
#[utoipa::path(operation_id = "get_me", tag = "Identity", security(("bearer" = [])),
    responses((status = 200, body = Me)))]
#[get("/me")]
pub async fn get_me(who: Anybody, app: web::Data<App>) -> ApiResult<web::Json<Me>> {
    Ok(web::Json(app.identity.me(&who.0).await?))
}
