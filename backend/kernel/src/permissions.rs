//! The permission matrix: the one table from which extractors, the OpenAPI document, the SPA's menu and
//! the tests are made.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a member is in a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May do everything the plan allows.
    Admin,
    /// Watches calls and steps in.
    Supervisor,
    /// Looks on.
    Viewer,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Admin, Self::Supervisor, Self::Viewer];

    /// As stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Supervisor => "supervisor",
            Self::Viewer => "viewer",
        }
    }

    /// Reads the stored form.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// Whether this role holds `permission`.
    #[must_use]
    pub fn holds(self, permission: Permission) -> bool {
        permission.rule().roles.contains(&self)
    }

    /// All that this role holds, in the order of the matrix.
    #[must_use]
    pub fn permissions(self) -> Vec<Permission> {
        Permission::ALL
            .iter()
            .copied()
            .filter(|permission| self.holds(*permission))
            .collect()
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One row of the matrix.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Name as shown, `call.read`.
    pub name: &'static str,
    /// Roles that hold it.
    pub roles: &'static [Role],
    /// Whether a person must have signed in within the last five minutes.
    pub fresh_sign_in: bool,
    /// Scope by which a key holds it; `None` needs a person.
    pub key_scope: Option<Scope>,
}

macro_rules! matrix {
    (
        scopes { $($scope:ident = $scope_name:tt,)* }
        permissions { $($(#[$doc:meta])* $permission:ident = $name:tt, [$($role:ident)*], $fresh:literal, $key:expr;)* }
    ) => {
        /// What an API key may be allowed; explicit, default none.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
        pub enum Scope {
            $(#[doc = concat!("`", $scope_name, "`")] #[serde(rename = $scope_name)] $scope,)*
        }

        impl Scope {
            /// Every scope.
            pub const ALL: &'static [Self] = &[$(Self::$scope,)*];

            /// As stored and shown.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$scope => $scope_name,)* }
            }

            /// Reads the stored form.
            #[must_use]
            pub fn from_stored(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|scope| scope.as_str() == text)
            }
        }

        /// One thing that can be allowed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        pub enum Permission {
            $($(#[$doc])* #[serde(rename = $name)] $permission,)*
        }

        impl Permission {
            /// Every permission, in the order of the matrix.
            pub const ALL: &'static [Self] = &[$(Self::$permission,)*];

            /// This permission's row of the matrix.
            #[must_use]
            pub fn rule(self) -> Rule {
                match self {
                    $(Self::$permission => Rule {
                        name: $name,
                        roles: &[$(Role::$role,)*],
                        fresh_sign_in: $fresh,
                        key_scope: $key,
                    },)*
                }
            }
        }
    };
}

matrix! {
    scopes {
        CallsRead = "calls:read",
        CallsWrite = "calls:write",
        CallsMonitor = "calls:monitor",
        CallsControl = "calls:control",
        TranscriptsRead = "transcripts:read",
        NumbersRead = "numbers:read",
        NumbersWrite = "numbers:write",
        PersonalitiesRead = "personalities:read",
        PersonalitiesWrite = "personalities:write",
        UsageRead = "usage:read",
        BillingRead = "billing:read",
        RecordingsRead = "recordings:read",
        ContactsRead = "contacts:read",
        ContactsWrite = "contacts:write",
        ChatWrite = "chat:write",
        AuditRead = "audit:read",
    }
    permissions {
        /// List and detail of calls.
        CallRead = "call.read", [Admin Supervisor Viewer], false, Some(Scope::CallsRead);
        /// The words of a call.
        TranscriptRead = "transcript.read", [Admin Supervisor], false, Some(Scope::TranscriptsRead);
        /// Hear what was recorded.
        RecordingRead = "recording.read", [Admin Supervisor], false, Some(Scope::RecordingsRead);
        /// Ring somebody.
        CallCreate = "call.create", [Admin Supervisor], false, Some(Scope::CallsWrite);
        /// Live events.
        CallMonitor = "call.monitor", [Admin Supervisor Viewer], false, Some(Scope::CallsMonitor);
        /// Say, keys, answer a request.
        CallIntervene = "call.intervene", [Admin Supervisor], false, Some(Scope::CallsControl);
        /// Hand the caller to somebody else.
        CallTransfer = "call.transfer", [Admin Supervisor], false, Some(Scope::CallsControl);
        /// End a call.
        CallEnd = "call.end", [Admin Supervisor], false, Some(Scope::CallsControl);
        /// Start, pause and stop a recording; delete one.
        RecordingWrite = "recording.write", [Admin Supervisor], false, Some(Scope::CallsControl);
        /// Talk to an agent from the browser.
        WebCallCreate = "web_call.create", [Admin Supervisor], false, Some(Scope::ChatWrite);
        /// See numbers.
        NumberRead = "number.read", [Admin Supervisor Viewer], false, Some(Scope::NumbersRead);
        /// Buy a number.
        NumberBuy = "number.buy", [Admin], true, Some(Scope::NumbersWrite);
        /// Give a number back.
        NumberRelease = "number.release", [Admin], true, Some(Scope::NumbersWrite);
        /// Say who answers a number and how.
        NumberConfigure = "number.configure", [Admin], false, Some(Scope::NumbersWrite);
        /// See personalities.
        PersonalityRead = "personality.read", [Admin Supervisor Viewer], false, Some(Scope::PersonalitiesRead);
        /// Write personalities.
        PersonalityWrite = "personality.write", [Admin], false, Some(Scope::PersonalitiesWrite);
        /// See contacts.
        ContactRead = "contact.read", [Admin Supervisor], false, Some(Scope::ContactsRead);
        /// Write and import contacts.
        ContactWrite = "contact.write", [Admin Supervisor], false, Some(Scope::ContactsWrite);
        /// Say whom the tenant's agents may ring, when and how often.
        PolicyWrite = "policy.write", [Admin], true, None;
        /// See who belongs to the company.
        MemberRead = "member.read", [Admin Supervisor], false, None;
        /// Invite somebody.
        MemberInvite = "member.invite", [Admin], true, None;
        /// Change what a member is.
        MemberRole = "member.role", [Admin], true, None;
        /// Take a member out of the company.
        MemberRemove = "member.remove", [Admin], true, None;
        /// See API keys.
        KeyRead = "key.read", [Admin], false, None;
        /// Create an API key.
        KeyCreate = "key.create", [Admin], true, None;
        /// Put another key in a key's place.
        KeyRotate = "key.rotate", [Admin], true, None;
        /// Revoke an API key.
        KeyRevoke = "key.revoke", [Admin], true, None;
        /// See what another plan would change.
        PlanRead = "plan.read", [Admin], false, None;
        /// Change the plan.
        PlanChange = "plan.change", [Admin], true, None;
        /// See usage and prices.
        UsageRead = "usage.read", [Admin Supervisor Viewer], false, Some(Scope::UsageRead);
        /// See which providers of models the tenant has a key of its own for.
        ProviderCredentialRead = "provider_credential.read", [Admin], false, None;
        /// Set, check and remove such a key; it is never shown.
        ProviderCredentialWrite = "provider_credential.write", [Admin], true, None;
        /// See how single sign-on is set up.
        SsoRead = "sso.read", [Admin], false, None;
        /// Set up single sign-on.
        SsoWrite = "sso.write", [Admin], true, None;
        /// Read and check the audit log.
        AuditRead = "audit.read", [Admin], false, Some(Scope::AuditRead);
        /// See requests for data and for erasure, and their receipts.
        PrivacyRead = "privacy.read", [Admin], false, None;
        /// Take a copy of the company's data, or of a contact's.
        TenantExport = "tenant.export", [Admin], true, None;
        /// Erase a contact, or close the company.
        TenantClose = "tenant.close", [Admin], true, None;
        /// Make and fetch exports.
        ExportCreate = "export.create", [Admin], false, Some(Scope::BillingRead);
    }
}

impl Permission {
    /// Name as shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.rule().name
    }

    /// Reads the shown form.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|permission| permission.as_str() == name)
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_admin_holds_everything_and_a_viewer_cannot_act() {
        for permission in Permission::ALL {
            assert!(Role::Admin.holds(*permission), "{permission}");
        }
        for name in [
            "call.intervene",
            "call.end",
            "transcript.read",
            "key.read",
            "number.buy",
            "export.create",
        ] {
            assert!(
                !Role::Viewer.holds(Permission::from_name(name).unwrap()),
                "{name}"
            );
        }
    }

    #[test]
    fn keys_can_never_reach_keys() {
        for permission in [
            Permission::KeyRead,
            Permission::KeyCreate,
            Permission::KeyRotate,
            Permission::KeyRevoke,
            Permission::PlanChange,
        ] {
            assert!(permission.rule().key_scope.is_none());
        }
    }

    #[test]
    fn names_are_unique_and_read_back() {
        for permission in Permission::ALL {
            assert_eq!(Permission::from_name(permission.as_str()), Some(*permission));
        }
        for scope in Scope::ALL {
            assert_eq!(Scope::from_stored(scope.as_str()), Some(*scope));
        }
    }
}
