//! Who am I.

use actix_web::{get, web};
use phony_app::{App, Who};
use phony_kernel::plan::Limits;
use phony_kernel::{Permission, Role, Scope};
use serde::Serialize;
use utoipa::ToSchema;

use super::auth::{TenantView, UserView};
use crate::auth::Anybody;
use crate::problem::ApiResult;

/// The credential behind the request, and what it may do.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeView {
    /// The person; null for an API key.
    #[schema(required)]
    pub user: Option<UserView>,
    /// The company.
    pub tenant: TenantView,
    /// What the person is there; null for an API key.
    #[schema(required)]
    pub role: Option<Role>,
    /// What the credential may do.
    pub permissions: Vec<Permission>,
    /// Scopes of an API key; null for a person.
    #[schema(required)]
    pub scopes: Option<Vec<Scope>>,
    /// Limits of the plan; null is no limit.
    pub limits: Limits,
}

/// Who am I, in which company, and what may I do.
#[utoipa::path(operation_id = "get_me", tag = "Identity", security(("bearer" = [])),
    responses((status = 200, body = MeView)))]
#[get("/me")]
pub async fn get_me(who: Anybody, app: web::Data<App>) -> ApiResult<web::Json<MeView>> {
    let who = who.0;
    let me = app.identity.me(&who).await?;
    let (role, scopes) = match &who.who {
        Who::Member { role, .. } => (Some(*role), None),
        Who::Key { scopes, .. } => (None, Some(scopes.clone())),
    };
    Ok(web::Json(MeView {
        user: me.user.map(Into::into),
        limits: me.tenant.plan.limits(),
        tenant: me.tenant.into(),
        role,
        permissions: Permission::ALL.iter().copied().filter(|permission| who.holds(*permission)).collect(),
        scopes,
    }))
}
