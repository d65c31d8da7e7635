//! What supervisors see and do: a few calls from another instance, and a whole floor with its watchers.

mod across;
mod floor;
mod glance;
mod programs;
mod stalled;
mod wall;
mod watcher;
mod watching;

use anyhow::Result;

use super::Bench;

/// Both parts; what one cannot say does not keep the other from being measured.
pub(super) fn run(bench: &mut Bench<'_>) -> Result<()> {
    if bench.world.is_none() {
        return Ok(());
    }
    let on_wall = wall::run(bench);
    across::run(bench)?;
    on_wall
}
