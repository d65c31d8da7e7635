//! Words that every crate shares.
//!
//! Ids, errors, money, phone numbers, roles and permissions, plans, pages, redaction and the clock.
//! Knows nothing of ours and does no input or output.

pub mod call;
pub mod callers;
pub mod clock;
pub mod e164;
pub mod error;
pub mod hours;
pub mod ids;
pub mod money;
pub mod page;
pub mod permissions;
pub mod plan;
pub mod recording;
pub mod redact;

pub use clock::Clock;
pub use e164::E164;
pub use error::{Error, FieldError, Kind, Result};
pub use ids::{
    ApiKeyId, CallId, ContactId, DoNotCallId, EventId, ExportId, InstanceId, ItemId, MemberKey, NumberId,
    NumberPoolId, PersonalityId, PersonalityVersionId, RecordingId, SessionId, TenantId, UsageEventId,
    UserId,
};
pub use permissions::{Permission, Role, Scope};
pub use plan::Plan;
