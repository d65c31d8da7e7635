//! Personalities. How the views are made of what the use cases know is in `convert`.

mod asking;
mod convert;
mod recording;
mod speech;
mod targets;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use chrono::{DateTime, Utc};
use phony_app::App;
use phony_app::personalities::Personality;
use phony_kernel::PersonalityId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use asking::{
    ApprovalModeView, ApprovalRequest, ApprovalTimeoutView, ApprovalView, ClarificationRequest,
    ClarificationTimeoutView, ClarificationView,
};
pub use recording::{PersonalityRecordingRequest, PersonalityRecordingView};
pub use speech::{
    CapabilityView, EagernessView, FallbackView, GreetingPolicyView, NoiseReductionView, NoteView,
    RealtimeSettingsRequest, RealtimeSettingsView, ReasoningEffortView, TurnDetectionView,
};

pub use targets::{StayAsView, TransferKindView, TransferTargetOutView, TransferTargetView};

use super::{List, PageParams};
use crate::auth::{Allow, PersonalityRead, PersonalityWrite};
use crate::extract::{Body, Query};
use crate::problem::ApiResult;

/// One example of how a personality talks.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExchangeView {
    /// What a caller says.
    #[schema(min_length = 1, max_length = 1000)]
    pub caller: String,
    /// What the agent answers.
    #[schema(min_length = 1, max_length = 1000)]
    pub agent: String,
}

/// A personality as it stands: its latest version.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonalityView {
    /// Its id.
    pub id: PersonalityId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The preset it was made of, if any.
    #[schema(required)]
    pub preset: Option<String>,
    /// Version, from 1; every change makes a new one.
    pub version: i32,
    /// Voice by its catalogue name.
    pub voice: String,
    /// Main language, BCP 47.
    pub language: String,
    /// First words; null lets the caller speak first.
    #[schema(required)]
    pub greeting: Option<String>,
    /// What it is told to be.
    pub system_prompt: String,
    /// How it answers.
    pub response_style: String,
    /// Traits.
    pub traits: Vec<String>,
    /// Example exchanges.
    pub examples: Vec<ExchangeView>,
    /// Language model.
    pub model: String,
    /// Whom it may hand a caller to.
    pub transfer_targets: Vec<TransferTargetOutView>,
    /// Who speaks first.
    pub greeting_policy: GreetingPolicyView,
    /// Settings of the `realtime` engine.
    pub realtime: RealtimeSettingsView,
    /// What goes on with a call whose engine has failed for good.
    pub fallback: FallbackView,
    /// Whether its calls are recorded, and in which words callers are told.
    pub recording: PersonalityRecordingView,
    /// Which of its replies wait for a person.
    pub approval: ApprovalView,
    /// How long its questions wait for a person.
    pub clarification: ClarificationView,
    /// What each engine cannot honour of it.
    pub capabilities: Vec<CapabilityView>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// A personality that comes with the product.
#[derive(Debug, Serialize, ToSchema)]
pub struct PresetView {
    /// Its key.
    #[schema(example = "professional_assistant")]
    pub preset: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Voice by its catalogue name.
    pub voice: String,
    /// Main language, BCP 47.
    pub language: String,
    /// First words.
    pub greeting: String,
    /// Traits.
    pub traits: Vec<String>,
}

/// A new personality of your own.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreatePersonalityRequest {
    /// Its name, unique in the company.
    #[schema(min_length = 1, max_length = 80)]
    pub name: String,
    /// What it is for.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub description: String,
    /// Voice by its catalogue name; the platform's when absent.
    #[serde(default)]
    #[schema(example = "alloy")]
    pub voice: Option<String>,
    /// Main language, BCP 47; `en-US` when absent.
    #[serde(default)]
    pub language: Option<String>,
    /// First words; absent lets the caller speak first.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub greeting: Option<String>,
    /// What it is told to be.
    #[schema(min_length = 1, max_length = 65536)]
    pub system_prompt: String,
    /// How it answers.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub response_style: String,
    /// Traits.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub traits: Vec<String>,
    /// Example exchanges.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub examples: Vec<ExchangeView>,
    /// Language model; the platform's when absent.
    #[serde(default)]
    pub model: Option<String>,
    /// Whom it may hand a caller to.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub transfer_targets: Vec<TransferTargetView>,
    /// Who speaks first; the agent when there is a greeting, else the caller.
    #[serde(default)]
    pub greeting_policy: Option<GreetingPolicyView>,
    /// Settings of the `realtime` engine.
    #[serde(default)]
    pub realtime: RealtimeSettingsRequest,
    /// What goes on with a call whose engine has failed for good; `relay` when absent.
    #[serde(default)]
    pub fallback: Option<FallbackView>,
    /// Whether its calls are recorded, and in which words callers are told; as the number says when absent.
    #[serde(default)]
    pub recording: PersonalityRecordingRequest,
    /// Which of its replies wait for a person; none when absent.
    #[serde(default)]
    pub approval: ApprovalRequest,
    /// How long its questions wait for a person.
    #[serde(default)]
    pub clarification: ClarificationRequest,
}

