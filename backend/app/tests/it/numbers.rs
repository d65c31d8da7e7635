//! Numbers against a real database and a carrier at the network's edge.

mod buying;
mod carrier;
mod holding;
mod unsure;

use std::sync::Arc;

use carrier::FakeCarrier;
use phony_app::carrier_accounts::CarrierAccounts;
use phony_app::idempotency::{Outcome, RequestKey};
use phony_app::numbers::{BuyNumber, Number, Numbers};
use phony_app::{Principal, identity};
use phony_kernel::{Error, NumberId};
use serde_json::{Value, json};

use crate::support::World;

/// A world with a carrier in it.
struct Shop {
    world: World,
    carrier: Arc<FakeCarrier>,
    numbers: Numbers,
}

impl Shop {
    async fn open() -> Self {
        let world = World::new().await;
        let carrier = FakeCarrier::start().await;
        let client = carrier.client();
        let numbers = Numbers::new(
            world.db.clone(),
            world.clock.clone(),
            CarrierAccounts::main_only(client, "token".into()),
            "https://phony.test/",
        );
        Self {
            world,
            carrier,
            numbers,
        }
    }

    /// The admin of a new company.
    async fn admin(&self, company: &str) -> Principal {
        let session: identity::Session = self.world.company(company).await;
        self.world.principal(&session).await
    }

    async fn buy(&self, who: &Principal, key: &str, input: BuyNumber) -> Result<Outcome, Error> {
        self.numbers
            .buy(who, input, &request_key(key), |number| view(&number))
            .await
    }

    /// Buys this number with a key of its own.
    async fn bought(&self, who: &Principal, e164: &str) -> Number {
        let outcome = self
            .buy(who, &format!("buy-{e164}"), exactly(e164))
            .await
            .unwrap();
        self.numbers.get(who, id_of(&outcome)).await.unwrap()
    }
}

fn request_key(key: &str) -> RequestKey {
    RequestKey::required(Some(key), "POST /v1/numbers", &Value::Null).unwrap()
}

fn view(number: &Number) -> Value {
    json!({ "id": number.id, "e164": number.e164, "status": number.status })
}

fn exactly(e164: &str) -> BuyNumber {
    BuyNumber {
        e164: Some(e164.to_owned()),
        ..BuyNumber::default()
    }
}

fn in_area(code: &str) -> BuyNumber {
    BuyNumber {
        country: Some("US".to_owned()),
        area_code: Some(code.to_owned()),
        ..BuyNumber::default()
    }
}

fn body(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.body).unwrap()
}

fn id_of(outcome: &Outcome) -> NumberId {
    serde_json::from_value(body(outcome)["id"].clone()).unwrap()
}
