//! What calls that go on cost, told to those who watch.
//!
//! Words are booked with every answer, the carrier's minutes only at the end; whoever watches is told the sum of what is
//! booked and of the minutes that have begun.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use phony_calls::Calls;
use phony_conversation::EventBody;
use phony_db::calls::callbacks;
use phony_db::usage::so_far;
use phony_kernel::money::Amount;
use phony_kernel::{CallId, Result, TenantId};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::CallsArea;
use super::callbacks::minutes_so_far;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(5);

/// A call that the carrier counts, and what it costs.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cost {
    call: CallId,
    call_sid: String,
    amount: Amount,
}

impl CallsArea {
    /// Tells what the calls that run here cost, whenever that has changed, until `stop`.
    pub async fn run_costs(&self, engine: &Calls, stop: CancellationToken) {
        let mut told: HashMap<CallId, Amount> = HashMap::new();
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            let running = engine.running_by_tenant();
            let still: HashSet<CallId> = running.values().flatten().copied().collect();
            told.retain(|call, _| still.contains(call));
            for (tenant, calls) in running {
                let costs = match self.costs_so_far(tenant, &calls).await {
                    Ok(costs) => costs,
                    Err(error) => {
                        tracing::warn!(tenant.id = %tenant, error = ?error, "costs of calls could not be read");
                        continue;
                    }
                };
                for cost in costs {
                    if told.insert(cost.call, cost.amount) != Some(cost.amount) {
                        let event = EventBody::CostTick {
                            amount: cost.amount.to_string(),
                            currency: "USD".to_owned(),
                        };
                        engine.announce(tenant, cost.call, &cost.call_sid, event).await;
                    }
                }
            }
        }
    }

    async fn costs_so_far(&self, tenant: TenantId, calls: &[CallId]) -> Result<Vec<Cost>> {
        let mut tx = self.db.tenant(tenant).await?;
        let counting = callbacks::list_counting(&mut tx, calls).await?;
        let calls: Vec<CallId> = counting.iter().map(|(_, facts)| facts.call).collect();
        let mut amounts = so_far::booked(&mut tx, &calls).await?;
        let minutes: Vec<_> = counting
            .iter()
            .flat_map(|(call_sid, facts)| minutes_so_far(facts, call_sid))
            .collect();
        let quotes = so_far::quote(&mut tx, &minutes).await?;
        tx.commit().await?;
        for (minutes, quote) in minutes.iter().zip(quotes) {
            if let (Some(call), Some(quote)) = (minutes.call, quote) {
                let amount = amounts.entry(call).or_default();
                *amount = [*amount, quote].into_iter().sum();
            }
        }
        Ok(counting
            .into_iter()
            .map(|(call_sid, facts)| Cost {
                call: facts.call,
                call_sid,
                amount: amounts.get(&facts.call).copied().unwrap_or_default(),
            })
            .collect())
    }
}
