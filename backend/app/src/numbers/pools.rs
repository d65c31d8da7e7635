//! Pools: calls go out over several numbers by turns.

use phony_db::TenantTx;
use phony_db::number_pools::{self, Member};
use phony_kernel::callers::PoolStrategy;
use phony_kernel::error::Faults;
use phony_kernel::page::{Page, PageRequest};
use phony_kernel::{E164, Error, Kind, NumberId, NumberPoolId, Plan, Result};
use serde_json::json;

use super::Numbers;
use crate::Principal;
use crate::noting::note;

pub use phony_db::number_pools::{Member as PoolMember, StoredPool as Pool};

/// Numbers of one pool.
const MAX_NUMBERS: usize = 500;
/// Longest name, in characters.
const MAX_NAME: usize = 64;
/// Pools of one tenant.
const MAX_POOLS: i64 = 100;

/// A pool to make.
#[derive(Debug, Clone)]
pub struct NewPool {
    /// Its name.
    pub name: String,
    /// How a number is chosen.
    pub strategy: PoolStrategy,
    /// Its numbers, in their order.
    pub numbers: Vec<NumberId>,
}

/// What to change of a pool; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct PoolPatch {
    /// Its name.
    pub name: Option<String>,
    /// How a number is chosen.
    pub strategy: Option<PoolStrategy>,
    /// Its numbers, all of them.
    pub numbers: Option<Vec<NumberId>>,
}

/// The number that a call goes out over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picked {
    /// Which.
    pub number: NumberId,
    /// The number itself.
    pub e164: E164,
}

/// Takes a number out of a pool for a call to `to`. The pool stays taken until the transaction ends, so that two calls
/// at once get their numbers one after the other.
///
/// # Errors
/// `not_found`, or `pool_empty` when no number of the pool is held any more.
pub async fn pick(tx: &mut TenantTx, pool: NumberPoolId, to: &E164) -> Result<Picked> {
    let pool = number_pools::lock(tx, pool).await?;
    let usable: Vec<&Member> = pool.members.iter().filter(|member| member.active).collect();
    let chosen = choose(pool.strategy, &usable, to).ok_or_else(|| {
        Error::new(
            Kind::Conflict,
            "pool_empty",
            "this pool has no number that calls can go out over",
        )
    })?;
    number_pools::record_use(tx, pool.id, chosen.number).await?;
    Ok(Picked {
        number: chosen.number,
        e164: chosen.e164.clone(),
    })
}

/// The next by turns is the one whose last use is longest ago; ties go by their order in the pool.
fn choose<'a>(strategy: PoolStrategy, members: &[&'a Member], to: &E164) -> Option<&'a Member> {
    let members = members.iter().copied();
    match strategy {
        PoolStrategy::RoundRobin => members.min_by_key(|member| member.used_at),
        PoolStrategy::LeastUsed => members.min_by_key(|member| (member.uses, member.used_at)),
        PoolStrategy::LocalPresence => members.min_by_key(|member| {
            let nearness = nearness(&member.e164, to);
            (std::cmp::Reverse(nearness), member.used_at)
        }),
    }
}

/// How near two numbers are: not of one country 0, of one country 1, and more with each digit that they begin alike
/// with behind the country code, as far as those name an area.
fn nearness(from: &E164, to: &E164) -> usize {
    /// Longer beginnings name a line rather than a place.
    const AREA_DIGITS: usize = 6;
    let (Some(ours), Some(theirs)) = (from.country(), to.country()) else {
        return 0;
    };
    if ours != theirs {
        return 0;
    }
    let digits = |e164: &E164| {
        e164.as_str()
            .chars()
            .skip(1)
            .take(AREA_DIGITS)
            .collect::<Vec<char>>()
    };
    let alike = digits(from)
        .iter()
        .zip(digits(to))
        .take_while(|(one, other)| **one == *other)
        .count();
    1 + alike
}

impl Numbers {
    /// The tenant's pools, newest first.
    ///
    /// # Errors
    /// `bad_cursor`, or a limit out of range.
    pub async fn list_pools(
        &self,
        who: &Principal,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<Page<Pool>> {
        let page = PageRequest::read(limit, cursor)?;
        let mut tx = self.db.tenant(who.tenant).await?;
        number_pools::list(&mut tx, &page).await
    }

    /// One pool.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn get_pool(&self, who: &Principal, id: NumberPoolId) -> Result<Pool> {
        let mut tx = self.db.tenant(who.tenant).await?;
        number_pools::find(&mut tx, id)
            .await?
            .ok_or_else(Error::not_found)
    }

    /// Makes a pool.
    ///
    /// # Errors
    /// `validation_failed`, `plan_limit`, or `already_exists`.
    pub async fn create_pool(&self, who: &Principal, new: NewPool) -> Result<Pool> {
        let mut faults = Faults::new();
        faults.line("name", &new.name, 1, MAX_NAME);
        let mut tx = self.db.tenant(who.tenant).await?;
        check_numbers(&mut tx, &mut faults, &new.numbers).await?;
        faults.finish()?;
        check_plan(who)?;
        if number_pools::count(&mut tx).await? >= MAX_POOLS {
            return Err(Error::new(
                Kind::Conflict,
                "too_many_pools",
                format!("there can be {MAX_POOLS} pools; change one of those"),
            ));
        }
        let (id, now) = (NumberPoolId::new(), self.clock.now());
        number_pools::insert(&mut tx, id, new.name.trim(), new.strategy, now).await?;
        number_pools::set_members(&mut tx, id, &new.numbers).await?;
        let detail = json!({ "name": new.name.trim(), "strategy": new.strategy, "number_ids": new.numbers });
        note(&mut tx, &who.actor().id, "number_pool.created", id, &detail, now).await?;
        let pool = number_pools::find(&mut tx, id)
            .await?
            .ok_or_else(Error::not_found)?;
        tx.commit().await?;
        Ok(pool)
    }

