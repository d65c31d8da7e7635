//! Typed ids: a UUIDv7 inside, a prefix outside (`call_01…`).
//!
//! The prefix lets a person see what was pasted, and a wrong prefix is refused before any query.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};
use uuid::Uuid;

/// The text is not an id of the expected kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of the form {prefix}_<32 hexadecimal digits>")]
pub struct InvalidId {
    /// Prefix that was expected, without the underscore.
    pub prefix: &'static str,
}

/// Declares an id type over a UUIDv7 with its public prefix.
macro_rules! typed_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// Public prefix, without the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// A fresh id; ids made later sort later.
            #[must_use]
            #[expect(clippy::new_without_default, reason = "a default id would be a surprise")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// Wraps a uuid that came from the database.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The uuid as stored.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let invalid = InvalidId { prefix: $prefix };
                let digits = text
                    .strip_prefix(concat!($prefix, "_"))
                    .ok_or(invalid)?;
                if digits.len() != 32 || digits.bytes().any(|b| b.is_ascii_uppercase()) {
                    return Err(invalid);
                }
                Uuid::try_parse(digits).map(Self).map_err(|_| invalid)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl Visitor<'_> for Text {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str(concat!("an id beginning with ", $prefix, "_"))
                    }
                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::schema::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::SchemaType::Type(
                        utoipa::openapi::schema::Type::String,
                    ))
                    .pattern(Some(concat!("^", $prefix, "_[0-9a-f]{32}$")))
                    .examples([concat!($prefix, "_0199c2a4b1d07c3e8f4a5b6c7d8e9f01")])
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}

typed_id!(
    /// A customer company.
    TenantId, "ten");
typed_id!(
    /// A person.
    UserId, "usr");
typed_id!(
    /// An API key.
    ApiKeyId, "key");
typed_id!(
    /// A phone number of a tenant.
    NumberId, "num");
typed_id!(
    /// Numbers of a tenant that calls go out over by turns.
    NumberPoolId, "pool");
typed_id!(
    /// Somebody whom a tenant knows.
    ContactId, "con");
typed_id!(
    /// A personality: who talks.
    PersonalityId, "per");
typed_id!(
    /// One immutable version of a personality.
    PersonalityVersionId, "pev");
typed_id!(
    /// A call.
    CallId, "call");
typed_id!(
    /// One line of a call's ledger.
    ItemId, "itm");
typed_id!(
    /// A tenant event as sent to webhooks.
    EventId, "evt");
typed_id!(
    /// A usage event.
    UsageEventId, "use");
typed_id!(
    /// An export job.
    ExportId, "exp");
typed_id!(
    /// A recording of a call.
    RecordingId, "rec");
typed_id!(
    /// A copy of a tenant's data, or of a contact's.
    DataCopyId, "pex");
typed_id!(
    /// An erasure of a contact, or of a tenant.
    ErasureId, "ers");
typed_id!(
    /// A number that is not to be rung.
    DoNotCallId, "dnc");
typed_id!(
    /// That somebody has agreed to be rung.
    ConsentId, "cst");
typed_id!(
    /// A national list of numbers that are not to be rung.
    NationalListId, "ndl");
typed_id!(
    /// An invitation to a tenant.
    InvitationId, "ivt");
typed_id!(
    /// A signed-in session of a person: one refresh-token family.
    SessionId, "ses");
typed_id!(
    /// Who a person is at a provider of identities.
    IdentityId, "idn");
typed_id!(
    /// A running process of the server.
    InstanceId, "ins");

/// A person in a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MemberKey {
    /// The tenant.
    pub tenant: TenantId,
    /// The person.
    pub user: UserId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_round_trips_with_its_prefix() {
        let id = CallId::new();
        assert!(id.to_string().starts_with("call_"));
        assert_eq!(id.to_string().parse::<CallId>(), Ok(id));
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<CallId>(&json).unwrap(), id);
    }

    #[test]
    fn a_wrong_prefix_or_form_is_refused() {
        let id = CallId::new().to_string();
        assert!(id.parse::<TenantId>().is_err());
        assert!(id.to_uppercase().parse::<CallId>().is_err());
        assert!("call_".parse::<CallId>().is_err());
        assert!("call_123".parse::<CallId>().is_err());
        assert!(
            format!("call_{}", Uuid::now_v7()).parse::<CallId>().is_err(),
            "hyphens are not ours"
        );
    }

    #[test]
    fn later_ids_sort_later() {
        let ids: Vec<CallId> = (0..100).map(|_| CallId::new()).collect();
        assert!(ids.is_sorted());
    }
}
