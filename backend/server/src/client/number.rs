//! `phony number`: find, buy, import and list.

use clap::{ArgGroup, Args, Subcommand};
use phony_client::types::{AvailableNumber, BuyNumber, ImportNumber, Number, NumberAnswer, SearchNumbers};
use phony_client::{Client, new_idempotency_key};
use serde_json::Value;

use super::exit::Exit;
use super::failure::Outcome;
use super::personality;
use super::terminal::{Terminal, clean};
use super::text::table;

/// What can be done with numbers.
#[derive(Debug, Subcommand)]
pub(crate) enum NumberCommand {
    /// Look for numbers on sale.
    Search(Search),
    /// Buy a number; it answers from then on.
    Buy(Buy),
    /// Let Phony answer a number that you already own at the carrier.
    Import(Import),
    /// The company's numbers.
    #[command(visible_alias = "ls")]
    List,
}

#[derive(Debug, Args)]
pub(crate) struct Search {
    /// ISO 3166 country.
    #[arg(long, default_value = "US", value_name = "CC")]
    country: String,
    /// Area code (US and Canada).
    #[arg(long, value_name = "CODE")]
    area_code: Option<String>,
    /// Digits or letters that the number should contain.
    #[arg(long, value_name = "TEXT")]
    contains: Option<String>,
    /// Which kind of number.
    #[arg(long = "type", value_name = "KIND", value_parser = ["local", "toll_free", "mobile"])]
    kind: Option<String>,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("which").required(true).args(["number", "country"])))]
pub(crate) struct Buy {
    /// This number; without it, any in the country and area.
    #[arg(value_name = "NUMBER", conflicts_with = "area_code")]
    number: Option<String>,
    /// Any number of this country.
    #[arg(long, value_name = "CC")]
    country: Option<String>,
    /// In this area.
    #[arg(long, value_name = "CODE", requires = "country")]
    area_code: Option<String>,
    #[command(flatten)]
    answer: Answer,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The number, or the carrier's id of it (PN…).
    number: String,
    #[command(flatten)]
    answer: Answer,
}

