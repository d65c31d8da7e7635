//! Conferences: looked up by name, ended.

use std::borrow::Cow;

use serde::Deserialize;

use super::lists::known;
use super::{Effect, RestError, TwilioClient, lenient, segment};

/// A conference as the carrier has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Conference {
    /// Its id (`CF…`).
    pub sid: String,
    /// Its name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub friendly_name: Option<String>,
    /// `init` (waits for somebody to begin it), `in-progress` or `completed`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub status: Option<String>,
    /// Why it ended.
    #[serde(default, deserialize_with = "lenient::text")]
    pub reason_conference_ended: Option<String>,
}

impl Conference {
    /// Whether it is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.status.as_deref() == Some("completed")
    }
}

#[derive(Deserialize)]
struct ConferencePage {
    conferences: Vec<serde_json::Value>,
}

impl TwilioClient {
    /// The conference with this name that is not over, if there is one.
    ///
    /// # Errors
    /// The carrier refused, or could not be reached.
    pub async fn find_conference(&self, friendly_name: &str) -> Result<Option<Conference>, RestError> {
        let query = [
            ("FriendlyName", Cow::from(friendly_name)),
            ("PageSize", "20".into()),
        ];
        let page: ConferencePage = self.get("/Conferences", &query).await?;
        let found: Vec<Conference> = known(page.conferences);
        Ok(found.into_iter().find(|conference| !conference.is_over()))
    }

    /// Ends a conference: everybody in it goes on with what their call was told to do next. One that is over is no error.
    ///
    /// # Errors
    /// The carrier refused, or could not be reached.
    pub async fn end_conference(&self, sid: &str) -> Result<(), RestError> {
        let path = format!("/Conferences/{}", segment(sid)?);
        let form = [("Status", "completed".into())];
        match self
            .post::<serde_json::Value>(&path, &form, Effect::Repeatable)
            .await
        {
            Err(error) if error.is_not_found() => Ok(()),
            other => other.map(drop),
        }
    }
}
