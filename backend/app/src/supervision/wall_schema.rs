//! The schema of what a line of the wall adds to a call: the conversation crate defines it without knowing of OpenAPI.

use chrono::{DateTime, Utc};
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{KnownFormat, RefOr, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

/// Somebody who acts.
#[derive(Debug, ToSchema)]
pub struct ActorView {
    /// `usr_…` or `key_…`.
    pub id: String,
    /// Name shown to the others.
    pub name: String,
}

/// Why a call asks for a person.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum AttentionKindView {
    /// The agent has asked something.
    Clarification,
    /// A reply is held.
    Approval,
    /// A person speaks with the caller.
    Takeover,
    /// The caller's words sound unhappy.
    Unhappy,
    /// The caller does not answer.
    Silent,
    /// The last answer came late.
    Slow,
    /// The call lasts long.
    Long,
}

/// One reason why a call asks for a person.
#[derive(Debug, ToSchema)]
pub struct AttentionView {
    /// Which.
    pub kind: AttentionKindView,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when somebody can answer.
    #[schema(required = false)]
    pub expires_at: Option<DateTime<Utc>>,
    /// What makes an unhappy caller known as one: `asked_for_person`, `complains`, `repeats` or `interrupts`.
    #[schema(required = false)]
    pub reason: Option<String>,
}

/// Whose words.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum SpeakerView {
    /// The caller.
    Caller,
    /// The agent.
    Agent,
    /// A supervisor, by the agent's voice or their own.
    Supervisor,
    /// Somebody whom the caller was handed to.
    Colleague,
}

/// The words that were said last.
#[derive(Debug, ToSchema)]
pub struct LastWordsView {
    /// Who.
    pub speaker: SpeakerView,
    /// What.
    pub text: String,
}

/// How a caller sounds by their words: -1, 0 or 1.
#[derive(Debug)]
pub struct MoodView;

impl PartialSchema for MoodView {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::Integer))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
            .description(Some(
                "How a caller sounds by their words: -1 unhappy, 0, 1 happy.",
            ))
            .enum_values(Some([-1, 0, 1]))
            .into()
    }
}

impl ToSchema for MoodView {}
