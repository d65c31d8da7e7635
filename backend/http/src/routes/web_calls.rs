//! Calls from the browser. What goes over their sockets is in `crate::web_call`.

use actix_web::{HttpResponse, post, web};
use phony_app::App;
use phony_app::calls::{CallView, TICKET_SECONDS, WebCall, WebMode, WebTicket};
use phony_kernel::call::Engine;
use phony_kernel::{Error, Kind, Permission, PersonalityId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::personalities::PatchPersonalityRequest;
use crate::auth::{Allow, WebCallCreate};
use crate::extract::Body;
use crate::problem::ApiResult;

/// A call from the browser, please.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebCallRequest {
    /// Who talks.
    pub personality_id: PersonalityId,
    /// In which version; the current one when absent.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub version: Option<i32>,
    /// Changes to try before they are saved; nothing is stored but with the call. Needs the permission to change
    /// personalities, and no `version`.
    #[serde(default)]
    pub draft: Option<PatchPersonalityRequest>,
    /// By microphone or typed.
    pub mode: WebMode,
    /// The engine; the usual one of the mode when absent: `realtime` for `voice`, `relay` for `text`. A typed call may
    /// be held with `realtime` too: the same model and functions, without sound.
    #[serde(default)]
    pub engine: Option<Engine>,
}

/// A call that waits for its socket.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebCallView {
    /// The call.
    pub call: CallView,
    /// For one socket at `/v1/web_calls/{id}`, sent as the subprotocol `ticket.<ticket>` beside `phony.v1`.
    pub ticket: String,
    /// Seconds until it is worthless.
    pub expires_in: u32,
}

impl From<WebTicket> for WebCallView {
    fn from(made: WebTicket) -> Self {
        Self {
            call: made.call,
            ticket: made.ticket,
            expires_in: TICKET_SECONDS,
        }
    }
}

/// Begin a call from the browser.
#[utoipa::path(operation_id = "create_web_call", tag = "Calls", request_body = WebCallRequest,
    security(("bearer" = ["web_call.create"])), responses((status = 201, body = WebCallView)))]
#[post("/web_calls")]
pub async fn create(
    allow: Allow<WebCallCreate>,
    app: web::Data<App>,
    body: Body<WebCallRequest>,
) -> ApiResult<HttpResponse> {
    let request = body.0;
    check(&request)?;
    if app.is_draining() || app.engine.is_draining() || !app.engine.has_room() {
        return Err(no_room().into());
    }
    let engine = engine_of(&request);
    let draft = match request.draft {
        Some(patch) => {
            allow.who.require(Permission::PersonalityWrite, app.clock.now())?;
            let id = request.personality_id;
            Some(app.personalities.draft(&allow.who, id, patch.into()).await?)
        }
        None => None,
    };
    let wanted = WebCall {
        personality: request.personality_id,
        version: request.version,
        draft,
        mode: request.mode,
        engine,
    };
    let mut made = app.calls.start_web(&allow.who, &wanted).await?;
    app.supervision.keep_web_ticket(&allow.who, &made.ticket).await?;
    let events = std::mem::take(&mut made.events);
    app.announce(allow.who.tenant, made.call.id, &made.call.call_sid, events);
    Ok(HttpResponse::Created().json(WebCallView::from(made)))
}

/// All faults at once.
fn check(request: &WebCallRequest) -> Result<(), Error> {
    let mut faults = phony_kernel::error::Faults::new();
    faults.require(
        request.version.is_none_or(|version| version > 0),
        "version",
        "out_of_range",
        "must be 1 or more",
    );
    faults.require(
        request.version.is_none() || request.draft.is_none(),
        "draft",
        "not_both",
        "cannot be tried together with a version",
    );
    let objection = request.mode.objection(engine_of(request));
    faults.require(
        objection.is_none(),
        "engine",
        "not_possible",
        objection.unwrap_or_default(),
    );
    faults.finish()
}

fn engine_of(request: &WebCallRequest) -> Engine {
    request.engine.unwrap_or_else(|| request.mode.engine())
}

pub(crate) fn no_room() -> Error {
    Error::new(
        Kind::Unavailable,
        "no_room",
        "no more calls can be taken just now; try again shortly",
    )
    .retry_after(5)
}
