//! What a tenant's people may ask for: copies of its data, erasure, and for how long it is kept.

pub mod copies;
pub mod erasures;
pub mod person;
pub mod retention;
pub mod tables;
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

    /// Of a request that names a number, or none.
    fn of(number: Option<&str>) -> Self {
        match number {
            Some(_) => Self::Contact,
            None => Self::Tenant,
        }
    }
}

impl From<String> for Subject {
    fn from(stored: String) -> Self {
        match stored.as_str() {
            "tenant" => Self::Tenant,
            _ => Self::Contact,
        }
    }
}
