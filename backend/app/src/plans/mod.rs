//! Plans: what there is to choose from, what another plan would change, and the change.

mod exceeding;

use phony_db::plans::{self as rows, PlanRow};
use phony_db::{Db, audit};
use phony_kernel::plan::Limits;
use phony_kernel::{Bucket, Clock, Error, Kind, Permission, Plan, Rate, Result};
use serde::Serialize;
use serde_json::json;

pub(crate) use exceeding::check_choice;
pub use exceeding::{Exceeding, Held};

use crate::Principal;
use crate::personalities::Standards;

/// Test calls of a tenant at one time, whatever its plan.
pub const TEST_CALLS: u32 = 10;

/// Use cases of plans. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Plans {
    db: Db,
    /// Only the worker's role may change a plan.
    worker_db: Db,
    clock: Clock,
    standards: Standards,
}

/// A quota as shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RateInfo {
    /// Which requests.
    pub bucket: Bucket,
    /// Requests in the long run, in each window.
    pub tokens: u32,
    /// Length of the window.
    pub per_seconds: u32,
    /// Requests at once after a pause.
    pub burst: u32,
}

impl RateInfo {
    fn new(bucket: Bucket, rate: Rate) -> Self {
        Self {
            bucket,
            tokens: rate.tokens,
            per_seconds: rate.per_seconds,
            burst: rate.burst,
        }
    }
}

/// A plan as it is sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PlanInfo {
    /// Which.
    pub plan: Plan,
    /// US dollars a month, exact; absent for one that is agreed by contract.
    #[schema(required, example = "29.00")]
    pub monthly_fee: Option<String>,
    /// Whether it is the company's own.
    pub current: bool,
    /// What it allows.
    pub limits: Limits,
    /// How often one may ask.
    pub rates: Vec<RateInfo>,
}

/// What a change of the plan does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PlanChange {
    /// The plan of now, or of before.
    pub from: Plan,
    /// The other one.
    pub to: Plan,
    /// Whether the company may do it by itself.
    pub allowed: bool,
    /// Whether it was done.
    pub applied: bool,
    /// US dollars a month from then on, exact; absent for a plan that is agreed by contract.
    #[schema(required, example = "29.00")]
    pub monthly_fee: Option<String>,
    /// What it allows.
    pub limits: Limits,
    /// What the company has that is more than the plan allows. Nothing of it is deleted; nothing of the kind can be
    /// added as long as it is more.
    pub exceeding: Vec<Exceeding>,
}

/// Calls at one time, against the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ConcurrencyInfo {
    /// Calls that go on now.
    pub current: u32,
    /// As many as the plan allows; absent without a limit.
    #[schema(required)]
    pub limit: Option<u32>,
    /// Calls that could begin now; absent without a limit.
    #[schema(required)]
    pub available: Option<u32>,
    /// Calls of test keys, which do not count.
    pub test_calls: u32,
    /// As many of these as there may be.
    pub test_limit: u32,
}

impl Plans {
    /// `worker_db` is the database as the worker; `standards` is what personalities use that name nothing, which is part of
    /// every plan.
    #[must_use]
    pub fn new(db: Db, worker_db: Db, clock: Clock, standards: Standards) -> Self {
        Self {
            db,
            worker_db,
            clock,
            standards,
        }
    }

    /// Every plan, smallest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list(&self, who: &Principal) -> Result<Vec<PlanInfo>> {
        let mut tx = self.db.tenant(who.tenant).await?;
        let plans = rows::list(&mut tx).await?;
        Ok(plans
            .into_iter()
            .map(|row| PlanInfo {
                plan: row.plan,
                current: row.plan == who.plan,
                limits: row.plan.limits(),
                rates: Bucket::ALL
                    .into_iter()
                    .filter(|bucket| !bucket.is_by_address())
                    .map(|bucket| RateInfo::new(bucket, bucket.of_plan(row.plan)))
                    .collect(),
                monthly_fee: fee(row),
            })
            .collect())
    }

    /// What a change would do. Nothing is changed.
    ///
    /// # Errors
    /// `forbidden`, those of the database.
    pub async fn preview(&self, who: &Principal, to: Plan) -> Result<PlanChange> {
        who.require(Permission::PlanRead, self.clock.now())?;
        let mut tx = self.db.tenant(who.tenant).await?;
        let from = rows::lock(&mut tx).await?;
        self.look(&mut tx, from, to).await
    }

    /// Changes the plan. Acts within five seconds everywhere; what exceeds the new plan stays.
    ///
    /// # Errors
    /// `forbidden`, `step_up_required`, `plan_by_contract`, those of the database.
    pub async fn change(&self, who: &Principal, to: Plan) -> Result<PlanChange> {
        let now = self.clock.now();
        who.require(Permission::PlanChange, now)?;
        let mut tx = self.worker_db.tenant(who.tenant).await?;
        let from = rows::lock(&mut tx).await?;
        let mut change = self.look(&mut tx, from, to).await?;
        if !change.allowed {
            return Err(Error::new(
                Kind::Conflict,
                "plan_by_contract",
                "this plan is agreed by contract; please get in touch with us",
            ));
        }
        if from != to {
            rows::change(&mut tx, to, now).await?;
            let names: Vec<&str> = change.exceeding.iter().map(|item| item.what).collect();
            let (actor, target) = (who.actor().id, who.tenant.to_string());
            let entry = audit::Entry {
                actor: &actor,
                action: "plan.change",
                target: &target,
                detail: &json!({ "from": from, "to": to, "exceeding": names }),
            };
            audit::record(&mut tx, &entry, now).await?;
            change.applied = true;
        }
        tx.commit().await?;
        Ok(change)
    }

    async fn look(&self, tx: &mut phony_db::TenantTx, from: Plan, to: Plan) -> Result<PlanChange> {
        let sold = rows::list(tx).await?.into_iter().find(|row| row.plan == to);
        let holdings = rows::holdings(tx).await?;
        Ok(PlanChange {
            from,
            to,
            // Down from a contract is everybody's own choice; up to one is not.
            allowed: to != Plan::Enterprise || from == to,
            applied: false,
            monthly_fee: sold.and_then(fee),
            limits: to.limits(),
            exceeding: exceeding::of(&holdings, &to.limits(), &self.standards),
        })
    }

    /// Calls at one time, against the plan.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn concurrency(&self, who: &Principal) -> Result<ConcurrencyInfo> {
        let mut tx = self.db.tenant(who.tenant).await?;
        let counted = rows::concurrency(&mut tx).await?;
        let count = |calls: i64| u32::try_from(calls).unwrap_or(u32::MAX);
        let (current, limit) = (count(counted.live), who.plan.limits().concurrent_calls);
        Ok(ConcurrencyInfo {
            current,
            limit,
            available: limit.map(|limit| limit.saturating_sub(current)),
            test_calls: count(counted.test),
            test_limit: TEST_CALLS,
        })
    }
}

/// What it costs; nothing is said of a plan that is agreed by contract.
fn fee(row: PlanRow) -> Option<String> {
    (row.plan != Plan::Enterprise).then_some(row.monthly_fee)
}
