//! What the operator of the installation may do to a company: suspend it, let it go on, change its plan, look at it.
//! Each act is an entry of the company's own audit log, with the operator's name and the reason.
//!
//! A suspended company cannot sign in, its keys are refused, new callers hear that the number takes no calls at the moment, and
//! queued calls are not dialled. Calls that go on are let finish: their callers have done nothing, and each has a
//! longest time.

use phony_db::privacy::tenant as rows;
use phony_db::{Db, audit, operator, plans, retention};
use phony_kernel::error::Faults;
use phony_kernel::{Clock, Error, Kind, Plan, Result, TenantId};
use serde_json::{Value, json};

use crate::rate_limits::RateTable;

pub use phony_db::operator::TenantLine;

/// Longest reason, in characters.
const MAX_REASON: usize = 300;
/// Longest name of an operator.
const MAX_NAME: usize = 60;
/// Companies listed at one time.
const LISTED: i32 = 1_000;

/// Who acts and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorAct {
    operator: String,
    reason: String,
}

impl OperatorAct {
    /// Reads who acts and why.
    ///
    /// # Errors
    /// `validation_failed` when one is missing or no plain line of text.
    pub fn new(operator: &str, reason: &str) -> Result<Self> {
        let mut faults = Faults::new();
        for (param, text, most) in [("operator", operator, MAX_NAME), ("reason", reason, MAX_REASON)] {
            faults.length(param, text, 2, most);
            faults.require(
                !text.contains(char::is_control),
                param,
                "control_character",
                "must be one line of plain text",
            );
        }
        faults.finish()?;
        Ok(Self {
            operator: operator.trim().to_owned(),
            reason: reason.trim().to_owned(),
        })
    }

    /// Why.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// As the audit log names who acts.
    #[must_use]
    pub fn actor(&self) -> String {
        format!("operator:{}", self.operator)
    }
}

/// The operator's use cases.
#[derive(Debug, Clone)]
pub struct Operator {
    db: Db,
    readonly: Option<Db>,
    clock: Clock,
}

impl Operator {
    /// `db` is the database as the worker, the only role that may change where a company stands; `readonly` is the
    /// one for looking.
    #[must_use]
    pub fn new(db: Db, readonly: Option<Db>, clock: Clock) -> Self {
        Self { db, readonly, clock }
    }

