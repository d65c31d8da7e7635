//! Whom a personality may hand callers to: the views.

use phony_app::personalities::{StayAs, TransferKind};
use phony_kernel::E164;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Somebody a caller may be handed to.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferTargetView {
    /// The name that the model uses.
    #[schema(min_length = 1, max_length = 32, example = "billing")]
    pub alias: String,
    /// Where it rings, in any common way of writing.
    #[schema(example = "+14155550199")]
    pub e164: String,
    /// How callers get there.
    #[serde(default)]
    pub kind: TransferKindView,
    /// What the agent does after a warm transfer; without it the agent leaves. Engines that do not hear sound cannot
    /// stay: they leave with the warning `engine_cannot_take_notes`.
    #[serde(default)]
    pub stay_as: Option<StayAsView>,
}

/// What the agent does once the caller is with somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StayAsView {
    /// Listens without a word, and keeps what was said and notes of it.
    NoteTaker,
}

impl From<StayAsView> for StayAs {
    fn from(view: StayAsView) -> Self {
        match view {
            StayAsView::NoteTaker => Self::NoteTaker,
        }
    }
}

impl From<StayAs> for StayAsView {
    fn from(stay: StayAs) -> Self {
        match stay {
            StayAs::NoteTaker => Self::NoteTaker,
        }
    }
}

/// How a caller is handed to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransferKindView {
    /// Sent on; it rings there.
    #[default]
    Cold,
    /// The caller waits while the target is told what it is about and asked whether they take the call.
    Warm,
}

impl From<TransferKindView> for TransferKind {
    fn from(view: TransferKindView) -> Self {
        match view {
            TransferKindView::Cold => Self::Cold,
            TransferKindView::Warm => Self::Warm,
        }
    }
}

impl From<TransferKind> for TransferKindView {
    fn from(kind: TransferKind) -> Self {
        match kind {
            TransferKind::Cold => Self::Cold,
            TransferKind::Warm => Self::Warm,
        }
    }
}

/// Somebody a caller may be handed to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TransferTargetOutView {
    /// The name that the model uses.
    pub alias: String,
    /// Where it rings.
    pub e164: E164,
    /// How callers get there.
    pub kind: TransferKindView,
    /// What the agent does after a warm transfer; none is to leave.
    pub stay_as: Option<StayAsView>,
}
