//! What can be asked of the API, one method an operation.

use serde_json::{Value, json};

use crate::types::{
    AvailableNumber, BuyNumber, Call, ImportNumber, Named, NewCall, Number, Page, Personality, SearchNumbers,
};
use crate::{Client, Result, new_idempotency_key};

/// Objects asked for at once.
const PAGE: &str = "100";
/// Pages after which a list is long enough.
const MAX_PAGES: usize = 100;

impl Client {
    /// The numbers on sale.
    ///
    /// # Errors
    /// The API refuses or does not answer.
    pub async fn search_numbers(&self, search: &SearchNumbers) -> Result<Vec<AvailableNumber>> {
        let query = [
            ("country", Some(search.country.as_str())),
            ("area_code", search.area_code.as_deref()),
            ("contains", search.contains.as_deref()),
            ("type", search.kind.as_deref()),
        ];
        let page: Page<AvailableNumber> = self.get("/v1/numbers/available", &query).await?;
        Ok(page.data)
    }

    /// Buys a number, once.
    ///
    /// # Errors
    /// The API refuses or does not answer.
    pub async fn buy_number(&self, number: &BuyNumber, idempotency_key: &str) -> Result<Number> {
        self.post("/v1/numbers", number, idempotency_key).await
    }

    /// Takes over a number that the company owns at the carrier.
    ///
    /// # Errors
    /// The API refuses or does not answer.
    pub async fn import_number(&self, number: &ImportNumber, idempotency_key: &str) -> Result<Number> {
        self.post("/v1/numbers/import", number, idempotency_key).await
    }

    /// Every number of the company.
    ///
    /// # Errors
    /// The API refuses or does not answer.
    pub async fn numbers(&self) -> Result<Vec<Number>> {
        self.all("/v1/numbers").await
    }

    /// Every personality of the company.
    ///
    /// # Errors
    /// The API refuses or does not answer.
    pub async fn personalities(&self) -> Result<Vec<Personality>> {
        self.all("/v1/personalities").await
    }

    /// Every pool of numbers of the company.
    ///
    /// # Errors
    /// The API refuses or does not answer.
    pub async fn number_pools(&self) -> Result<Vec<Named>> {
        self.all("/v1/number_pools").await
    }

    /// Rings somebody, once.
    ///
    /// # Errors
    /// The API refuses or does not answer.
    pub async fn create_call(&self, call: &NewCall, idempotency_key: &str) -> Result<Call> {
        self.post("/v1/calls", call, idempotency_key).await
    }

    /// Takes a call back before it is answered.
    ///
    /// # Errors
    /// The API refuses or does not answer; `not_cancellable` once it was answered.
    pub async fn cancel_call(&self, id: &str) -> Result<Call> {
        let path = format!("/v1/calls/{}/cancel", segment(id));
        self.post(&path, &json!({}), &new_idempotency_key()).await
    }

    /// A call by our id or the carrier's.
    ///
    /// # Errors
    /// The API refuses or does not answer.
    pub async fn call(&self, id: &str) -> Result<Call> {
        self.get(&format!("/v1/calls/{}", segment(id)), &[]).await
    }

    /// Acts on a live call; `fields` are those that belong to the act.
    ///
    /// # Errors
    /// The API refuses or does not answer.
    pub async fn act(&self, call: &str, kind: &str, fields: &Value) -> Result<Value> {
        let key = new_idempotency_key();
        let mut body = json!({ "action_id": key, "type": kind });
        if let (Value::Object(body), Value::Object(fields)) = (&mut body, fields) {
            body.extend(fields.clone());
        }
        self.post(&format!("/v1/calls/{}/actions", segment(call)), &body, &key)
            .await
    }

    /// A list, page after page.
    async fn all<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<Vec<T>> {
        let mut all = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let query = [("limit", Some(PAGE)), ("cursor", cursor.as_deref())];
            let page: Page<T> = self.get(path, &query).await?;
            all.extend(page.data);
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        Ok(all)
    }
}

/// A value as one part of a path, whatever a person typed.
fn segment(text: &str) -> String {
    let keeps = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b'-';
    text.bytes()
        .map(|byte| {
            if keeps(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::segment;

    #[test]
    fn no_text_leaves_its_place_in_a_path() {
        assert_eq!(segment("call_01ab"), "call_01ab");
        assert_eq!(segment("../numbers?x=1"), "%2E%2E%2Fnumbers%3Fx%3D1");
    }
}
