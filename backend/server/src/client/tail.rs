//! `phony tail`: what happens, as it happens.

use std::collections::HashMap;

use clap::Args;
use phony_client::live::{Event, Snapshot, Told, Topic};
use phony_client::{Client, ClientError};

use super::exit::Exit;
use super::failure::Outcome;
use super::interrupt::Interrupt;
use super::terminal::{Terminal, clean};
use super::transcript::{Shown, Voices, of_event, time_of, words};

/// Characters at the end of a call's id that tell it from others.
const SHORT: usize = 6;

/// Calls that are kept in mind at one time.
const MOST_CALLS: usize = 10_000;

#[derive(Debug, Args)]
pub(crate) struct Tail {
    /// Only this call (call_… or CA…), in full, until it ends.
    #[arg(long, value_name = "CALL")]
    call: Option<String>,
}

pub(super) async fn run(client: &Client, terminal: Terminal, tail: Tail) -> Outcome {
    let mut interrupt = Interrupt::listen()?;
    let topic = tail.call.clone().map_or(Topic::Calls, Topic::Call);
    let mut live = client.follow(topic).await?;
    let mut feed = Feed {
        terminal,
        voices: Voices::inbound(),
        one: tail.call.is_some(),
        shown: HashMap::new(),
    };
    loop {
        let told = tokio::select! {
            told = live.next() => told,
            // Ctrl-C is how following everything ends.
            () = interrupt.asked() => return Ok(if feed.one { Exit::Interrupted } else { Exit::Done }),
        };
        let Some(told) = told else {
            return Ok(Exit::Failed);
        };
        match told? {
            Told::Snapshot(snapshot) => feed.snapshot(&snapshot)?,
            Told::Event(event) => feed.event(&event)?,
            Told::Gap => terminal.note("some events were lost"),
            Told::Refused(problem) => return Err(ClientError::Refused(Box::new(problem)).into()),
            Told::Lost { cause } => terminal.note(&format!("connection lost ({cause}), trying again")),
            Told::Back => terminal.note("connected again"),
        }
        if feed.is_over() {
            return Ok(Exit::Done);
        }
    }
}

/// What is shown of the live socket.
struct Feed {
    terminal: Terminal,
    voices: Voices,
    /// Whether one call is followed to its end.
    one: bool,
    shown: HashMap<String, Shown>,
}

impl Feed {
    fn is_over(&self) -> bool {
        self.one && self.shown.values().any(Shown::is_over)
    }

    fn snapshot(&mut self, snapshot: &Snapshot) -> Outcome<()> {
        if self.one {
            if snapshot.state["call"]["direction"] == "outbound" {
                self.voices = Voices::outbound();
            }
            let id = snapshot.state["call"]["id"].as_str().unwrap_or_default();
            let news = self.shown.entry(id.to_owned()).or_default().news(snapshot);
            if self.terminal.json {
                // A program gets the state itself: it holds what was before.
                self.terminal.value(snapshot)?;
                return Ok(());
            }
            for (time, line) in news {
                self.terminal
                    .line(&self.voices.shown(&time, &line, self.terminal.paint))?;
            }
            return Ok(());
        }
        if self.terminal.json {
            self.terminal.value(snapshot)?;
            return Ok(());
        }
        for call in snapshot.state["calls"].as_array().into_iter().flatten() {
            let field = |name: &str| call[name].as_str().unwrap_or_default();
            let text = format!(
                "{} {} → {}, {}",
                words(field("direction")),
                clean(field("from")),
                clean(field("to")),
                words(field("status"))
            );
            let time = time_of(field("created_at"));
            self.terminal.line(&self.of_call(
                field("id"),
                &format!("{}  {text}", self.terminal.paint.dim(&time)),
            ))?;
            self.shown
                .entry(field("id").to_owned())
                .or_default()
                .is_new_status(field("status"));
        }
        Ok(())
    }

    fn event(&mut self, event: &Event) -> Outcome<()> {
        // A tail may run for weeks, and something may be told of a call after its end.
        if self.shown.len() > MOST_CALLS {
            self.shown.clear();
        }
        let shown = self.shown.entry(event.id.clone()).or_default();
        let new = shown.is_new(event);
        if shown.is_over() && !self.one {
            self.shown.remove(&event.id);
        }
        if self.terminal.json {
            self.terminal.value(event)?;
        } else if new && let Some(line) = of_event(event) {
            let text = self.voices.shown(&time_of(&event.at), &line, self.terminal.paint);
            self.terminal.line(&self.of_call(&event.id, &text))?;
        }
        Ok(())
    }

    /// A line with the call that it is of, where there may be several.
    fn of_call(&self, id: &str, text: &str) -> String {
        if self.one {
            return text.to_owned();
        }
        let short: String = id
            .chars()
            .skip(id.chars().count().saturating_sub(SHORT))
            .collect();
        format!("{}  {text}", self.terminal.paint.dim(&clean(&short)))
    }
}
