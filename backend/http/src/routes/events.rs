//! What happened in a call, event by event: for programs that follow it without a live socket, or catch up after one.

use actix_web::{get, web};
use phony_app::App;
use phony_conversation::Event;
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{KnownFormat, RefOr, SchemaFormat};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use super::List;
use crate::auth::{Allow, TranscriptRead};
use crate::extract::Query;
use crate::problem::ApiResult;

/// Which events of a call.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventParams {
    /// Events on a page.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Only events behind this `seq`: the last one that is known, for a call that goes on. Not together with `cursor`.
    #[param(minimum = 0, maximum = 2_147_483_647)]
    pub after: Option<u32>,
}

/// One event of a call.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct EventView(pub Event);

impl From<Event> for EventView {
    fn from(event: Event) -> Self {
        Self(event)
    }
}

impl PartialSchema for EventView {
    fn schema() -> RefOr<Schema> {
        let of = |kind: Type| ObjectBuilder::new().schema_type(SchemaType::Type(kind));
        let time = SchemaFormat::KnownFormat(KnownFormat::DateTime);
        ObjectBuilder::new()
            .description(Some(
                "One event of a call, as the live socket tells it. `event` names it, such as `speech.final` or \
                 `transfer.updated`, and `data` has what belongs to that name.",
            ))
            .property("seq", of(Type::Integer).description(Some("Counts within the call; gaps are possible.")))
            .required("seq")
            .property("at", of(Type::String).format(Some(time)))
            .required("at")
            .property(
                "offset_ms",
                of(Type::Integer).description(Some("Milliseconds since the conversation began.")),
            )
            .required("offset_ms")
            .property("event", of(Type::String).examples(["speech.final"]))
            .required("event")
            .property(
                "data",
                of(Type::Object).additional_properties(Some(AdditionalProperties::FreeForm(true))),
            )
            .required("data")
            .into()
    }
}

impl ToSchema for EventView {
    fn name() -> std::borrow::Cow<'static, str> {
        "Event".into()
    }
}

/// What happened in a call, oldest first. What is only of the moment, as words that are still being said, is told on
/// the live socket alone.
#[utoipa::path(operation_id = "list_call_events", tag = "Calls", security(("bearer" = ["transcript.read"])),
    params(("id" = String, Path, description = "`call_…` or the carrier's `CA…`"), EventParams),
    responses((status = 200, body = List<EventView>)))]
#[get("/calls/{id}/events")]
pub async fn list(
    allow: Allow<TranscriptRead>,
    app: web::Data<App>,
    id: web::Path<String>,
    params: Query<EventParams>,
) -> ApiResult<web::Json<List<EventView>>> {
    let EventParams { limit, cursor, after } = params.0;
    let page = app
        .calls
        .events(&allow.who, &id.parse()?, limit, cursor.as_deref(), after)
        .await?;
    Ok(web::Json(List::from_page(page)))
}
