//! What a tenant's people may ask for: copies of its data, erasure, and for how long it is kept.

pub mod copies;
pub mod erasures;
pub mod person;
pub mod retention;
pub mod tenant;

/// Whose data it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// All of the tenant.
    Tenant,
    /// Somebody with a phone number.
    Contact,
}

impl Subject {
    /// As stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Contact => "contact",
        }
    }

    pub(crate) fn read(text: &str) -> Self {
        match text {
            "tenant" => Self::Tenant,
            _ => Self::Contact,
        }
    }
}
