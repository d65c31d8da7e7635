//! `phony call`: ring somebody and follow the call.

use clap::Args;
use phony_client::types::{Call, NewCall};
use phony_client::{Client, new_idempotency_key};
use serde_json::{Map, Value};

use super::exit::Exit;
use super::failure::Outcome;
use super::interrupt::Interrupt;
use super::terminal::{Terminal, clean};
use super::transcript::{Voices, words};
use super::{follow, personality};

#[derive(Debug, Args)]
pub(crate) struct Place {
    /// Whom to ring, in any common way of writing.
    #[arg(value_name = "NUMBER", allow_hyphen_values = true)]
    to: String,
    /// The agent's first words; {{name}} is filled from --var name=….
    #[arg(long, short, value_name = "TEXT")]
    message: Option<String>,
    /// From which of your numbers.
    #[arg(long, value_name = "NUMBER", conflicts_with = "pool")]
    from: Option<String>,
    /// From a number of this pool.
    #[arg(long, value_name = "POOL")]
    pool: Option<String>,
    /// Who talks, by name or per_…; who answers the number when absent.
    #[arg(long, value_name = "WHO")]
    personality: Option<String>,
    /// How the call is spoken: relay, realtime or gather.
    #[arg(long)]
    engine: Option<String>,
    /// What fills a placeholder of the words; may be given several times.
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = pair)]
    variables: Vec<(String, String)>,
    /// A note of your own that is kept with the call; may be given several times.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    metadata: Vec<(String, String)>,
    /// Record the call.
    #[arg(long)]
    record: bool,
    /// How long it may ring.
    #[arg(long, value_name = "SECONDS")]
    answer_timeout: Option<u32>,
    /// Show the call until it ends; the usual way on a terminal.
    #[arg(long, overrides_with = "no_follow")]
    follow: bool,
    /// Only place the call.
    #[arg(long, overrides_with = "follow")]
    no_follow: bool,
    /// The same key is the same call, however often it is asked for.
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

pub(super) async fn run(client: &Client, terminal: Terminal, place: Place) -> Outcome {
    let mut interrupt = Interrupt::listen()?;
    let key = place.idempotency_key.unwrap_or_else(new_idempotency_key);
    let wanted = NewCall {
        to: place.to,
        from: place.from,
        pool_id: place.pool,
        personality_id: personality::find_id(client, place.personality.as_deref()).await?,
        engine: place.engine,
        opening_message: place.message,
        answer_timeout_seconds: place.answer_timeout,
        record: place.record.then_some(true),
        metadata: object(place.metadata),
        variables: object(place.variables),
    };
    let call = client.create_call(&wanted, &key).await?;
    show(terminal, &call)?;
    let follows = place.follow || (terminal.is_watched && !place.no_follow);
    if !follows {
        return Ok(Exit::Done);
    }
    follow::to_the_end(client, terminal, &call, &Voices::outbound(), &mut interrupt).await
}

fn show(terminal: Terminal, call: &Call) -> Outcome<()> {
    if terminal.json {
        terminal.value(call)?;
    } else {
        terminal.line(&placed(call))?;
    }
    Ok(())
}

fn placed(call: &Call) -> String {
    let who = call
        .personality
        .as_ref()
        .map(|who| format!(", {} talks", clean(&who.name)));
    format!(
        "{}  {} → {}, {}{}",
        call.id,
        clean(&call.from),
        clean(&call.to),
        words(&call.status),
        who.unwrap_or_default()
    )
}

fn object(pairs: Vec<(String, String)>) -> Map<String, Value> {
    pairs
        .into_iter()
        .map(|(name, value)| (name, Value::String(value)))
        .collect()
}

/// `name=value`.
fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("it has the form name=value".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pair_is_split_at_its_first_sign() {
        assert_eq!(
            pair("name=Ana=Maria"),
            Ok(("name".to_owned(), "Ana=Maria".to_owned()))
        );
        assert_eq!(pair("empty="), Ok(("empty".to_owned(), String::new())));
        assert!(pair("name").is_err() && pair("=x").is_err());
    }

    #[test]
    fn a_placed_call_in_one_line() {
        let call: Call = serde_json::from_value(json!({
            "id": "call_1", "from": "+14155550134", "to": "+14155550142", "status": "queued",
            "personality": {"id": "per_1", "name": "Zen", "version": 1},
        }))
        .unwrap();
        assert_eq!(
            placed(&call),
            "call_1  +14155550134 → +14155550142, queued, Zen talks"
        );
    }
}