/// How calls to a number are answered.
#[derive(Debug, Args)]
struct Answer {
    /// What you call it.
    #[arg(long)]
    label: Option<String>,
    /// Who answers, by name or per_….
    #[arg(long, value_name = "WHO")]
    personality: Option<String>,
    /// How calls are spoken: relay, realtime or gather.
    #[arg(long)]
    engine: Option<String>,
    /// The same key is the same deed, however often it is asked for.
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

pub(super) async fn run(client: &Client, terminal: Terminal, command: NumberCommand) -> Outcome {
    match command {
        NumberCommand::Search(search) => {
            let found = client
                .search_numbers(&SearchNumbers {
                    country: search.country,
                    area_code: search.area_code,
                    contains: search.contains,
                    kind: search.kind,
                })
                .await?;
            list(terminal, &found, on_sale, "no such number is on sale")?;
        }
        NumberCommand::Buy(buy) => {
            let personality_id = personality::find_id(client, buy.answer.personality.as_deref()).await?;
            let key = buy.answer.idempotency_key.unwrap_or_else(new_idempotency_key);
            let wanted = BuyNumber {
                e164: buy.number,
                country: buy.country,
                area_code: buy.area_code,
                answer: NumberAnswer {
                    label: buy.answer.label,
                    personality_id,
                    engine: buy.answer.engine,
                },
            };
            one(terminal, &client.buy_number(&wanted, &key).await?)?;
        }
        NumberCommand::Import(import) => {
            let personality_id = personality::find_id(client, import.answer.personality.as_deref()).await?;
            let key = import.answer.idempotency_key.unwrap_or_else(new_idempotency_key);
            // The carrier's ids have a prefix that no number has.
            let (sid, e164) = if import.number.starts_with("PN") {
                (Some(import.number), None)
            } else {
                (None, Some(import.number))
            };
            let owned = ImportNumber {
                e164,
                sid,
                answer: NumberAnswer {
                    label: import.answer.label,
                    personality_id,
                    engine: import.answer.engine,
                },
            };
            one(terminal, &client.import_number(&owned, &key).await?)?;
        }
        NumberCommand::List => list(
            terminal,
            &client.numbers().await?,
            owned,
            "there are no numbers yet",
        )?,
    }
    Ok(Exit::Done)
}

/// Objects in a table, or a line of JSON each.
fn list<T: serde::Serialize>(
    terminal: Terminal,
    objects: &[T],
    shown: impl Fn(Terminal, &[T]) -> String,
    none: &str,
) -> Outcome<()> {
    if terminal.json {
        for object in objects {
            terminal.value(object)?;
        }
    } else if objects.is_empty() {
        terminal.note(none);
    } else {
        terminal.line(&shown(terminal, objects))?;
    }
    Ok(())
}

fn one(terminal: Terminal, number: &Number) -> Outcome<()> {
    if terminal.json {
        terminal.value(number)?;
    } else {
        terminal.line(&owned(terminal, std::slice::from_ref(number)))?;
        if let Some(failure) = &number.failure {
            terminal.note(&clean(failure));
        }
    }
    Ok(())
}

fn on_sale(terminal: Terminal, numbers: &[AvailableNumber]) -> String {
    let can = |number: &AvailableNumber, what: &str| {
        let capable = number.more.get("capabilities").map(|all| &all[what]);
        if capable == Some(&Value::Bool(true)) {
            "yes"
        } else {
            "no"
        }
        .to_owned()
    };
    let rows: Vec<Vec<String>> = numbers
        .iter()
        .map(|number| {
            let price = number.monthly_price.as_ref();
            vec![
                clean(&number.e164),
                clean(number.locality.as_deref().unwrap_or("-")),
                clean(number.region.as_deref().unwrap_or("-")),
                clean(&number.country),
                can(number, "voice"),
                can(number, "sms"),
                price.map_or("-".to_owned(), |price| {
                    clean(&format!("{} {}", price.amount, price.currency))
                }),
            ]
        })
        .collect();
    let headings = ["NUMBER", "TOWN", "REGION", "COUNTRY", "VOICE", "SMS", "A MONTH"];
    table(&headings, &rows, terminal.paint)
}

fn owned(terminal: Terminal, numbers: &[Number]) -> String {
    let rows: Vec<Vec<String>> = numbers
        .iter()
        .map(|number| {
            let who = number.personality.as_ref().map(|who| who.name.as_str());
            [
                &number.e164,
                &number.label,
                &number.status,
                who.unwrap_or("-"),
                &number.engine,
                &number.id,
            ]
            .map(clean)
            .to_vec()
        })
        .collect();
    let headings = ["NUMBER", "LABEL", "STATUS", "ANSWERED BY", "ENGINE", "ID"];
    table(&headings, &rows, terminal.paint)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_stand_in_columns() {
        let terminal = Terminal::new(false, &[("NO_COLOR".to_owned(), "1".to_owned())].into());
        let numbers: Vec<AvailableNumber> = serde_json::from_value(json!([
            {"e164": "+14155550134", "locality": "San Francisco", "region": "CA", "country": "US",
             "capabilities": {"voice": true, "sms": false}, "monthly_price": {"amount": "1.15", "currency": "USD"}},
            {"e164": "+14155550135", "locality": null, "region": null, "country": "US",
             "capabilities": {"voice": true, "sms": true}, "monthly_price": null},
        ]))
        .unwrap();
        assert_eq!(
            on_sale(terminal, &numbers),
            "NUMBER        TOWN           REGION  COUNTRY  VOICE  SMS  A MONTH\n\
             +14155550134  San Francisco  CA      US       yes    no   1.15 USD\n\
             +14155550135  -              -       US       yes    yes  -"
        );
    }
}
