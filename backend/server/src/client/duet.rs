//! `phony duet`: two personalities call each other, and one reads along.
//!
//! Usually both are on typed calls, and each is told what the other says: it needs no number and costs no carrier.
//! With `--phone` one rings the other on the company's numbers, as any two telephones do.

use std::time::Duration;

use clap::Args;
use phony_client::types::{NewCall, Number, Personality};
use phony_client::web_call::{Heard, WebCall};
use phony_client::{Client, new_idempotency_key};
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::exit::Exit;
use super::failure::{Failure, Outcome};
use super::follow::{self, Follow};
use super::interrupt::Interrupt;
use super::personality;
use super::terminal::{Terminal, clean};
use super::text::{Side, beside};
use super::transcript::Voices;

/// How long one of them may think.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// Who waits for the other to speak first does not greet.
const GREETING_WITHIN: Duration = Duration::from_secs(5);
/// Between what is said and what follows on the same turn: a filler, then the answer.
const MORE_WITHIN: Duration = Duration::from_millis(300);
/// How long a goodbye may take.
const BYE_WITHIN: Duration = Duration::from_secs(5);

#[derive(Debug, Args)]
pub(crate) struct Duet {
    /// Who calls, by name or per_….
    #[arg(value_name = "CALLER")]
    caller: String,
    /// Who answers, by name or per_….
    #[arg(value_name = "CALLEE")]
    callee: String,
    /// What the caller wants to talk about.
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "what the other side can do for you"
    )]
    topic: String,
    /// How many lines each of them says.
    #[arg(long, value_name = "COUNT", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=100))]
    turns: u32,
    /// Let the caller ring the callee on the company's numbers; the carrier bills such a call.
    #[arg(long)]
    phone: bool,
}

pub(super) async fn run(client: &Client, terminal: Terminal, duet: Duet) -> Outcome {
    let caller = personality::find(client, &duet.caller).await?;
    let callee = personality::find(client, &duet.callee).await?;
    let mut interrupt = Interrupt::listen()?;
    if duet.phone {
        return by_phone(client, terminal, (&caller, &callee), &duet, &mut interrupt).await;
    }
    let mut page = Page::new(terminal, &caller, &callee);
    // The one who is called picks up first.
    let mut answers = client.start_web_call(&callee.id).await?;
    let mut calls = client.start_web_call(&caller.id).await?;
    page.head()?;
    let talk = talk(&mut page, &mut calls, &mut answers, &duet);
    let interrupted = tokio::select! {
        talked = talk => talked.map(|()| false)?,
        () = interrupt.asked() => true,
    };
    let mut exit = if interrupted {
        Exit::Interrupted
    } else {
        Exit::Done
    };
    for call in [&mut calls, &mut answers] {
        hang_up(call).await;
        let ended = follow::close(client, terminal, call.id()).await?;
        if exit == Exit::Done {
            exit = ended.map_or(Exit::Done, |call| Exit::of_call(call.reason()));
        }
    }
    Ok(exit)
}

/// What each says goes to the other, until all is said or one has hung up.
async fn talk(page: &mut Page, calls: &mut WebCall, answers: &mut WebCall, duet: &Duet) -> Outcome<()> {
    let greeting = turn(answers, GREETING_WITHIN).await?;
    // The caller greets as if it was called; nobody hears that.
    turn(calls, GREETING_WITHIN).await?;
    if let Some(greeting) = &greeting {
        page.say(Side::Right, greeting)?;
    }
    let mut line = opening(&duet.topic, greeting.as_deref());
    for _ in 0..duet.turns {
        for (side, speaks) in [(Side::Left, &mut *calls), (Side::Right, &mut *answers)] {
            speaks.say(&line).await?;
            match turn(speaks, ANSWER_WITHIN).await? {
                Some(answer) => {
                    page.say(side, &answer)?;
                    line = answer;
                }
                None => return Ok(()),
            }
        }
    }
    Ok(())
}

/// What the caller is told before it speaks: it is used to being called.
fn opening(topic: &str, greeting: Option<&str>) -> String {
    let answers = greeting.map(|greeting| format!(" They pick up and say: “{greeting}”"));
    format!(
        "This time you are the one who calls. You want to talk about: {topic}. Everything that follows is said by the \
         one you call.{} Say your first sentence to them.",
        answers.unwrap_or_default()
    )
}

/// All that a call says now; `None` when it says nothing or is over.
async fn turn(call: &mut WebCall, within: Duration) -> Outcome<Option<String>> {
    let mut said = String::new();
    let mut wait = within;
    while let Ok(heard) = timeout(wait, call.next()).await {
        match heard? {
            Heard::Words { text, last } => {
                said.push_str(&text);
                wait = if last { MORE_WITHIN } else { within };
                if last {
                    said.push(' ');
                }
            }
            Heard::Keys(_) => {}
            Heard::Ended => break,
        }
    }
    let said = clean(said.trim());
    Ok((!said.is_empty()).then_some(said))
}

