//! Where calls of test keys run: a carrier and models that ring nobody and cost nothing, such as the simulator.

use secrecy::SecretString;
use url::Url;

use super::Reader;

/// The test carrier and its models.
#[derive(Debug, Clone)]
pub struct TestModeConfig {
    /// Where the test carrier is.
    pub carrier_url: Url,
    /// Its account.
    pub account_sid: String,
    /// The account's token.
    pub auth_token: SecretString,
    /// Where the language model is.
    pub model_url: Url,
    /// Where its speech-to-speech sessions are.
    pub realtime_url: Url,
    /// Key of both.
    pub model_key: SecretString,
}

/// None when no test carrier is named; else all of it must be.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<TestModeConfig> {
    reader.get("TEST_CARRIER_URL")?;
    let what = "TEST_CARRIER_URL needs it";
    Some(TestModeConfig {
        carrier_url: reader.url("TEST_CARRIER_URL", "", &["https", "http"]),
        account_sid: reader.required("TEST_CARRIER_ACCOUNT_SID", what),
        auth_token: reader.secret("TEST_CARRIER_AUTH_TOKEN", what),
        model_url: reader.url("TEST_OPENAI_BASE_URL", "", &["https", "http"]),
        realtime_url: reader.url("TEST_OPENAI_REALTIME_URL", "", &["wss", "ws"]),
        model_key: reader
            .get("TEST_OPENAI_API_KEY")
            .unwrap_or("sk-test")
            .to_owned()
            .into(),
    })
}
