//! Calls: history, live ones, one call and its ledger.

use std::collections::BTreeMap;

use actix_web::{get, web};
use chrono::{DateTime, Utc};
use phony_app::App;
use phony_app::calls::{CallFilter, CallInfo};
use phony_kernel::call::{CallStatus, ConversationState, Direction, EndedBy, EndedReason, Engine, Fault};
use phony_kernel::{CallId, NumberId, PersonalityId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{List, MoneyView};
use crate::auth::{Allow, CallMonitor, CallRead, TranscriptRead};
use crate::problem::ApiResult;
use crate::routes::items::ItemView;

/// A call.
#[derive(Debug, Serialize, ToSchema)]
pub struct CallView {
    /// Our id.
    pub id: CallId,
    /// The carrier's id.
    #[schema(example = "CA0123456789abcdef0123456789abcdef")]
    pub call_sid: String,
    /// Which way it went.
    pub direction: Direction,
    /// `phone` or `web`.
    pub channel: String,
    /// How it is spoken.
    pub engine: Engine,
    /// The calling party, as the carrier named it.
    pub from: String,
    /// The called number.
    pub to: String,
    /// Our number.
    pub number_id: NumberId,
    /// Who talks.
    #[schema(required)]
    pub personality: Option<CallPersonalityView>,
    /// Where it stands.
    pub status: CallStatus,
    /// What the conversation does, while it is live.
    #[schema(required)]
    pub state: Option<ConversationState>,
    /// Why it ended.
    #[schema(required)]
    pub ended_reason: Option<EndedReason>,
    /// Who ended it.
    #[schema(required)]
    pub ended_by: Option<EndedBy>,
    /// Whose fault an unwanted end was.
    #[schema(required)]
    pub fault: Option<Fault>,
    /// More about the end, for people.
    #[schema(required)]
    pub detail: Option<String>,
    /// When we learned of it.
    pub created_at: DateTime<Utc>,
    /// When it rang.
    #[schema(required)]
    pub ringing_at: Option<DateTime<Utc>>,
    /// When it was answered.
    #[schema(required)]
    pub answered_at: Option<DateTime<Utc>>,
    /// When the caller could hear the first word.
    #[schema(required)]
    pub first_audio_at: Option<DateTime<Utc>>,
    /// When it ended.
    #[schema(required)]
    pub ended_at: Option<DateTime<Utc>>,
    /// From answer to end, in milliseconds; counted until now while it is live.
    #[schema(required)]
    pub duration_ms: Option<i64>,
    /// What it costs so far.
    #[schema(required)]
    pub cost: Option<MoneyView>,
    /// Whether the carrier has told the final duration.
    pub settled: bool,
    /// How long the caller waited for answers.
    #[schema(required)]
    pub latency: Option<LatencyView>,
    /// Your own pairs.
    pub metadata: BTreeMap<String, String>,
    /// Whether it ran on the simulator.
    pub test: bool,
}

/// Who talks in a call.
#[derive(Debug, Serialize, ToSchema)]
pub struct CallPersonalityView {
    /// Its id.
    pub id: PersonalityId,
    /// Its name.
    pub name: String,
    /// The version that the call began with.
    pub version: i32,
}

/// How long the caller waited for answers, in milliseconds.
#[derive(Debug, Serialize, ToSchema)]
pub struct LatencyView {
    /// Half of the turns were faster.
    pub p50: i64,
    /// All but one in twenty were faster.
    pub p95: i64,
}

impl From<CallInfo> for CallView {
    fn from(call: CallInfo) -> Self {
        let (ended_reason, ended_by, fault, detail) = match call.ending {
            Some(ending) => (Some(ending.reason), Some(ending.by), Some(ending.fault), ending.detail),
            None => (None, None, None, None),
        };
        Self {
            id: call.id,
            call_sid: call.call_sid,
            direction: call.direction,
            channel: call.channel,
            engine: call.engine,
            from: call.from,
            to: call.to,
            number_id: call.number_id,
            personality: call.personality.map(|personality| CallPersonalityView {
                id: personality.id,
                name: personality.name,
                version: personality.version,
            }),
            status: call.status,
            state: call.state,
            ended_reason,
            ended_by,
            fault,
            detail,
            created_at: call.created_at,
            ringing_at: call.ringing_at,
            answered_at: call.answered_at,
            first_audio_at: call.first_audio_at,
            ended_at: call.ended_at,
            duration_ms: call.duration_ms,
            cost: call.cost.map(|cost| MoneyView { amount: cost.amount.to_string(), currency: cost.currency }),
            settled: call.settled,
            latency: call.latency.map(|latency| LatencyView { p50: latency.p50_ms, p95: latency.p95_ms }),
            metadata: call.metadata,
            test: call.test,
        }
    }
}

/// Which calls.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CallParams {
    /// Calls on a page.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Only calls that stand there.
    pub status: Option<CallStatus>,
    /// Only calls that went this way.
    pub direction: Option<Direction>,
    /// Only calls over this number.
    pub number_id: Option<NumberId>,
    /// Only calls of this personality.
    pub personality_id: Option<PersonalityId>,
    /// Only calls since then.
    #[serde(rename = "created_at[gte]")]
    #[param(rename = "created_at[gte]")]
    pub created_from: Option<DateTime<Utc>>,
    /// Only calls before then.
    #[serde(rename = "created_at[lt]")]
    #[param(rename = "created_at[lt]")]
    pub created_to: Option<DateTime<Utc>>,
}

