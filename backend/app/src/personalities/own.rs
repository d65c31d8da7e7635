//! Voices and models that were made for one company: they belong to its account at the provider, so calls reach them by the
//! company's own key alone.

use phony_conversation::plan::Personality;
use phony_db::plans::OwnPersonality;
use phony_db::{TenantTx, plans, provider_credentials};
use phony_kernel::error::Faults;
use phony_kernel::{Error, Kind, Result};
use phony_models::catalog;

/// Of the keys that a company may have, the one that these are reached by.
const PROVIDER: &str = "openai";

/// Goes on unless a personality newly names what no call could reach.
///
/// # Errors
/// `validation_failed` with `needs_own_key` for every field.
pub(super) async fn check(tx: &mut TenantTx, body: &Personality, before: Option<&Personality>) -> Result<()> {
    let voice =
        catalog::is_custom_voice(&body.voice) && before.is_none_or(|before| before.voice != body.voice);
    let model = catalog::is_custom(&body.model) && before.is_none_or(|before| before.model != body.model);
    if !(voice || model) || provider_credentials::find(tx, PROVIDER).await?.is_some() {
        return Ok(());
    }
    let mut faults = Faults::new();
    let text = "belongs to a company's own account at the provider; store the key of that account first";
    for (param, wanted) in [("voice", voice), ("model", model)] {
        faults.require(!wanted, param, "needs_own_key", text);
    }
    faults.finish()
}

/// Goes on unless personalities would lose a voice or a model with the company's key.
///
/// # Errors
/// `credential_in_use` with their names.
pub(crate) async fn check_unused(tx: &mut TenantTx) -> Result<()> {
    let own = plans::holdings(tx).await?.personalities;
    let needs_key =
        |who: &&OwnPersonality| catalog::is_custom_voice(&who.voice) || catalog::is_custom(&who.model);
    let names: Vec<&str> = own
        .iter()
        .filter(needs_key)
        .map(|who| who.name.as_str())
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        Kind::Conflict,
        "credential_in_use",
        format!(
            "a voice or a model of your own is used by {}; give them others first",
            names.join(", ")
        ),
    ))
}
