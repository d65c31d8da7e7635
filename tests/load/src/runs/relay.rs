//! Stub.
use super::Bench;
pub(super) fn run(_bench: &mut Bench<'_>) -> anyhow::Result<()> {
    Ok(())
}