    /// Changes a pool.
    ///
    /// # Errors
    /// `not_found`, `validation_failed`, `plan_limit`, or `already_exists`.
    pub async fn update_pool(&self, who: &Principal, id: NumberPoolId, patch: PoolPatch) -> Result<Pool> {
        let mut tx = self.db.tenant(who.tenant).await?;
        number_pools::lock(&mut tx, id).await?;
        let mut faults = Faults::new();
        if let Some(name) = &patch.name {
            faults.line("name", name, 1, MAX_NAME);
        }
        if let Some(numbers) = &patch.numbers {
            check_numbers(&mut tx, &mut faults, numbers).await?;
        }
        faults.finish()?;
        // A pool of before goes on; on a smaller plan it can be emptied and taken away, and nothing else.
        let only_empties = patch.name.is_none()
            && patch.strategy.is_none()
            && patch.numbers.as_ref().is_none_or(Vec::is_empty);
        if !only_empties {
            check_plan(who)?;
        }
        let name = patch.name.as_deref().map(str::trim);
        number_pools::change(&mut tx, id, name, patch.strategy, self.clock.now()).await?;
        if let Some(numbers) = &patch.numbers {
            number_pools::set_members(&mut tx, id, numbers).await?;
        }
        let detail = json!({ "name": name, "strategy": patch.strategy, "number_ids": patch.numbers });
        let (actor, at) = (who.actor().id, self.clock.now());
        note(&mut tx, &actor, "number_pool.changed", id, &detail, at).await?;
        let pool = number_pools::find(&mut tx, id)
            .await?
            .ok_or_else(Error::not_found)?;
        tx.commit().await?;
        Ok(pool)
    }

    /// Takes a pool away; its numbers stay.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn delete_pool(&self, who: &Principal, id: NumberPoolId) -> Result<()> {
        let mut tx = self.db.tenant(who.tenant).await?;
        if !number_pools::delete(&mut tx, id).await? {
            return Err(Error::not_found());
        }
        let (actor, at) = (who.actor().id, self.clock.now());
        note(&mut tx, &actor, "number_pool.deleted", id, &json!({}), at).await?;
        tx.commit().await
    }
}

fn check_plan(who: &Principal) -> Result<()> {
    if who.plan == Plan::Enterprise {
        return Ok(());
    }
    Err(Error::new(
        Kind::Forbidden,
        "plan_limit",
        format!(
            "pools of numbers come with the enterprise plan, and yours is the {} plan",
            who.plan.as_str()
        ),
    ))
}

async fn check_numbers(tx: &mut TenantTx, faults: &mut Faults, numbers: &[NumberId]) -> Result<()> {
    if numbers.len() > MAX_NUMBERS {
        faults.add("number_ids", "too_many", format!("may be at most {MAX_NUMBERS}"));
        return Ok(());
    }
    let usable = number_pools::list_usable(tx, numbers).await?;
    for (at, number) in numbers.iter().enumerate() {
        let place = format!("number_ids[{at}]");
        if numbers[..at].contains(number) {
            faults.add(place, "duplicate", "is there twice");
        } else if !usable.contains(number) {
            faults.add(place, "unknown_number", "is not a number that you hold");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;

    fn member(e164: &str, uses: i64, used_at: Option<&str>) -> Member {
        Member {
            number: NumberId::new(),
            e164: e164.parse().unwrap(),
            active: true,
            uses,
            used_at: used_at.map(|at| at.parse::<DateTime<Utc>>().unwrap()),
        }
    }

    fn chosen(strategy: PoolStrategy, members: &[Member], to: &str) -> String {
        let members: Vec<&Member> = members.iter().collect();
        let member = choose(strategy, &members, &to.parse().unwrap()).unwrap();
        member.e164.to_string()
    }

    #[test]
    fn turns_go_to_whoever_waited_longest() {
        let members = [
            member("+14155550100", 1, Some("2026-11-21T12:00:02Z")),
            member("+14155550101", 9, Some("2026-11-21T12:00:01Z")),
            member("+14155550102", 0, None),
        ];
        let to = "+12125550100";
        assert_eq!(chosen(PoolStrategy::RoundRobin, &members, to), "+14155550102");
        assert_eq!(
            chosen(PoolStrategy::RoundRobin, &members[..2], to),
            "+14155550101"
        );
        assert_eq!(chosen(PoolStrategy::LeastUsed, &members[..2], to), "+14155550100");
    }

    #[test]
    fn the_nearest_number_calls() {
        let members = [
            member("+14155550100", 0, None),
            member("+12125550101", 5, Some("2026-11-21T12:00:01Z")),
            member("+12125550102", 6, Some("2026-11-21T12:00:00Z")),
            member("+442079460018", 0, None),
            member("+14165550100", 0, None),
        ];
        let nearest = |to: &str| chosen(PoolStrategy::LocalPresence, &members, to);
        assert_eq!(nearest("+12129990000"), "+12125550102", "one area, longest ago");
        assert_eq!(nearest("+442083661177"), "+442079460018");
        assert_eq!(
            nearest("+14168001234"),
            "+14165550100",
            "Canada is not the United States"
        );
        assert_eq!(nearest("+919876543210"), "+14155550100", "far from all: by turns");
    }

    #[test]
    fn an_empty_pool_has_nothing() {
        assert!(choose(PoolStrategy::RoundRobin, &[], &"+14155550100".parse().unwrap()).is_none());
    }
}
