//! Calls: history, live ones, one call and its ledger.

use actix_web::{get, web};
use chrono::{DateTime, Utc};
use phony_app::App;
use phony_app::calls::{CallQuery, CallView};
use phony_app::supervision::WallRow;
use phony_kernel::call::{CallStatus, Channel, Direction, EndedReason, Engine};
use phony_kernel::{NumberId, PersonalityId};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{List, PageParams};
use crate::auth::{Allow, CallMonitor, CallRead, TranscriptRead};
use crate::extract::Query;
use crate::problem::ApiResult;
use crate::routes::items::ItemView;

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
    /// Only calls that came this way.
    pub channel: Option<Channel>,
    /// Only calls that were spoken this way.
    pub engine: Option<Engine>,
    /// Only calls that ended for this reason.
    pub ended_reason: Option<EndedReason>,
    /// Only calls whose caller's or called number contains these digits, written in any way.
    #[param(example = "555 0134", max_length = 32)]
    pub contains: Option<String>,
    /// Only calls since then.
    #[serde(
        rename = "created_at[gte]",
        default,
        deserialize_with = "crate::moment::optional"
    )]
    #[param(rename = "created_at[gte]")]
    pub created_from: Option<DateTime<Utc>>,
    /// Only calls before then.
    #[serde(
        rename = "created_at[lt]",
        default,
        deserialize_with = "crate::moment::optional"
    )]
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
    params: Query<CallParams>,
) -> ApiResult<web::Json<List<CallView>>> {
    let params = params.0;
    let query = CallQuery {
        status: params.status,
        direction: params.direction,
        number: params.number_id,
        personality: params.personality_id,
        channel: params.channel,
        engine: params.engine,
        ended_reason: params.ended_reason,
        contains: params.contains,
        created_from: params.created_from,
        created_to: params.created_to,
    };
    let page = app
        .calls
        .list(&allow.who, query, params.limit, params.cursor.as_deref())
        .await?;
    Ok(web::Json(List::from_page(page)))
}

/// The calls that are going on now, each with what asks for a person: the lines of the live socket's topic `calls`. The
/// words that were said last are shown to those who may read transcripts.
#[utoipa::path(operation_id = "list_live_calls", tag = "Calls", security(("bearer" = ["call.monitor"])),
    responses((status = 200, body = List<WallRow>)))]
#[get("/calls/live")]
pub async fn live(allow: Allow<CallMonitor>, app: web::Data<App>) -> ApiResult<web::Json<List<WallRow>>> {
    let wall = app.supervision.wall(&allow.who).await?;
    Ok(web::Json(List::whole(wall.calls)))
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
    Ok(web::Json(app.calls.get(&allow.who, &id.parse()?).await?))
}

/// The ledger of a call: what was said and heard, keys, commands, questions, acts.
#[utoipa::path(operation_id = "list_call_items", tag = "Calls", security(("bearer" = ["transcript.read"])),
    params(("id" = String, Path, description = "`call_…` or the carrier's `CA…`"), PageParams),
    responses((status = 200, body = List<ItemView>)))]
#[get("/calls/{id}/items")]
pub async fn items(
    allow: Allow<TranscriptRead>,
    app: web::Data<App>,
    id: web::Path<String>,
    page: Query<PageParams>,
) -> ApiResult<web::Json<List<ItemView>>> {
    let (limit, cursor) = (page.0.limit, page.0.cursor.as_deref());
    let page = app.calls.items(&allow.who, &id.parse()?, limit, cursor).await?;
    Ok(web::Json(List::from_page(page)))
}
