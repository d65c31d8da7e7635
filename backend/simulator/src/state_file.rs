//! Keeps accounts and bought numbers between runs, so that a number bought yesterday still rings today.

use std::io::Write as _;

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::rest::accounts::Account;
use crate::rest::incoming::Number;
use crate::world::Store;

#[derive(Serialize, Deserialize)]
struct Kept {
    accounts: Vec<Account>,
    numbers: Vec<Number>,
}

/// The store a simulator starts with: the configured account, and what the file kept.
pub(crate) fn load(config: &Config) -> anyhow::Result<Store> {
    let mut store = Store::default();
    if let Some(path) = &config.state_file
        && path.exists()
    {
        let kept: Kept = serde_json::from_slice(&std::fs::read(path)?)?;
        store.accounts = kept.accounts;
        store.numbers = kept.numbers;
    }
    match store.accounts.iter_mut().find(|a| a.sid == config.account_sid) {
        Some(account) => account.auth_token.clone_from(&config.auth_token),
        None => store
            .accounts
            .insert(0, Account::main(&config.account_sid, &config.auth_token)),
    }
    Ok(store)
}

/// Writes the file beside its place and moves it there, so that a crash never leaves half of it.
pub(crate) fn save(config: &Config, store: &Store) -> anyhow::Result<()> {
    let Some(path) = &config.state_file else {
        return Ok(());
    };
    let kept = Kept {
        accounts: store.accounts.clone(),
        numbers: store.numbers.clone(),
    };
    let beside = path.with_extension("tmp");
    let mut open = std::fs::OpenOptions::new();
    open.create(true).truncate(true).write(true);
    // The file holds auth tokens.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
    open.open(&beside)?
        .write_all(&serde_json::to_vec_pretty(&kept)?)?;
    std::fs::rename(beside, path)?;
    Ok(())
}
