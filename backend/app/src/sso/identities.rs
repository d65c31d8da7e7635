//! Who a person is at providers: seeing it, and giving it up.

use chrono::{DateTime, Utc};
use phony_db::session_lists::Begun;
use phony_db::{audit, session_lists, sso};
use phony_kernel::{Error, IdentityId, Kind, Result, SessionId, UserId};
use serde::Serialize;
use serde_json::json;

use super::Sso;
use crate::{Principal, Who};

/// Who you are at a provider of identities: whoever signs in there as this comes in here as you.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct LinkedIdentity {
    /// Its id.
    pub id: IdentityId,
    /// The provider, as it calls itself.
    #[schema(example = "https://login.example.com/realms/acme")]
    pub issuer: String,
    /// Who you are there, as the provider names you.
    #[schema(example = "248289761001")]
    pub subject: String,
    /// Since when.
    pub linked_at: DateTime<Utc>,
}

fn person(who: &Principal) -> Result<(UserId, SessionId)> {
    match who.who {
        Who::Member { user, session, .. } => Ok((user, session)),
        Who::Key { .. } => Err(Error::forbidden()),
    }
}

impl Sso {
    /// All there are; to who came by the provider of a company, those of that provider, which knows them anyhow.
    async fn rows(&self, who: &Principal, user: UserId) -> Result<Vec<sso::IdentityRow>> {
        let mut tx = self.db.system("who a person is at providers").await?;
        let mut rows = sso::list_identities(&mut tx, user).await?;
        drop(tx);
        if self.identity.came_by_provider(who).await? {
            let mut tx = self.db.tenant(who.tenant).await?;
            let connection = sso::find(&mut tx).await?;
            rows.retain(|row| connection.as_ref().is_some_and(|here| here.issuer == row.issuer));
        }
        Ok(rows)
    }

    /// Who the person is at providers, the earliest first.
    ///
    /// # Errors
    /// `forbidden` for a key.
    pub async fn list_identities(&self, who: &Principal) -> Result<Vec<LinkedIdentity>> {
        let (user, _) = person(who)?;
        Ok(self
            .rows(who, user)
            .await?
            .into_iter()
            .map(|row| LinkedIdentity {
                id: row.id,
                issuer: row.issuer,
                subject: row.subject,
                linked_at: row.linked_at,
            })
            .collect())
    }

    /// Gives an identity up: nobody comes in by it any more, and the person's other sessions that were begun at that
    /// provider end within five seconds.
    ///
    /// # Errors
    /// `not_found`, `sso_needed_here` where a company of theirs takes nothing else, `step_up_required`, `forbidden` for
    /// a key.
    pub async fn unlink(&self, who: &Principal, id: IdentityId) -> Result<()> {
        let (user, current) = person(who)?;
        let now = self.clock.now();
        who.require_fresh_sign_in(now)?;
        let identities = self.rows(who, user).await?;
        let identity = identities.iter().find(|identity| identity.id == id);
        let issuer = identity.ok_or_else(Error::not_found)?.issuer.clone();
        let is_last = identities.iter().filter(|other| other.issuer == issuer).count() == 1;
        let mut there = Vec::new();
        for membership in self.identity.memberships(user).await? {
            let mut tx = self.db.tenant(membership.tenant).await?;
            let connection = sso::find(&mut tx).await?;
            let Some(connection) = connection.filter(|connection| connection.issuer == issuer) else {
                continue;
            };
            let has_password = sso::find_password_admin(&mut tx).await? == Some(user);
            if connection.enforced && is_last && !has_password {
                return Err(Error::new(
                    Kind::Conflict,
                    "sso_needed_here",
                    format!("{} takes no other sign-in than this one", membership.name),
                ));
            }
            there.push(membership.tenant);
        }
        let mut tx = self.db.system("link to a provider").await?;
        if !sso::unlink_identity(&mut tx, user, id).await? {
            return Err(Error::not_found());
        }
        tx.commit().await?;
        let mut tx = self.db.tenant(who.tenant).await?;
        let actor = user.to_string();
        let entry = audit::Entry {
            actor: &actor,
            action: "sso.unlink",
            target: &actor,
            detail: &json!({ "issuer": issuer }),
        };
        audit::record(&mut tx, &entry, now).await?;
        tx.commit().await?;
        for tenant in there {
            let mut tx = self.db.tenant(tenant).await?;
            let ended = session_lists::revoke_others_of(&mut tx, user, current, Begun::BySso, now).await?;
            for session in &ended {
                let target = session.to_string();
                let entry = audit::Entry {
                    actor: &actor,
                    action: "session.revoke",
                    target: &target,
                    detail: &json!({}),
                };
                audit::record(&mut tx, &entry, now).await?;
            }
            tx.commit().await?;
            for session in ended {
                self.identity.forget_session(tenant, session).await;
            }
        }
        Ok(())
    }
}