/// The company's calls, newest first.
#[utoipa::path(operation_id = "list_calls", tag = "Calls", params(CallParams),
    security(("bearer" = ["call.read"])), responses((status = 200, body = List<CallView>)))]
#[get("/calls")]
pub async fn list(
    allow: Allow<CallRead>,
    app: web::Data<App>,
    params: web::Query<CallParams>,
) -> ApiResult<web::Json<List<CallView>>> {
    let params = params.into_inner();
    let filter = CallFilter {
        status: params.status,
        direction: params.direction,
        number_id: params.number_id,
        personality_id: params.personality_id,
        created_from: params.created_from,
        created_to: params.created_to,
    };
    let page = app.calls.list(&allow.who, filter, params.limit, params.cursor.as_deref()).await?;
    Ok(web::Json(List::from_page(page)))
}

/// The calls that are going on now.
#[utoipa::path(operation_id = "list_live_calls", tag = "Calls", security(("bearer" = ["call.monitor"])),
    responses((status = 200, body = List<CallView>)))]
#[get("/calls/live")]
pub async fn live(allow: Allow<CallMonitor>, app: web::Data<App>) -> ApiResult<web::Json<List<CallView>>> {
    let calls = app.calls.live(&allow.who).await?;
    Ok(web::Json(List::whole(calls.into_iter().map(Into::into).collect())))
}

/// One call, by our id or the carrier's.
#[utoipa::path(operation_id = "get_call", tag = "Calls", security(("bearer" = ["call.read"])),
    params(("id" = String, Path, description = "`call_…` or the carrier's `CA…`")),
    responses((status = 200, body = CallView)))]
#[get("/calls/{id}")]
pub async fn get(
    allow: Allow<CallRead>,
    app: web::Data<App>,
    id: web::Path<String>,
) -> ApiResult<web::Json<CallView>> {
    Ok(web::Json(app.calls.get(&allow.who, &id).await?.into()))
}

/// The ledger of a call: what was said and heard, keys, commands, questions, acts.
#[utoipa::path(operation_id = "list_call_items", tag = "Calls", security(("bearer" = ["transcript.read"])),
    params(("id" = String, Path, description = "`call_…` or the carrier's `CA…`")),
    responses((status = 200, body = List<ItemView>)))]
#[get("/calls/{id}/items")]
pub async fn items(
    allow: Allow<TranscriptRead>,
    app: web::Data<App>,
    id: web::Path<String>,
) -> ApiResult<web::Json<List<ItemView>>> {
    let items = app.calls.items(&allow.who, &id).await?;
    Ok(web::Json(List::whole(items.into_iter().map(ItemView).collect())))
}
