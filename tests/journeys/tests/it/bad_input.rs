//! Bad input: each fault is a documented problem that names its field, nothing breaks, nothing is stored.

mod fuzz;
mod idempotency;
mod shapes;
mod texts;
mod wheres;

use phony_journeys::{Answer, Client, Product, eventually};

use crate::surface::{Case, Document, Operation, World};

/// Everything that a test of bad input needs.
struct Bench {
    world: World,
    document: Document,
}

impl Bench {
    async fn new() -> Self {
        Self {
            world: World::new().await,
            document: Document::generated(),
        }
    }

    fn admin(&self) -> &Client {
        &self.world.acme.admin
    }

    fn product(&self) -> &Product {
        &self.world.product
    }

    /// The operations that take a body, each with a valid request.
    async fn with_bodies(&self) -> Vec<(&Operation, Case)> {
        let mut found = Vec::new();
        for operation in self
            .document
            .operations
            .iter()
            .filter(|operation| operation.takes_body())
        {
            found.push((
                operation,
                self.world.case(&operation.id).await.expect("a request"),
            ));
        }
        found
    }

    /// Sends any text as the body of a request that is otherwise valid.
    async fn send_text(&self, operation: &Operation, case: &Case, text: &str) -> Answer {
        let path = case.path(operation);
        let headers: Vec<(&str, &str)> = case
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        // A busy machine may be short of connections for a moment.
        let answer = eventually("an answer", async || {
            let body = Some(text.to_owned());
            let answer = self.admin().send(&operation.method, &path, &headers, body).await;
            (answer.status != 503).then_some(answer)
        })
        .await;
        assert!(
            answer.status < 500,
            "{} {}: {text:.300}\n{}",
            operation.method,
            path,
            answer.text
        );
        self.document.check(operation, &answer);
        answer
    }
}

/// The faults that an answer names: field and code.
fn faults(answer: &Answer) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let errors = answer["errors"].as_array().cloned().unwrap_or_default();
    errors
        .iter()
        .map(|fault| (text(&fault["param"]), text(&fault["code"])))
        .collect()
}
