//! The company's own settings: whom its agents may ring.

use actix_web::{get, patch, post, web};
use chrono::{DateTime, Utc};
use phony_app::outbound_policy::{OutboundPolicy, OutboundStop, PolicyPatch, StopReason, TenantSettings};
use phony_app::privacy::{Retention, RetentionPatch};
use phony_app::{App, Principal};
use phony_kernel::{Plan, TenantId, TotpRequirement};
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
    /// Set while they ring nobody, because their calls looked like fraud.
    #[schema(required)]
    pub outbound_stop: Option<OutboundStopView>,
    /// Who must have a second factor. Those who have none can only make one until they do.
    pub totp_required: TotpRequirement,
    /// For how many days recordings of calls are kept.
    pub recording_days: i32,
    /// For how many days what was said and done in calls is kept.
    pub transcript_days: i32,
    /// For how many days the audit log is kept.
    pub audit_days: i32,
}

/// Outbound calls have stopped: an hour was out of all proportion to the days before it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OutboundStopView {
    /// Since when.
    pub stopped_at: DateTime<Utc>,
    /// What was out of all proportion.
    pub reason: StopReason,
    /// What it was in that hour: USD, ranges of numbers, or the share of calls that were over within seconds.
    #[schema(example = 61.5)]
    pub figure: f64,
    /// What it is in an hour as a rule, by the median of the seven days before; none when there was nothing.
    #[schema(required, example = 4.1)]
    pub usual: Option<f64>,
}

impl From<OutboundStop> for OutboundStopView {
    fn from(stop: OutboundStop) -> Self {
        Self {
            stopped_at: stop.stopped_at,
            reason: stop.reason,
            figure: stop.figure,
            usual: stop.usual,
        }
    }
}

/// What to change; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantPatchRequest {
    /// Whom agents may ring, when and how often.
    #[serde(default)]
    pub outbound_policy: Option<PolicyPatch>,
    /// Who must have a second factor.
    #[serde(default)]
    pub totp_required: Option<TotpRequirement>,
    /// For how many days recordings of calls are kept, those that are there too.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 3650)]
    pub recording_days: Option<i32>,
    /// For how many days what was said and done in calls is kept, of those that are over too.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 3650)]
    pub transcript_days: Option<i32>,
    /// For how many days the audit log is kept.
    #[serde(default)]
    #[schema(minimum = 90, maximum = 3650)]
    pub audit_days: Option<i32>,
}

impl TenantSettingsView {
    fn new(settings: TenantSettings, recording_days: i32, kept: Retention) -> Self {
        Self {
            id: settings.id,
            name: settings.name,
            plan: settings.plan,
            time_zone: settings.time_zone,
            outbound_policy: settings.policy,
            outbound_stop: settings.stop.map(Into::into),
            totp_required: settings.totp_required,
            recording_days,
            transcript_days: kept.transcript_days,
            audit_days: kept.audit_days,
        }
    }
}

/// The settings with what other areas know of them.
async fn shown(
    app: &App,
    who: &Principal,
    settings: TenantSettings,
) -> ApiResult<web::Json<TenantSettingsView>> {
    let days = app.recordings.kept_days(who).await?;
    let kept = app.privacy.retention(who).await?;
    Ok(web::Json(TenantSettingsView::new(settings, days, kept)))
}

/// The company's settings.
#[utoipa::path(operation_id = "get_tenant", tag = "Identity", security(("bearer" = ["call.read"])),
    responses((status = 200, body = TenantSettingsView)))]
#[get("/tenant")]
pub async fn get(allow: Allow<CallRead>, app: web::Data<App>) -> ApiResult<web::Json<TenantSettingsView>> {
    let settings = app.policies.settings(&allow.who).await?;
    shown(&app, &allow.who, settings).await
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
    let kept = RetentionPatch {
        transcript_days: body.0.transcript_days,
        audit_days: body.0.audit_days,
    };
    app.privacy.keep_for(&allow.who, kept).await?;
    if let Some(whom) = body.0.totp_required {
        app.identity.require_totp(&allow.who, whom).await?;
    }
    if let Some(days) = body.0.recording_days {
        app.recordings.keep_for(&allow.who, days).await?;
    }
    let settings = app.policies.change(&allow.who, body.0.outbound_policy).await?;
    shown(&app, &allow.who, settings).await
}

/// Let agents ring again after their calls were stopped because they looked like fraud. What was seen until now is not
/// held against you again.
#[utoipa::path(operation_id = "resume_outbound", tag = "Identity",
    security(("bearer" = ["policy.write"])), responses((status = 200, body = TenantSettingsView)))]
#[post("/tenant/outbound/resume")]
pub async fn resume_outbound(
    allow: Allow<PolicyWrite>,
    app: web::Data<App>,
) -> ApiResult<web::Json<TenantSettingsView>> {
    let settings = app.policies.lift_stop(&allow.who).await?;
    shown(&app, &allow.who, settings).await
}