    /// Notes in the log of a company that was just made that it was made from here.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn note_made(&self, tenant: TenantId, act: &OperatorAct) -> Result<()> {
        let mut tx = self.db.tenant(tenant).await?;
        operator::find_line(&mut tx).await?.ok_or_else(Error::not_found)?;
        self.note(&mut tx, act, "tenant.create", &json!({})).await?;
        tx.commit().await
    }

    /// Suspends a company. One that is suspended stays so.
    ///
    /// # Errors
    /// `not_found`; `tenant_closed`.
    pub async fn suspend(&self, tenant: TenantId, act: &OperatorAct) -> Result<TenantLine> {
        self.move_to(tenant, act, ("active", "suspended"), "tenant.suspend")
            .await
    }

    /// Lets a suspended company go on. One that is active stays so.
    ///
    /// # Errors
    /// `not_found`; `tenant_closed`.
    pub async fn resume(&self, tenant: TenantId, act: &OperatorAct) -> Result<TenantLine> {
        self.move_to(tenant, act, ("suspended", "active"), "tenant.resume")
            .await
    }

    async fn move_to(
        &self,
        tenant: TenantId,
        act: &OperatorAct,
        (from, to): (&str, &str),
        action: &str,
    ) -> Result<TenantLine> {
        let mut tx = self.db.tenant(tenant).await?;
        let line = operator::find_line(&mut tx).await?.ok_or_else(Error::not_found)?;
        if line.status != from && line.status != to {
            return Err(Error::new(
                Kind::Conflict,
                "tenant_closed",
                "this company is closed, or about to be",
            ));
        }
        if rows::set_status(&mut tx, &[from], to).await? {
            self.note(&mut tx, act, action, &json!({})).await?;
        }
        let line = operator::find_line(&mut tx).await?.ok_or_else(Error::not_found)?;
        tx.commit().await?;
        Ok(line)
    }

    /// Changes a company's plan, also to one that is agreed by contract. What exceeds the new plan stays.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn change_plan(&self, tenant: TenantId, to: Plan, act: &OperatorAct) -> Result<TenantLine> {
        let mut tx = self.db.tenant(tenant).await?;
        operator::find_line(&mut tx).await?.ok_or_else(Error::not_found)?;
        let from = plans::lock(&mut tx).await?;
        if from != to {
            plans::change(&mut tx, to, self.clock.now()).await?;
            self.note(&mut tx, act, "plan.change", &json!({ "from": from, "to": to }))
                .await?;
        }
        let line = operator::find_line(&mut tx).await?.ok_or_else(Error::not_found)?;
        tx.commit().await?;
        Ok(line)
    }

    /// Gives a company rates of its own in place of its plan's; an empty table takes them back. Acts within five seconds.
    ///
    /// # Errors
    /// `not_found`; `validation_failed` for a bucket that belongs to addresses.
    pub async fn set_rates(
        &self,
        tenant: TenantId,
        rates: &RateTable,
        act: &OperatorAct,
    ) -> Result<TenantLine> {
        if rates.all().keys().any(|bucket| bucket.is_by_address()) {
            return Err(Error::invalid_field(
                "rates",
                "not_of_a_company",
                "auth and auth.renew belong to addresses",
            ));
        }
        let mut tx = self.db.tenant(tenant).await?;
        let line = operator::find_line(&mut tx).await?.ok_or_else(Error::not_found)?;
        plans::set_rates(&mut tx, rates.all()).await?;
        self.note(&mut tx, act, "tenant.rates", &json!({ "rates": rates.all() }))
            .await?;
        tx.commit().await?;
        Ok(line)
    }

    /// A company in figures, read by a role that can change nothing. That somebody looked is noted first.
    ///
    /// # Errors
    /// `not_found`; when there is no database address for looking.
    pub async fn look(&self, tenant: TenantId, act: &OperatorAct) -> Result<Value> {
        let readonly = self
            .readonly
            .as_ref()
            .ok_or_else(|| Error::internal(anyhow::anyhow!("DATABASE_READONLY_URL is missing")))?;
        let mut tx = self.db.tenant(tenant).await?;
        operator::find_line(&mut tx).await?.ok_or_else(Error::not_found)?;
        self.note(&mut tx, act, "tenant.look", &json!({})).await?;
        tx.commit().await?;
        let mut tx = readonly.snapshot(tenant).await?;
        operator::look(&mut tx).await
    }

    /// Companies with their plan and standing, in the order in which they came, after one.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list(&self, after: Option<TenantId>) -> Result<Vec<TenantLine>> {
        let mut tx = self.db.system("the operator lists companies").await?;
        let tenants = retention::list_tenants(&mut tx, after, LISTED).await?;
        drop(tx);
        let mut lines = Vec::new();
        for tenant in tenants {
            let mut tx = self.db.tenant(tenant).await?;
            lines.extend(operator::find_line(&mut tx).await?);
        }
        Ok(lines)
    }

    /// Every company's id, for checks of all of them.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn all(&self) -> Result<Vec<TenantId>> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let mut tx = self.db.system("the operator goes through all companies").await?;
            let tenants = retention::list_tenants(&mut tx, after, LISTED).await?;
            let Some(last) = tenants.last() else {
                return Ok(all);
            };
            after = Some(*last);
            all.extend(tenants);
        }
    }

    async fn note(
        &self,
        tx: &mut phony_db::TenantTx,
        act: &OperatorAct,
        action: &str,
        detail: &Value,
    ) -> Result<()> {
        let mut detail = detail.clone();
        if let Some(fields) = detail.as_object_mut() {
            fields.insert("reason".to_owned(), act.reason.clone().into());
        }
        let entry = audit::Entry {
            actor: &act.actor(),
            action,
            target: &tx.tenant().to_string(),
            detail: &detail,
        };
        audit::record(tx, &entry, self.clock.now()).await
    }
}
