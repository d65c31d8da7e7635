//! Who is told of a happening: the store, the wall, those who may not read words.

use super::EventBody;

impl EventBody {
    /// Its name on the wire.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::CallState { .. } => "call.state",
            Self::ConversationState { .. } => "conversation.state",
            Self::SpeechStarted { .. } => "speech.started",
            Self::SpeechPartial { .. } => "speech.partial",
            Self::SpeechFinal { .. } => "speech.final",
            Self::SpeechHeard { .. } => "speech.heard",
            Self::SpeechInterrupted { .. } => "speech.interrupted",
            Self::DtmfReceived { .. } => "dtmf.received",
            Self::DtmfSent { .. } => "dtmf.sent",
            Self::CommandExecuted { .. } => "command.executed",
            Self::ClarificationRequested { .. } => "clarification.requested",
            Self::ClarificationAnswered { .. } => "clarification.answered",
            Self::ClarificationExpired { .. } => "clarification.expired",
            Self::TransferUpdated { .. } => "transfer.updated",
            Self::NoteAdded { .. } => "note.added",
            Self::RecordingUpdated { .. } => "recording.updated",
            Self::SupervisorAction { .. } => "supervisor.action",
            Self::CallResumed { .. } => "call.resumed",
            Self::LatencyTurn { .. } => "latency.turn",
            Self::CostTick { .. } => "cost.tick",
            Self::Warning { .. } => "warning",
            Self::ApprovalMode { .. } => "approval.mode",
            Self::ApprovalRequested { .. } => "approval.requested",
            Self::ApprovalDecided { .. } => "approval.decided",
            Self::ApprovalExpired { .. } => "approval.expired",
            Self::SupervisionJoined { .. } => "supervision.joined",
            Self::SupervisionLeft { .. } => "supervision.left",
            Self::SupervisionClaimed { .. } => "supervision.claimed",
            Self::SupervisionNoted { .. } => "supervision.noted",
            Self::TakeoverChanged { .. } => "takeover.changed",
            Self::AttentionChanged { .. } => "attention.changed",
        }
    }

    /// Whether it is kept for ever; the others only feed the live view.
    #[must_use]
    pub fn is_lasting(&self) -> bool {
        !matches!(
            self,
            Self::SpeechPartial { .. }
                | Self::ConversationState { .. }
                | Self::CostTick { .. }
                | Self::SupervisionJoined { .. }
                | Self::SupervisionLeft { .. }
                | Self::AttentionChanged { .. }
        )
    }

    /// Whether the wall of calls shows it, and not only the call's own console.
    #[must_use]
    pub fn is_for_wall(&self) -> bool {
        matches!(
            self,
            Self::CallState { .. }
                | Self::ConversationState { .. }
                | Self::SpeechFinal { .. }
                | Self::ClarificationRequested { .. }
                | Self::ClarificationAnswered { .. }
                | Self::ClarificationExpired { .. }
                | Self::SupervisionJoined { .. }
                | Self::SupervisionLeft { .. }
                | Self::SupervisionClaimed { .. }
                | Self::TakeoverChanged { .. }
                | Self::AttentionChanged { .. }
                | Self::LatencyTurn { .. }
                | Self::CostTick { .. }
                | Self::Warning { .. }
        )
    }

    /// Whether it holds words of the talk, which not every role may read.
    #[must_use]
    pub fn has_words(&self) -> bool {
        !matches!(
            self,
            Self::CallState { .. }
                | Self::ConversationState { .. }
                | Self::SpeechStarted { .. }
                | Self::SpeechHeard { .. }
                | Self::CallResumed { .. }
                | Self::ApprovalMode { .. }
                | Self::ApprovalExpired { .. }
                | Self::SupervisionJoined { .. }
                | Self::SupervisionLeft { .. }
                | Self::SupervisionClaimed { .. }
                | Self::TakeoverChanged { .. }
                | Self::AttentionChanged { .. }
                | Self::RecordingUpdated { .. }
                | Self::LatencyTurn { .. }
                | Self::CostTick { .. }
                | Self::Warning { .. }
        )
    }
}
