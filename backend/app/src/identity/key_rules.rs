//! What a new API key may be: its name, its scopes, where it may come from, how long it lives.

use chrono::{DateTime, TimeDelta, Utc};
use phony_kernel::error::Faults;
use phony_kernel::{Network, Permission, Result, Role, Scope};

use super::keys::CreateKey;
use super::sign_up::check_name;

/// How long a key works when nobody says otherwise.
pub(super) const DEFAULT_LIFETIME: TimeDelta = TimeDelta::days(365);
/// How long a key works at the most.
pub(super) const MAX_LIFETIME: TimeDelta = TimeDelta::days(730);
/// Networks that a key may name.
const MAX_NETWORKS: usize = 20;

/// Whether a role holds all that a scope stands for.
pub(super) fn covers(role: Role, scope: Scope) -> bool {
    let mut of_scope = Permission::ALL
        .iter()
        .filter(|permission| permission.rule().key_scope == Some(scope));
    of_scope.all(|permission| role.holds(*permission))
}

/// A request without faults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checked {
    /// When it ends by itself.
    pub(super) expires_at: DateTime<Utc>,
    /// Where it may come from.
    pub(super) allowed: Vec<Network>,
}

/// Reads the networks and notes what is wrong with them.
fn check_networks(faults: &mut Faults, texts: &[String]) -> Vec<Network> {
    let param = "allowed_cidrs";
    faults.require(
        texts.len() <= MAX_NETWORKS,
        param,
        "too_many",
        "may name at most 20 networks",
    );
    let mut allowed = Vec::new();
    for (index, text) in texts.iter().take(MAX_NETWORKS).enumerate() {
        let param = format!("{param}[{index}]");
        match text.parse::<Network>() {
            Ok(network) if !network.is_exact() => faults.add(
                &param,
                "bits_after_prefix",
                "has bits set behind its prefix; write the network itself, such as 198.51.100.0/24",
            ),
            Ok(network) if allowed.contains(&network) => faults.add(&param, "duplicate", "is there twice"),
            Ok(network) => allowed.push(network),
            Err(_) => faults.add(
                &param,
                "not_a_network",
                "is not a network such as 198.51.100.0/24 or 2001:db8::/32",
            ),
        }
    }
    allowed
}

/// Judges a request for a key by somebody of that role.
///
/// # Errors
/// `validation_failed` with every fault.
pub(super) fn check(new: &CreateKey, role: Role, now: DateTime<Utc>) -> Result<Checked> {
    let expires_at = new.expires_at.unwrap_or(now + DEFAULT_LIFETIME);
    let mut faults = Faults::new();
    check_name(&mut faults, "name", &new.name);
    faults.require(
        !new.scopes.is_empty(),
        "scopes",
        "required",
        "must name at least one scope",
    );
    for (index, scope) in new.scopes.iter().enumerate() {
        let param = format!("scopes[{index}]");
        faults.require(
            covers(role, *scope),
            &param,
            "not_yours",
            "is more than your own role allows",
        );
        faults.require(
            !new.scopes[..index].contains(scope),
            &param,
            "duplicate",
            "is there twice",
        );
    }
    faults.require(
        expires_at > now,
        "expires_at",
        "in_the_past",
        "must be in the future",
    );
    faults.require(
        expires_at <= now + MAX_LIFETIME,
        "expires_at",
        "too_late",
        "must be within the next 730 days",
    );
    let allowed = check_networks(&mut faults, &new.allowed_cidrs);
    faults.finish()?;
    Ok(Checked { expires_at, allowed })
}

#[cfg(test)]
mod tests {
    use phony_kernel::KeyMode;

    use super::*;

    #[test]
    fn a_role_gives_only_scopes_it_holds_in_full() {
        assert!(Scope::ALL.iter().all(|scope| covers(Role::Admin, *scope)));
        assert!(covers(Role::Supervisor, Scope::CallsControl));
        assert!(!covers(Role::Supervisor, Scope::NumbersWrite));
        assert!(!covers(Role::Viewer, Scope::TranscriptsRead));
    }

    #[test]
    fn every_fault_of_a_new_key_is_told_at_once() {
        let now = Utc::now();
        let new = CreateKey {
            name: " ".to_owned(),
            scopes: vec![Scope::CallsRead, Scope::CallsRead, Scope::NumbersWrite],
            expires_at: Some(now + TimeDelta::days(731)),
            mode: KeyMode::Live,
            allowed_cidrs: ["10.0.0.0/8", "10.0.0.1/8", "everywhere", "10.0.0.0/8"]
                .map(str::to_owned)
                .into(),
        };
        let error = check(&new, Role::Supervisor, now).unwrap_err();
        let params: Vec<&str> = error.fields().iter().map(|field| field.param.as_str()).collect();
        assert_eq!(
            params,
            [
                "name",
                "scopes[1]",
                "scopes[2]",
                "expires_at",
                "allowed_cidrs[1]",
                "allowed_cidrs[2]",
                "allowed_cidrs[3]",
            ]
        );
        let good = CreateKey {
            name: "ci".to_owned(),
            scopes: vec![Scope::CallsRead],
            expires_at: None,
            mode: KeyMode::Test,
            allowed_cidrs: vec!["192.0.2.7".to_owned()],
        };
        let checked = check(&good, Role::Admin, now).unwrap();
        assert_eq!(checked.expires_at, now + DEFAULT_LIFETIME);
        assert_eq!(checked.allowed[0].to_string(), "192.0.2.7/32");
        let none = CreateKey {
            scopes: vec![],
            ..good
        };
        assert!(check(&none, Role::Admin, now).is_err());
    }
}
