//! Between the views of personalities and what the use cases know. What the views look like is decided beside.

use phony_app::personalities::{
    ApprovalPatch, ApprovalSettings, Capability, ClarificationPatch, ClarificationSettings, Exchange,
    Personality, PersonalityInput, PersonalityPatch, Preset, RealtimePatch, RealtimeSettings, RecordingPatch,
    TransferTargetInput,
};
use phony_kernel::recording::PersonalityRecording;

use super::speech::policy_of;
use super::{
    CreatePersonalityRequest, ExchangeView, PatchPersonalityRequest, PersonalityView, PresetView,
    TransferTargetOutView, TransferTargetView,
};

impl From<ExchangeView> for Exchange {
    fn from(view: ExchangeView) -> Self {
        Self {
            caller: view.caller,
            agent: view.agent,
        }
    }
}

impl From<Exchange> for ExchangeView {
    fn from(exchange: Exchange) -> Self {
        Self {
            caller: exchange.caller,
            agent: exchange.agent,
        }
    }
}

impl From<TransferTargetView> for TransferTargetInput {
    fn from(view: TransferTargetView) -> Self {
        Self {
            alias: view.alias,
            e164: view.e164,
            kind: view.kind.into(),
            stay_as: view.stay_as.map(Into::into),
        }
    }
}

/// Converts every element.
fn all<T, U: From<T>>(values: Vec<T>) -> Vec<U> {
    values.into_iter().map(U::from).collect()
}

impl From<CreatePersonalityRequest> for PersonalityInput {
    fn from(request: CreatePersonalityRequest) -> Self {
        Self {
            name: request.name,
            description: request.description,
            voice: request.voice,
            language: request.language,
            greeting: request.greeting,
            system_prompt: request.system_prompt,
            response_style: request.response_style,
            traits: request.traits,
            examples: all(request.examples),
            model: request.model,
            transfer_targets: all(request.transfer_targets),
            greeting_policy: request.greeting_policy.map(Into::into),
            realtime: RealtimePatch::from(request.realtime).apply(&RealtimeSettings::default()),
            fallback: request.fallback.map(Into::into).unwrap_or_default(),
            recording: RecordingPatch::from(request.recording).apply(&PersonalityRecording::default()),
            approval: ApprovalPatch::from(request.approval).apply(ApprovalSettings::default()),
            clarification: ClarificationPatch::from(request.clarification)
                .apply(ClarificationSettings::default()),
        }
    }
}

impl From<PatchPersonalityRequest> for PersonalityPatch {
    fn from(request: PatchPersonalityRequest) -> Self {
        Self {
            name: request.name,
            description: request.description,
            voice: request.voice,
            language: request.language,
            greeting: request.greeting,
            system_prompt: request.system_prompt,
            response_style: request.response_style,
            traits: request.traits,
            examples: request.examples.map(all),
            model: request.model,
            transfer_targets: request.transfer_targets.map(all),
            greeting_policy: request.greeting_policy.map(Into::into),
            realtime: request.realtime.into(),
            fallback: request.fallback.map(Into::into),
            recording: request.recording.into(),
            approval: request.approval.into(),
            clarification: request.clarification.into(),
        }
    }
}

/// A personality as it is shown.
pub(super) fn view(stored: Personality, capabilities: Vec<Capability>) -> PersonalityView {
    let body = stored.body;
    let greeting_policy = policy_of(&body);
    let targets = body.transfer_targets.into_iter();
    PersonalityView {
        id: body.id,
        name: body.name,
        description: stored.description,
        preset: stored.preset,
        version: body.version,
        voice: body.voice,
        language: body.language,
        greeting: body.greeting,
        system_prompt: body.system_prompt,
        response_style: body.response_style,
        traits: body.traits,
        examples: all(body.examples),
        model: body.model,
        transfer_targets: targets
            .map(|target| TransferTargetOutView {
                alias: target.alias,
                e164: target.e164,
                kind: target.kind.into(),
                stay_as: target.stay_as.map(Into::into),
            })
            .collect(),
        greeting_policy,
        realtime: body.realtime.into(),
        fallback: body.fallback.into(),
        recording: body.recording.into(),
        approval: body.approval.into(),
        clarification: body.clarification.into(),
        capabilities: all(capabilities),
        created_at: stored.created_at,
        updated_at: stored.updated_at,
    }
}

impl From<&Preset> for PresetView {
    fn from(preset: &Preset) -> Self {
        Self {
            preset: preset.key.to_owned(),
            name: preset.name.to_owned(),
            description: preset.description.to_owned(),
            voice: preset.voice.to_owned(),
            language: preset.language.to_owned(),
            greeting: preset.greeting.to_owned(),
            traits: preset.traits.iter().map(|word| (*word).to_owned()).collect(),
        }
    }
}
