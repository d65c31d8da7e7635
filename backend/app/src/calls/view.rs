//! A call as the API shows it (api.md §5).

use chrono::{DateTime, SubsecRound as _, Utc};
use phony_db::calls::history::CallRecord;
use phony_kernel::call::{
    CallStatus, Channel, ConversationState, Direction, EndedBy, EndedReason, Engine, Fault,
};
use phony_kernel::{CallId, ContactId, ItemId, NumberId, PersonalityId};
use serde::{Deserialize, Serialize};

use crate::recordings::RecordingRef;

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MoneyView {
    /// Exact decimal.
    pub amount: String,
    /// ISO 4217.
    pub currency: String,
}

/// The waits for an answer in a call, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LatencyView {
    /// Median.
    pub p50: u64,
    /// 95th percentile.
    pub p95: u64,
}

/// Who talked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PersonalityRef {
    /// Which.
    pub id: PersonalityId,
    /// By name, as it is today.
    pub name: String,
    /// In which version.
    pub version: i32,
}

/// What answered a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MachineView {
    /// `person`, `mailbox`, `menu`, `screening`, `fax` or `unsure`.
    pub kind: String,
    /// When that was known.
    pub at: DateTime<Utc>,
}

/// To whom the caller of a call was handed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TransferView {
    /// The line of the ledger that it is.
    pub id: ItemId,
    /// `cold` or `warm`.
    pub kind: String,
    /// The number that rang.
    pub target: String,
    /// Cold: `requested`, `dialing`, `completed`, `failed`. Warm: `requested`, `ringing`, `asked`, `accepted`, `joined`,
    /// `completed`, `failed`.
    pub status: String,
    /// Why it failed, as a stable word.
    pub reason: Option<String>,
    /// When it was asked for.
    pub at: DateTime<Utc>,
    /// Whether the target was told what it is about.
    pub briefed: bool,
}

/// A call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CallView {
    /// Our id.
    pub id: CallId,
    /// The carrier's id; empty until it has given one.
    pub call_sid: String,
    /// Which way it goes.
    pub direction: Direction,
    /// What it runs over.
    pub channel: Channel,
    /// How it is spoken.
    pub engine: Engine,
    /// Whether its caller reads and writes, in a browser, instead of hearing and speaking.
    pub typed: bool,
    /// The calling party, as the carrier names it.
    pub from: String,
    /// The called party.
    pub to: String,
    /// Number of the tenant that it runs over; none on the web.
    pub number_id: Option<NumberId>,
    /// The tenant's contact at the other end.
    pub contact_id: Option<ContactId>,
    /// Who talks.
    pub personality: Option<PersonalityRef>,
    /// Where it stands.
    pub status: CallStatus,
    /// What the conversation does, while the call is live.
    pub state: Option<ConversationState>,
    /// Why it ended.
    pub ended_reason: Option<EndedReason>,
    /// Who ended it.
    pub ended_by: Option<EndedBy>,
    /// Whose fault an unwanted end is.
    pub fault: Option<Fault>,
    /// More about the end.
    pub detail: Option<String>,
    /// When it came in.
    pub created_at: DateTime<Utc>,
    /// When it rang.
    pub ringing_at: Option<DateTime<Utc>>,
    /// When it was answered.
    pub answered_at: Option<DateTime<Utc>>,
    /// When the caller was first spoken to.
    pub first_audio_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// From answer to end.
    pub duration_ms: Option<i64>,
    /// What it cost so far; none before anything was booked.
    pub cost: Option<MoneyView>,
    /// Whether the carrier's final word is in the cost.
    pub settled: bool,
    /// Waits for an answer; none before the first answer.
    pub latency: Option<LatencyView>,
    /// What answered a call that you made; none while that is not known.
    pub machine: Option<MachineView>,
    /// Version of the outbound policy that a call of yours went by; 0 is the standard one.
    pub policy_version: Option<i32>,
    /// What the carrier charges for it, once it has said so; your cost is in `cost`.
    pub carrier_price: Option<MoneyView>,
    /// Its recordings, oldest first.
    #[serde(default)]
    pub recordings: Vec<RecordingRef>,
    /// To whom the caller was handed, oldest first.
    #[serde(default)]
    pub transfers: Vec<TransferView>,
    /// The tenant's own notes.
    pub metadata: serde_json::Map<String, serde_json::Value>,
    /// Whether it is a trial.
    pub test: bool,
}

impl From<CallRecord> for CallView {
    fn from(call: CallRecord) -> Self {
        let ms = |at: DateTime<Utc>| at.trunc_subsecs(3);
        let duration_ms = call
            .answered_at
            .zip(call.ended_at)
            .map(|(from, to)| (to - from).num_milliseconds().max(0));
        let (ended_reason, ended_by, fault, detail) = match call.ending {
            Some(ending) => (
                Some(ending.reason),
                Some(ending.by),
                Some(ending.fault),
                ending.detail,
            ),
            None => (None, None, None, None),
        };
        Self {
            id: call.id,
            call_sid: call.call_sid,
            direction: call.direction,
            channel: call.channel,
            engine: call.engine,
            typed: call.typed,
            from: call.from,
            to: call.to,
            number_id: call.number,
            contact_id: call.contact,
            personality: call
                .personality
                .map(|(id, name, version)| PersonalityRef { id, name, version }),
            status: call.status,
            state: None,
            ended_reason,
            ended_by,
            fault,
            detail,
            created_at: ms(call.created_at),
            ringing_at: call.ringing_at.map(ms),
            answered_at: call.answered_at.map(ms),
            first_audio_at: call.first_audio_at.map(ms),
            ended_at: call.ended_at.map(ms),
            duration_ms,
            cost: call.cost.map(|amount| MoneyView {
                amount: amount.to_string(),
                currency: "USD".to_owned(),
            }),
            settled: call.settled,
            latency: call.latency.map(|(p50, p95)| LatencyView { p50, p95 }),
            machine: call.machine.map(|(kind, at)| MachineView { kind, at: ms(at) }),
            policy_version: call.policy_version,
            recordings: call
                .recordings
                .into_iter()
                .map(|(id, status, duration_seconds)| RecordingRef {
                    id,
                    status,
                    duration_seconds,
                })
                .collect(),
            transfers: call
                .transfers
                .into_iter()
                .map(|one| TransferView {
                    id: one.id,
                    kind: one.kind.as_str().to_owned(),
                    target: one.target,
                    status: one.status,
                    reason: one.reason,
                    at: ms(one.at),
                    briefed: one.briefed,
                })
                .collect(),
            carrier_price: call
                .carrier_price
                .map(|(amount, currency)| MoneyView { amount, currency }),
            metadata: match call.metadata {
                serde_json::Value::Object(fields) => fields,
                _ => serde_json::Map::new(),
            },
            test: call.test,
        }
    }
}
