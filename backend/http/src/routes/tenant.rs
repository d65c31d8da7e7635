//! The company's own settings: whom its agents may ring.

use actix_web::{get, patch, web};
use phony_app::App;
use phony_app::outbound_policy::{OutboundPolicy, PolicyPatch, TenantSettings};
use phony_kernel::{Plan, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{Allow, CallRead, PolicyWrite};
use crate::extract::Body;
use crate::problem::ApiResult;

/// The company's own settings.
#[derive(Debug, Serialize, ToSchema)]
pub struct TenantSettingsView {
    /// Its id.
    pub id: TenantId,
    /// Its name.
    pub name: String,
    /// What it has subscribed to.
    pub plan: Plan,
    /// IANA name of its time zone.
    pub time_zone: String,
    /// Whom its agents may ring, when and how often.
    pub outbound_policy: OutboundPolicy,
    /// For how many days recordings of calls are kept.
    pub recording_days: i32,
}

/// What to change; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantPatchRequest {
    /// Whom agents may ring, when and how often.
    #[serde(default)]
    pub outbound_policy: Option<PolicyPatch>,
    /// For how many days recordings of calls are kept, those that are there too.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 3650)]
    pub recording_days: Option<i32>,
}

impl TenantSettingsView {
    fn new(settings: TenantSettings, recording_days: i32) -> Self {
        Self {
            id: settings.id,
            name: settings.name,
            plan: settings.plan,
            time_zone: settings.time_zone,
            outbound_policy: settings.policy,
            recording_days,
        }
    }
}

/// The company's settings.
#[utoipa::path(operation_id = "get_tenant", tag = "Identity", security(("bearer" = ["call.read"])),
    responses((status = 200, body = TenantSettingsView)))]
#[get("/tenant")]
pub async fn get(allow: Allow<CallRead>, app: web::Data<App>) -> ApiResult<web::Json<TenantSettingsView>> {
    let days = app.recordings.kept_days(&allow.who).await?;
    let settings = app.policies.settings(&allow.who).await?;
    Ok(web::Json(TenantSettingsView::new(settings, days)))
}

/// Change whom agents may ring, and how long recordings are kept. Each change is a version, and each call keeps the one it went by.
#[utoipa::path(operation_id = "update_tenant", tag = "Identity", request_body = TenantPatchRequest,
    security(("bearer" = ["policy.write"])), responses((status = 200, body = TenantSettingsView)))]
#[patch("/tenant")]
pub async fn update(
    allow: Allow<PolicyWrite>,
    app: web::Data<App>,
    body: Body<TenantPatchRequest>,
) -> ApiResult<web::Json<TenantSettingsView>> {
    if let Some(days) = body.0.recording_days {
        app.recordings.keep_for(&allow.who, days).await?;
    }
    let settings = app.policies.change(&allow.who, body.0.outbound_policy).await?;
    let days = app.recordings.kept_days(&allow.who).await?;
    Ok(web::Json(TenantSettingsView::new(settings, days)))
}
