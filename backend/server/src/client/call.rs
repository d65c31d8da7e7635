//! `phony call`: ring somebody and follow the call, or take a call back that still rings.

use clap::{Args, Subcommand};
use phony_client::types::{Call, NewCall};
use phony_client::{Client, new_idempotency_key};
use serde_json::{Map, Value};

use super::exit::Exit;
use super::failure::Outcome;
use super::follow::Follow;
use super::interrupt::Interrupt;
use super::terminal::{Terminal, clean};
use super::transcript::{Voices, words};
use super::{follow, machine, personality};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    act: Option<Act>,
    #[command(flatten)]
    place: Place,
}

/// What can be done with a call that was placed.
#[derive(Debug, Subcommand)]
enum Act {
    /// Take a call back before it is answered.
    Cancel {
        /// The call, as call_… or the carrier's CA….
        #[arg(value_name = "CALL")]
        call: String,
    },
}

#[derive(Debug, Args)]
struct Place {
    /// Whom to ring, in any common way of writing.
    #[arg(value_name = "NUMBER", required_unless_present = "cancel")]
    to: Option<String>,
    /// Take this call back before it is answered, as `phony call cancel` does.
    #[arg(long, value_name = "CALL", exclusive = true)]
    cancel: Option<String>,
    /// The agent's first words; {{name}} is filled from --var name=….
    #[arg(long, short, value_name = "TEXT")]
    message: Option<String>,
    /// From which of your numbers.
    #[arg(long, value_name = "NUMBER", conflicts_with = "pool")]
    from: Option<String>,
    /// From a number of this pool, by name or pool_….
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
    /// Tell machines from people. What to do about a kind: mailbox=leave_message:TEXT, menu=press:KEYS, KIND=hang_up or
    /// KIND=carry_on, where KIND is person, mailbox, menu, screening or unsure; may be given several times.
    #[arg(long, value_name = "KIND=ACTION", num_args = 0..=1, require_equals = true, default_missing_value = "",
        value_parser = machine::Policy::read)]
    machine_detection: Vec<machine::Policy>,
    /// Record the call.
    #[arg(long)]
    record: bool,
    /// How long it may ring: 5 to 600 seconds, usually 30.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(5..=600))]
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

pub(super) async fn run(client: &Client, terminal: Terminal, arguments: Arguments) -> Outcome {
    let Arguments { act, place } = arguments;
    let taken_back = match act {
        Some(Act::Cancel { call }) => Some(call),
        None => place.cancel.clone(),
    };
    if let Some(call) = taken_back {
        show(terminal, &client.cancel_call(&call).await?)?;
        return Ok(Exit::Done);
    }
    let mut interrupt = Interrupt::listen()?;
    let key = place.idempotency_key.unwrap_or_else(new_idempotency_key);
    let wanted = NewCall {
        to: place.to.unwrap_or_default(),
        from: place.from,
        pool_id: personality::find_pool(client, place.pool.as_deref()).await?,
        personality_id: personality::find_id(client, place.personality.as_deref()).await?,
        engine: place.engine,
        opening_message: place.message,
        answer_timeout_seconds: place.answer_timeout,
        record: place.record.then_some(true),
        machine_detection: machine::detection(place.machine_detection),
        metadata: object(place.metadata),
        variables: object(place.variables),
    };
    let call = client.create_call(&wanted, &key).await?;
    show(terminal, &call)?;
    let follows = place.follow || (terminal.is_watched && !place.no_follow);
    if !follows {
        return Ok(Exit::Done);
    }
    let how = Follow {
        voices: Voices::outbound(),
        most_lines: None,
    };
    follow::to_the_end(client, terminal, &call, &how, &mut interrupt).await
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
