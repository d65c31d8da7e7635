//! Models and voices that a personality may name.

use actix_web::{get, web};
use chrono::NaiveDate;
use phony_app::App;
use phony_app::personalities::catalogue::{ModelInfo, Purpose, Standing, VoiceInfo};
use phony_kernel::call::Engine;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::List;
use crate::auth::{Allow, PersonalityRead};
use crate::extract::Query;
use crate::problem::ApiResult;

/// What a model does for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PurposeView {
    /// Text in, text out.
    Chat,
    /// Speech in, speech out.
    Speech,
}

/// Whether a model may still be chosen.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StandingView {
    /// It may.
    Available,
    /// It may, and will stop within three months.
    Retiring,
    /// It is not served any more.
    Retired,
}

/// A model.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelView {
    /// Its name.
    #[schema(example = "gpt-realtime-2.1")]
    pub name: String,
    /// What it does.
    pub purpose: PurposeView,
    /// Engines that think or speak with it.
    pub engines: Vec<Engine>,
    /// Whether it may be chosen.
    pub status: StandingView,
    /// The day it stops, if announced.
    #[schema(required)]
    pub stops_on: Option<NaiveDate>,
    /// Whether personalities get it that name none.
    pub is_default: bool,
    /// Whether it can be told how long to think.
    pub reasons: bool,
}

/// Which models.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ModelParams {
    /// Only those that do this.
    #[param(inline)]
    pub purpose: Option<PurposeView>,
}

/// A voice.
#[derive(Debug, Serialize, ToSchema)]
pub struct VoiceView {
    /// Its name in a personality.
    #[schema(example = "marin")]
    pub name: String,
    /// How it sounds.
    pub description: String,
    /// Whether personalities get it that name none.
    pub is_default: bool,
    /// What speaks for it on each engine.
    pub engines: Vec<EngineVoiceView>,
}

/// What speaks for a voice on an engine.
#[derive(Debug, Serialize, ToSchema)]
pub struct EngineVoiceView {
    /// Which engine.
    pub engine: Engine,
    /// The voice by its name there.
    pub voice: String,
    /// Whether it is the voice itself, and not the nearest to it.
    pub exact: bool,
}

/// In which language.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VoiceParams {
    /// Language that the voices speak, BCP 47; `en-US` when absent.
    #[param(max_length = 35, example = "hi-IN")]
    pub language: Option<String>,
}

/// The models that a personality may name, with the day each of them stops.
#[utoipa::path(operation_id = "list_models", tag = "Personalities", params(ModelParams),
    security(("bearer" = ["personality.read"])), responses((status = 200, body = List<ModelView>)))]
#[get("/models")]
pub async fn models(
    _allow: Allow<PersonalityRead>,
    app: web::Data<App>,
    params: Query<ModelParams>,
) -> ApiResult<web::Json<List<ModelView>>> {
    let models = app.personalities.models().into_iter().map(ModelView::from);
    let wanted = params.0.purpose;
    Ok(web::Json(List::whole(
        models
            .filter(|model| wanted.is_none_or(|purpose| model.purpose == purpose))
            .collect(),
    )))
}

/// The voices that a personality may name, and what speaks for them on each engine.
#[utoipa::path(operation_id = "list_voices", tag = "Personalities", params(VoiceParams),
    security(("bearer" = ["personality.read"])), responses((status = 200, body = List<VoiceView>)))]
#[get("/voices")]
pub async fn voices(
    _allow: Allow<PersonalityRead>,
    app: web::Data<App>,
    params: Query<VoiceParams>,
) -> ApiResult<web::Json<List<VoiceView>>> {
    let language = params.0.language.as_deref();
    let voices = app.personalities.voices(language)?;
    Ok(web::Json(List::whole(
        voices.into_iter().map(VoiceView::from).collect(),
    )))
}

impl From<ModelInfo> for ModelView {
    fn from(model: ModelInfo) -> Self {
        Self {
            name: model.name,
            purpose: match model.purpose {
                Purpose::Chat => PurposeView::Chat,
                Purpose::Speech => PurposeView::Speech,
            },
            engines: model.engines,
            status: match model.standing {
                Standing::Available => StandingView::Available,
                Standing::Retiring => StandingView::Retiring,
                Standing::Retired => StandingView::Retired,
            },
            stops_on: model.stops_on,
            is_default: model.is_standard,
            reasons: model.thinks,
        }
    }
}

impl From<VoiceInfo> for VoiceView {
    fn from(voice: VoiceInfo) -> Self {
        let engines = voice.engines.into_iter();
        Self {
            name: voice.name.to_owned(),
            description: voice.description.to_owned(),
            is_default: voice.is_standard,
            engines: engines
                .map(|(engine, voice, exact)| EngineVoiceView { engine, voice, exact })
                .collect(),
        }
    }
}
