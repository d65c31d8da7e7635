//! Valid bodies, broken in many small ways, the same ways in every run.

use serde_json::{Value, json};
use uuid::Uuid;

use super::Bench;

/// Mutations of one run.
const ROUNDS: u64 = 300;

/// A small generator of numbers that depend on the seed alone (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % most.max(1) as u64).unwrap()
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

fn nasty() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e308),
        json!(0.1),
        json!(""),
        json!(" "),
        json!("\u{0}"),
        json!("\u{1f4de}".repeat(70)),
        json!("x".repeat(70_000)),
        json!("[["),
        json!("'; DROP TABLE calls; --"),
        json!("../../etc/passwd"),
        json!("{{7*7}}"),
        json!("+19005550100"),
        json!("9999-12-31T23:59:60Z"),
        json!("0000-01-01T00:00:00Z"),
        json!("num_00000000000000000000000000000000"),
        json!([]),
        json!([null]),
        json!([[[[]]]]),
        json!({}),
        json!({ "a": { "b": null } }),
        json!("\u{202e}abc\u{200d}"),
        json!("calls:read"),
        json!(["calls:read", "calls:read"]),
        json!("admin"),
        json!("say"),
        json!("\\"),
        json!("*"),
    ]
}

/// Every place in a value.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                places(item, &format!("{at}/{place}"), found);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                places(field, &format!("{at}/{name}"), found);
            }
        }
        _ => {}
    }
}

fn mutate(body: &Value, dice: &mut Dice) -> String {
    let mut value = body.clone();
    let mut all = Vec::new();
    places(&value, "", &mut all);
    let nasty = nasty();
    for _ in 0..=dice.below(3) {
        let place = dice.of(&all).clone();
        let Some(target) = value.pointer_mut(&place) else {
            continue;
        };
        match (dice.below(5), target) {
            (0, Value::Object(fields)) => {
                let names: Vec<String> = fields.keys().cloned().collect();
                if !names.is_empty() {
                    fields.remove(dice.of(&names));
                }
            }
            (1, Value::Object(fields)) => {
                fields.insert(
                    (*dice.of(&["extra", "id", "tenant_id", "type", "constructor"])).to_owned(),
                    dice.of(&nasty).clone(),
                );
            }
            (2, Value::Array(items)) => {
                let copy = items.first().cloned().unwrap_or(Value::Null);
                items.extend(vec![copy; 50]);
            }
            (3, Value::String(text)) => {
                let at = text
                    .char_indices()
                    .map(|(at, _)| at)
                    .nth(dice.below(text.chars().count()))
                    .unwrap_or(0);
                text.insert(
                    at,
                    *dice.of(&['\0', '\u{7f}', '"', '\\', '\u{e000}', '\u{10ffff}', '\n', '=']),
                );
            }
            (_, target) => *target = dice.of(&nasty).clone(),
        }
    }
    let mut text = value.to_string();
    if dice.below(3) == 0 {
        let at = text
            .char_indices()
            .map(|(at, _)| at)
            .nth(dice.below(text.chars().count()))
            .unwrap_or(0);
        match dice.below(4) {
            0 => text.truncate(at),
            1 => text.insert_str(
                at,
                <&str>::clone(dice.of(&[
                    "{", "}", "[", "]", ",", ":", "\"", "\\u", "\\ud800", "\u{0}", "1e999",
                ])),
            ),
            2 => {
                text.remove(at);
            }
            _ => text = format!("{text}{}", &text[at..]),
        }
    }
    text
}

#[tokio::test]
async fn a_broken_body_is_never_a_fault_of_ours() {
    let bench = Bench::new().await;
    let operations = bench.with_bodies().await;
    let mut dice = Dice(20_261_121);
    let mut statuses = std::collections::BTreeMap::new();
    for _ in 0..ROUNDS {
        let (operation, case) = dice.of(&operations);
        let text = mutate(case.body.as_ref().unwrap(), &mut dice);
        let mut case = case.clone();
        for (name, value) in &mut case.headers {
            if *name == "idempotency-key" {
                *value = Uuid::now_v7().to_string();
            }
        }
        let answer = bench.send_text(operation, &case, &text).await;
        *statuses.entry(answer.status).or_insert(0_u32) += 1;
    }
    assert!(
        statuses.len() > 3,
        "the mutations reach several layers: {statuses:?}"
    );
    let _ = bench.admin().get("/v1/me").await.expect(200);
}
