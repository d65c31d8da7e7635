//! Personalities: presets, own ones, versions.
//!
//! A version never changes; a call keeps the one it began with. What is acceptable in one is decided in
//! [`draft`].

mod asking;
pub mod capabilities;
pub mod catalogue;
mod draft;
mod input;
mod language;
mod own;
pub mod presets;
mod speech;

use chrono::NaiveDate;
use phony_conversation::plan;
use phony_db::personalities::{self, NewVersion};
use phony_db::{Db, TenantTx};
use phony_kernel::call::Engine;
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{Clock, Error, Kind, PersonalityId, Result, UserId};
use phony_models::catalog;

use crate::outbound_policy::{self, OutboundPolicy};
use crate::{Principal, Who};
use draft::{Bounds, Draft};

pub(crate) use own::check_unused;

pub use asking::{ApprovalPatch, ClarificationPatch};
pub use capabilities::{Capability, Note, Reference};
pub use input::{PersonalityInput, PersonalityPatch, RealtimePatch, RecordingPatch, TransferTargetInput};
pub use phony_conversation::command::{StayAs, TransferKind};
pub use phony_conversation::plan::Personality as PersonalityBody;
pub use phony_conversation::plan::{
    ApprovalMode, ApprovalSettings, ApprovalTimeout, ClarificationSettings, ClarificationTimeout, Eagerness,
    Exchange, Fallback, GreetingPolicy, NoiseReduction, RealtimeSettings, ReasoningEffort, TransferTarget,
    TurnDetection,
};
pub use phony_db::personalities::StoredPersonality as Personality;
pub use presets::{PRESETS, Preset, seed_presets};

/// Use cases around personalities.
#[derive(Debug, Clone)]
pub struct Personalities {
    db: Db,
    clock: Clock,
    standards: Standards,
}

/// What personalities get that name nothing.
#[derive(Debug, Clone)]
pub struct Standards {
    /// Language model.
    pub model: String,
    /// Speech-to-speech model.
    pub realtime_model: String,
    /// Voice by its catalogue name.
    pub voice: String,
}

impl Default for Standards {
    fn default() -> Self {
        Self {
            model: catalog::DEFAULT_CHAT.to_owned(),
            realtime_model: catalog::DEFAULT_SPEECH.to_owned(),
            voice: DEFAULT_VOICE.to_owned(),
        }
    }
}

/// The voice that speaks when nobody has chosen one.
pub const DEFAULT_VOICE: &str = "marin";

impl Personalities {
    /// `standards` is what those get that name nothing.
    #[must_use]
    pub fn new(db: Db, clock: Clock, standards: Standards) -> Self {
        Self { db, clock, standards }
    }

    /// What those get that name nothing.
    #[must_use]
    pub fn standards(&self) -> &Standards {
        &self.standards
    }

