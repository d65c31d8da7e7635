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
pub mod key_mode;
pub mod money;
pub mod network;
pub mod page;
pub mod permissions;
pub mod plan;
pub mod rates;
pub mod recording;
pub mod redact;
pub mod second_factor;

pub use clock::Clock;
pub use e164::E164;
pub use error::{Error, FieldError, Kind, Result};
pub use ids::{
    ApiKeyId, CallId, ConsentId, ContactId, DataCopyId, DoNotCallId, ErasureId, EventId, ExportId,
    IdentityId, InstanceId, InvitationId, ItemId, MemberKey, NationalListId, NumberId, NumberPoolId,
    PersonalityId, PersonalityVersionId, RecordingId, SessionId, TenantId, UsageEventId, UserId,
};
pub use key_mode::KeyMode;
pub use network::Network;
pub use permissions::{Permission, Role, Scope};
pub use plan::Plan;
pub use rates::{Bucket, Rate};
pub use second_factor::TotpRequirement;
