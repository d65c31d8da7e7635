//! Makes the carrier and the models of test calls.

use phony_app::carrier_accounts::CarrierAccounts;
use phony_calls::Models;
use phony_carriers::twilio::rest::{RestConfig, TwilioClient};
use phony_models::chat::{ChatClient, ChatConfig};
use phony_models::realtime::{RealtimeClient, RealtimeConfig};

use crate::config::TestModeConfig;

/// The accounts with the test carrier among them, if there is one. To be said before their first clone.
///
/// # Errors
/// When a value cannot be used.
pub fn accounts(
    accounts: CarrierAccounts,
    config: Option<&TestModeConfig>,
) -> anyhow::Result<CarrierAccounts> {
    let Some(config) = config else {
        return Ok(accounts);
    };
    let client = TwilioClient::new(RestConfig::new(
        config.carrier_url.as_str().trim_end_matches('/'),
        &config.account_sid,
        config.auth_token.clone(),
    ))?;
    Ok(accounts.with_test_carrier(client, config.auth_token.clone()))
}

/// The models of test calls.
///
/// # Errors
/// When a value cannot be used.
pub fn models(config: &TestModeConfig) -> anyhow::Result<Models> {
    let chat = ChatClient::new(ChatConfig::new(
        config.model_url.as_str().trim_end_matches('/'),
        Some(config.model_key.clone()),
    ))?;
    let realtime = RealtimeClient::new(&RealtimeConfig::new(
        config.realtime_url.as_str(),
        Some(config.model_key.clone()),
    ))?;
    Ok(Models {
        chat,
        realtime: Some(realtime),
    })
}
