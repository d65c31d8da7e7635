//! Mails, read as a person reads them.

use serde_json::Value;

use crate::eventually;
use crate::product::Product;

/// A mail that has arrived.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The subject line.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// The same for programs that show HTML.
    pub html: String,
    /// Addresses in the text.
    pub links: Vec<String>,
}

impl Letter {
    fn read(mail: &Value) -> Self {
        let text = |name: &str| mail[name].as_str().unwrap_or_default().to_owned();
        let links = mail["links"].as_array().into_iter().flatten();
        Self {
            subject: text("subject"),
            text: text("text"),
            html: text("html"),
            links: links.filter_map(Value::as_str).map(str::to_owned).collect(),
        }
    }

    /// What the page behind the link sends back.
    ///
    /// # Panics
    /// When the letter has no such link.
    #[must_use]
    #[track_caller]
    pub fn token(&self) -> String {
        let token = self.links.iter().find_map(|link| link.split_once("#token="));
        token
            .unwrap_or_else(|| panic!("no token in {self:?}"))
            .1
            .to_owned()
    }
}

impl Product {
    /// Every mail to an address, newest first.
    pub async fn letters(&self, to: &str) -> Vec<Letter> {
        let list = self
            .control()
            .get(&format!("/sim/mails?to={}", to.replace('+', "%2B")))
            .await;
        let list = list.expect(200);
        let mails = list["data"].as_array().into_iter().flatten();
        mails.map(Letter::read).collect()
    }

    /// Waits for a mail to an address whose subject has these words; the newest.
    pub async fn letter(&self, to: &str, subject: &str) -> Letter {
        eventually(&format!("{to} gets a mail: {subject}"), async || {
            let letters = self.letters(to).await;
            letters
                .into_iter()
                .find(|letter| letter.subject.contains(subject))
        })
        .await
    }
}