async fn hang_up(call: &mut WebCall) {
    call.hang_up().await;
    let ended = async {
        while let Ok(heard) = call.next().await {
            if heard == Heard::Ended {
                return;
            }
        }
    };
    // Who does not answer a goodbye is let go all the same.
    tokio::select! {
        () = ended => {}
        () = sleep(BYE_WITHIN) => {}
    }
}

/// Where the talk is shown: side by side where there is room.
struct Page {
    terminal: Terminal,
    names: [String; 2],
}

impl Page {
    fn new(terminal: Terminal, caller: &Personality, callee: &Personality) -> Self {
        let mut names = [clean(&caller.name), clean(&callee.name)];
        if names[0] == names[1] {
            names = [format!("{} (calls)", names[0]), format!("{} (answers)", names[1])];
        }
        Self { terminal, names }
    }

    fn head(&self) -> Outcome<()> {
        if let Some(width) = self.terminal.width() {
            let [left, right] = &self.names;
            let left = beside(left, Side::Left, width).join(" ");
            let right = beside(right, Side::Right, width).join(" ");
            let indent = right.len() - right.trim_start().len();
            let head = format!("{}{}", super::text::padded(&left, indent), right.trim_start());
            self.terminal.line(&self.terminal.paint.bold(&head))?;
        }
        Ok(())
    }

    fn say(&mut self, side: Side, text: &str) -> Outcome<()> {
        let (name, role) = match side {
            Side::Left => (&self.names[0], "caller"),
            Side::Right => (&self.names[1], "callee"),
        };
        let terminal = self.terminal;
        let in_colour = |text: &str| match side {
            Side::Left => terminal.paint.green(text),
            Side::Right => terminal.paint.cyan(text),
        };
        if terminal.json {
            terminal.value(&json!({ "speaker": role, "name": name, "text": text }))?;
        } else if let Some(width) = terminal.width() {
            for line in beside(text, side, width) {
                terminal.line(&in_colour(&line))?;
            }
        } else {
            terminal.line(&format!("{}  {text}", in_colour(name)))?;
        }
        Ok(())
    }
}

/// One rings the other's number from another one of the company's.
async fn by_phone(
    client: &Client,
    terminal: Terminal,
    (caller, callee): (&Personality, &Personality),
    duet: &Duet,
    interrupt: &mut Interrupt,
) -> Outcome {
    let numbers = client.numbers().await?;
    let (from, to) = lines(&numbers, &caller.id, &callee.id)?;
    let wanted = NewCall {
        to,
        from: Some(from),
        personality_id: Some(caller.id.clone()),
        opening_message: Some(format!("Hello, I am calling about {}.", duet.topic)),
        ..NewCall::default()
    };
    let call = client.create_call(&wanted, &new_idempotency_key()).await?;
    if terminal.json {
        terminal.value(&call)?;
    }
    let how = Follow {
        voices: Voices {
            caller: clean(&callee.name),
            agent: clean(&caller.name),
        },
        most_lines: Some(duet.turns * 2),
    };
    follow::to_the_end(client, terminal, &call, &how, interrupt).await
}

/// A number that `callee` answers, and another one to ring it from.
fn lines(numbers: &[Number], caller: &str, callee: &str) -> Outcome<(String, String)> {
    let active = || numbers.iter().filter(|number| number.status == "active");
    let answers = |number: &Number, who: &str| number.personality.as_ref().is_some_and(|one| one.id == who);
    let Some(to) = active().find(|number| answers(number, callee)) else {
        return Err(Failure::Usage(
            "no active number is answered by the second personality; without --phone none is needed"
                .to_owned(),
        ));
    };
    let others = || active().filter(|number| number.id != to.id);
    let Some(from) = others()
        .find(|number| answers(number, caller))
        .or_else(|| others().next())
    else {
        return Err(Failure::Usage(
            "a call between numbers needs two of them; without --phone none is needed".to_owned(),
        ));
    };
    Ok((from.e164.clone(), to.e164.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(id: u32, who: &str, status: &str) -> Number {
        serde_json::from_value(json!({
            "id": format!("num_{id}"), "e164": format!("+1415555010{id}"), "status": status,
            "personality": {"id": who, "name": who},
        }))
        .unwrap()
    }

    #[test]
    fn the_callee_is_rung_on_its_own_number() {
        let numbers = [
            number(1, "per_a", "active"),
            number(2, "per_b", "released"),
            number(3, "per_b", "active"),
            number(4, "per_c", "active"),
        ];
        let both = lines(&numbers, "per_a", "per_b").unwrap();
        assert_eq!(both, ("+14155550101".to_owned(), "+14155550103".to_owned()));
        // A personality may talk with itself, from any other number.
        let itself = lines(&numbers, "per_a", "per_a").unwrap();
        assert_eq!(itself, ("+14155550103".to_owned(), "+14155550101".to_owned()));
        assert!(lines(&numbers, "per_a", "per_x").is_err());
        assert!(lines(&numbers[..1], "per_a", "per_a").is_err());
    }

    #[test]
    fn the_caller_knows_that_it_calls() {
        let told = opening("a table for four", Some("Good evening."));
        assert!(told.contains("a table for four") && told.contains("“Good evening.”"));
        assert!(!opening("x", None).contains("pick up"));
    }
}