    /// Today, by which models stop.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        self.clock.now().date_naive()
    }

    /// What each engine cannot honour of a personality.
    #[must_use]
    pub fn capabilities(&self, body: &plan::Personality) -> Vec<Capability> {
        capabilities::report(body, self.reference())
    }

    /// What one engine cannot honour of a personality.
    #[must_use]
    pub fn capability(&self, body: &plan::Personality, engine: Engine) -> Capability {
        capabilities::of_engine(body, engine, self.reference())
    }

    fn reference(&self) -> Reference<'_> {
        Reference {
            realtime_model: &self.standards.realtime_model,
            today: self.today(),
        }
    }

    /// The personalities that come with the product.
    #[must_use]
    pub fn presets(&self) -> &'static [Preset] {
        &PRESETS
    }

    /// The tenant's own and its presets, presets first.
    ///
    /// # Errors
    /// `bad_cursor`, or a limit out of range.
    pub async fn list(
        &self,
        who: &Principal,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Page<Personality>> {
        let page = PageRequest::read(limit, cursor)?;
        let mut tx = self.db.tenant(who.tenant).await?;
        personalities::list(&mut tx, &page).await
    }

    /// The one that answers where nobody says who does; none when it was archived.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn usual(&self, who: &Principal) -> Result<Option<PersonalityId>> {
        let mut tx = self.db.tenant(who.tenant).await?;
        personalities::find_by_preset(&mut tx, presets::DEFAULT_PRESET).await
    }

    /// One with its current version.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn get(&self, who: &Principal, id: PersonalityId) -> Result<Personality> {
        let mut tx = self.db.tenant(who.tenant).await?;
        get(&mut tx, id).await
    }

    /// Writes one of the tenant's own.
    ///
    /// # Errors
    /// `validation_failed` with all faults, `name_taken`, or `plan_limit` when the plan allows no more.
    pub async fn create(&self, who: &Principal, input: PersonalityInput) -> Result<Personality> {
        let mut tx = self.db.tenant(who.tenant).await?;
        let policy = outbound_policy::current(&mut tx).await?;
        let bounds = self.bounds(None, &policy);
        let draft = draft::check(input, PersonalityId::new(), 1, bounds)?;
        crate::plans::check_choice(who.plan, &draft.body, None, &self.standards)?;
        own::check(&mut tx, &draft.body, None).await?;
        let own = personalities::count_own_locked(&mut tx).await?;
        if let Some(limit) = who.plan.limits().personalities
            && own >= i64::from(limit)
        {
            return Err(plan_limit(who, limit));
        }
        personalities::insert(&mut tx, None, &self.version_of(who, &draft))
            .await
            .map_err(name_taken)?;
        let stored = get(&mut tx, draft.body.id).await?;
        self.note(&mut tx, who, "personality.create", &stored).await?;
        tx.commit().await?;
        Ok(stored)
    }

    /// Changes one by adding a version; a change that changes nothing adds none. `expected` is the version that
    /// the writer has read, if they say.
    ///
    /// # Errors
    /// `not_found`, `version_mismatch` when somebody was faster, `validation_failed`, or `name_taken`.
    pub async fn update(
        &self,
        who: &Principal,
        id: PersonalityId,
        expected: Option<i32>,
        patch: PersonalityPatch,
    ) -> Result<Personality> {
        let mut tx = self.db.tenant(who.tenant).await?;
        personalities::lock(&mut tx, id).await?;
        let before = get(&mut tx, id).await?;
        let version = before.body.version;
        if expected.is_some_and(|expected| expected != version) {
            return Err(version_mismatch(version));
        }
        let policy = outbound_policy::current(&mut tx).await?;
        let bounds = self.bounds(Some(&before.body), &policy);
        let input = patch.apply(&before.body, &before.description);
        let mut draft = draft::check(input, id, version, bounds)?;
        crate::plans::check_choice(who.plan, &draft.body, Some(&before.body), &self.standards)?;
        own::check(&mut tx, &draft.body, Some(&before.body)).await?;
        if draft.body == before.body && draft.description == before.description {
            return Ok(before);
        }
        draft.body.version = version + 1;
        personalities::add_version(&mut tx, &self.version_of(who, &draft))
            .await
            .map_err(name_taken)?;
        let stored = get(&mut tx, id).await?;
        self.note(&mut tx, who, "personality.update", &stored).await?;
        tx.commit().await?;
        Ok(stored)
    }

    /// What one would be after a change that is not made, for a trial; the current version when nothing changes.
    ///
    /// # Errors
    /// `not_found`, or `validation_failed` with all faults.
    pub async fn draft(
        &self,
        who: &Principal,
        id: PersonalityId,
        patch: PersonalityPatch,
    ) -> Result<plan::Personality> {
        let mut tx = self.db.tenant(who.tenant).await?;
        let before = get(&mut tx, id).await?;
        let policy = outbound_policy::current(&mut tx).await?;
        let bounds = self.bounds(Some(&before.body), &policy);
        let input = patch.apply(&before.body, &before.description);
        let body = draft::check(input, id, before.body.version, bounds)?.body;
        crate::plans::check_choice(who.plan, &body, Some(&before.body), &self.standards)?;
        own::check(&mut tx, &body, Some(&before.body)).await?;
        Ok(body)
    }

    /// Puts one away; its versions stay for the calls that were spoken with them.
    ///
    /// # Errors
    /// `not_found`, or `personality_in_use` while a number points at it.
    pub async fn archive(&self, who: &Principal, id: PersonalityId) -> Result<()> {
        let mut tx = self.db.tenant(who.tenant).await?;
        personalities::lock(&mut tx, id).await?;
        let stored = get(&mut tx, id).await?;
        if !personalities::archive(&mut tx, id, self.clock.now()).await? {
            return Err(Error::new(
                Kind::Conflict,
                "personality_in_use",
                "a number is answered by this personality; give the number another one first",
            ));
        }
        self.note(&mut tx, who, "personality.archive", &stored).await?;
        tx.commit().await
    }

    async fn note(
        &self,
        tx: &mut TenantTx,
        who: &Principal,
        action: &str,
        stored: &Personality,
    ) -> Result<()> {
        let detail = serde_json::json!({ "version": stored.body.version });
        let target = stored.body.id.to_string();
        crate::audit::note(tx, who, action, &target, &detail, self.clock.now()).await
    }

    fn bounds<'a>(&'a self, before: Option<&'a plan::Personality>, policy: &'a OutboundPolicy) -> Bounds<'a> {
        Bounds {
            default_model: &self.standards.model,
            realtime_model: &self.standards.realtime_model,
            default_voice: &self.standards.voice,
            today: self.today(),
            before,
            policy: Some(policy),
        }
    }

    fn version_of<'a>(&self, who: &Principal, draft: &'a Draft) -> NewVersion<'a> {
        NewVersion {
            body: &draft.body,
            description: &draft.description,
            created_by: writer(who),
            at: self.clock.now(),
        }
    }
}

async fn get(tx: &mut TenantTx, id: PersonalityId) -> Result<Personality> {
    personalities::find(tx, id).await?.ok_or_else(Error::not_found)
}

fn writer(who: &Principal) -> Option<UserId> {
    match &who.who {
        Who::Member { user, .. } => Some(*user),
        Who::Key { .. } => None,
    }
}

fn plan_limit(who: &Principal, limit: u32) -> Error {
    let text = format!(
        "the {} plan has room for {limit} personalities of your own; the presets do not count",
        who.plan.as_str()
    );
    Error::new(Kind::Forbidden, "plan_limit", text)
}

fn version_mismatch(version: i32) -> Error {
    let text = format!("this personality has changed since you read it; it is at version {version} now");
    Error::new(Kind::PreconditionFailed, "version_mismatch", text)
}

/// The name is the only value that two personalities of a tenant may not share.
fn name_taken(error: Error) -> Error {
    if error.code() == "already_exists" {
        return Error::new(
            Kind::Conflict,
            "name_taken",
            "you have a personality of this name already",
        )
        .caused_by(error);
    }
    error
}