/// What to change; what is absent stays. A change makes a new version.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PatchPersonalityRequest {
    /// Its name.
    #[schema(min_length = 1, max_length = 80)]
    pub name: Option<String>,
    /// What it is for.
    #[schema(max_length = 500)]
    pub description: Option<String>,
    /// Voice.
    pub voice: Option<String>,
    /// Main language.
    pub language: Option<String>,
    /// First words; an empty text lets the caller speak first.
    #[schema(max_length = 2000)]
    pub greeting: Option<String>,
    /// What it is told to be.
    #[schema(min_length = 1, max_length = 65536)]
    pub system_prompt: Option<String>,
    /// How it answers.
    #[schema(max_length = 500)]
    pub response_style: Option<String>,
    /// Traits.
    #[schema(max_items = 20)]
    pub traits: Option<Vec<String>>,
    /// Example exchanges.
    #[schema(max_items = 20)]
    pub examples: Option<Vec<ExchangeView>>,
    /// Language model.
    pub model: Option<String>,
    /// Whom it may hand a caller to.
    #[schema(max_items = 20)]
    pub transfer_targets: Option<Vec<TransferTargetView>>,
    /// Who speaks first.
    pub greeting_policy: Option<GreetingPolicyView>,
    /// Settings of the `realtime` engine.
    pub realtime: RealtimeSettingsRequest,
    /// What goes on with a call whose engine has failed for good.
    pub fallback: Option<FallbackView>,
    /// Whether its calls are recorded, and in which words callers are told.
    pub recording: PersonalityRecordingRequest,
    /// Which of its replies wait for a person.
    pub approval: ApprovalRequest,
    /// How long its questions wait for a person.
    pub clarification: ClarificationRequest,
}

/// The personalities that come with the product.
#[utoipa::path(operation_id = "list_personality_presets", tag = "Personalities",
    security(("bearer" = ["personality.read"])), responses((status = 200, body = List<PresetView>)))]
#[get("/personality_presets")]
pub async fn presets(
    _allow: Allow<PersonalityRead>,
    app: web::Data<App>,
) -> ApiResult<web::Json<List<PresetView>>> {
    Ok(web::Json(List::whole(
        app.personalities.presets().iter().map(PresetView::from).collect(),
    )))
}

/// The company's personalities, by name.
#[utoipa::path(operation_id = "list_personalities", tag = "Personalities", params(PageParams),
    security(("bearer" = ["personality.read"])), responses((status = 200, body = List<PersonalityView>)))]
#[get("/personalities")]
pub async fn list(
    allow: Allow<PersonalityRead>,
    app: web::Data<App>,
    page: Query<PageParams>,
) -> ApiResult<web::Json<List<PersonalityView>>> {
    let page = app
        .personalities
        .list(&allow.who, page.0.limit, page.0.cursor.as_deref())
        .await?;
    Ok(web::Json(List::from_page(page.map(|stored| view(&app, stored)))))
}

/// One personality.
#[utoipa::path(operation_id = "get_personality", tag = "Personalities", params(("id" = PersonalityId, Path)),
    security(("bearer" = ["personality.read"])), responses((status = 200, body = PersonalityView)))]
#[get("/personalities/{id}")]
pub async fn get(
    allow: Allow<PersonalityRead>,
    app: web::Data<App>,
    id: web::Path<PersonalityId>,
) -> ApiResult<HttpResponse> {
    let personality = app.personalities.get(&allow.who, *id).await?;
    Ok(with_tag(HttpResponse::Ok(), view(&app, personality)))
}

/// Write a personality of your own.
#[utoipa::path(operation_id = "create_personality", tag = "Personalities",
    request_body = CreatePersonalityRequest, security(("bearer" = ["personality.write"])),
    responses((status = 201, body = PersonalityView)))]
#[post("/personalities")]
pub async fn create(
    allow: Allow<PersonalityWrite>,
    app: web::Data<App>,
    body: Body<CreatePersonalityRequest>,
) -> ApiResult<HttpResponse> {
    let personality = app.personalities.create(&allow.who, body.0.into()).await?;
    Ok(with_tag(HttpResponse::Created(), view(&app, personality)))
}

/// Change a personality; calls that are under way keep the version they began with.
#[utoipa::path(operation_id = "update_personality", tag = "Personalities",
    params(("id" = PersonalityId, Path), ("If-Match" = Option<String>, Header, description = "Version that you read")),
    request_body = PatchPersonalityRequest, security(("bearer" = ["personality.write"])),
    responses((status = 200, body = PersonalityView)))]
#[patch("/personalities/{id}")]
pub async fn update(
    allow: Allow<PersonalityWrite>,
    app: web::Data<App>,
    request: HttpRequest,
    id: web::Path<PersonalityId>,
    body: Body<PatchPersonalityRequest>,
) -> ApiResult<HttpResponse> {
    let expected = expected_version(&request);
    let personality = app
        .personalities
        .update(&allow.who, *id, expected, body.0.into())
        .await?;
    Ok(with_tag(HttpResponse::Ok(), view(&app, personality)))
}

/// A personality as it is shown, with what each engine makes of it.
fn view(app: &App, stored: Personality) -> PersonalityView {
    let capabilities = app.personalities.capabilities(&stored.body);
    convert::view(stored, capabilities)
}

fn with_tag(mut response: actix_web::HttpResponseBuilder, view: PersonalityView) -> HttpResponse {
    response
        .insert_header((header::ETAG, format!("\"v{}\"", view.version)))
        .json(view)
}

/// Version in `If-Match: "v3"`; a tag that we never gave out matches no version.
fn expected_version(request: &HttpRequest) -> Option<i32> {
    let tag = request.headers().get(header::IF_MATCH)?.to_str().ok()?;
    if tag.trim() == "*" {
        return None;
    }
    Some(
        tag.trim()
            .trim_matches('"')
            .strip_prefix('v')
            .and_then(|text| text.parse().ok())
            .unwrap_or(-1),
    )
}
