//! Following a call to its end.

use std::time::Duration;

use phony_client::live::{Live, Told, Topic};
use phony_client::types::Call;
use phony_client::{Client, ClientError};
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::exit::Exit;
use super::failure::{Failure, Outcome};
use super::interrupt::Interrupt;
use super::terminal::Terminal;
use super::transcript::{Shown, Voices, of_event, time_of, words};

/// How often a call is asked for where it cannot be watched.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// How long the stored end may lag behind the live one.
const SETTLES_WITHIN: Duration = Duration::from_secs(10);

/// How a call is followed.
pub(super) struct Follow {
    /// What its ends are called.
    pub(super) voices: Voices,
    /// Lines said by both ends after which the call is ended.
    pub(super) most_lines: Option<u32>,
}

/// Shows a call until it is over; the exit tells how it went.
pub(super) async fn to_the_end(
    client: &Client,
    terminal: Terminal,
    call: &Call,
    how: &Follow,
    interrupt: &mut Interrupt,
) -> Outcome {
    let live = client.follow(Topic::Call(call.id.clone())).await;
    let watched = match live {
        Ok(live) => {
            tokio::select! {
                watched = watch(client, live, terminal, (&call.id, how)) => watched.map(Some),
                () = interrupt.asked() => Ok(None),
            }
        }
        // A key may place calls without the right to watch them.
        Err(ClientError::Refused(problem)) if problem.status == 403 => {
            terminal
                .note("this key may not watch calls (scope calls:monitor); only where it stands is shown");
            tokio::select! {
                asked = ask(client, terminal, &call.id) => asked.map(Some),
                () = interrupt.asked() => Ok(None),
            }
        }
        Err(error) => Err(error.into()),
    };
    let Some(shown) = watched? else {
        terminal.note(&format!(
            "the call goes on; phony tail --call {} follows it again",
            call.id
        ));
        return Ok(Exit::Interrupted);
    };
    let ended = close(client, terminal, &call.id).await?;
    Ok(Exit::of_call(
        ended.and_then(|call| call.reason()).or(shown.reason()),
    ))
}

/// Shows what became of a call; nothing where the key may not know.
pub(super) async fn close(client: &Client, terminal: Terminal, id: &str) -> Outcome<Option<Call>> {
    let ended = match stored_end(client, id).await {
        Ok(ended) => ended,
        Err(Failure::Client(ClientError::Refused(problem))) if problem.status == 403 => return Ok(None),
        Err(failure) => return Err(failure),
    };
    if terminal.json {
        terminal.value(&ended)?;
    } else {
        terminal.line(&terminal.paint.dim(&summary(&ended)))?;
    }
    Ok(Some(ended))
}

async fn watch(
    client: &Client,
    mut live: Live,
    terminal: Terminal,
    (call, how): (&str, &Follow),
) -> Outcome<Shown> {
    let mut shown = Shown::default();
    let voices = &how.voices;
    let mut is_ending = false;
    while let Some(told) = live.next().await {
        match told? {
            Told::Snapshot(snapshot) => {
                for (time, line) in shown.news(&snapshot) {
                    if !terminal.json {
                        terminal.line(&voices.shown(&time, &line, terminal.paint))?;
                    }
                }
            }
            Told::Event(event) if terminal.json => {
                shown.is_new(&event);
                terminal.value(&event)?;
            }
            Told::Event(event) => {
                if shown.is_new(&event)
                    && let Some(line) = of_event(&event)
                {
                    terminal.line(&voices.shown(&time_of(&event.at), &line, terminal.paint))?;
                }
            }
            Told::Gap => terminal.note("some events were lost"),
            Told::Refused(problem) => return Err(ClientError::Refused(Box::new(problem)).into()),
            Told::Lost { cause } => terminal.note(&format!("connection lost ({cause}), trying again")),
            Told::Back => terminal.note("connected again"),
        }
        if shown.is_over() {
            break;
        }
        if !is_ending && how.most_lines.is_some_and(|most| shown.lines() >= most) {
            is_ending = true;
            end(client, call).await?;
        }
    }
    Ok(shown)
}

/// Ends a call; one that has just ended by itself is as good.
async fn end(client: &Client, call: &str) -> Outcome<()> {
    match client.act(call, "end", &json!({})).await {
        Ok(_) => Ok(()),
        Err(ClientError::Refused(problem)) if problem.status == 409 => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn ask(client: &Client, terminal: Terminal, id: &str) -> Outcome<Shown> {
    let mut shown = Shown::default();
    loop {
        let call = client.call(id).await?;
        if shown.is_new_status(&call.status) {
            if terminal.json {
                terminal.value(&call)?;
            } else {
                terminal.line(&words(&call.status))?;
            }
        }
        if call.is_over() {
            return Ok(shown);
        }
        sleep(ASK_EVERY).await;
    }
}

/// The call as it is kept, once its end is.
async fn stored_end(client: &Client, id: &str) -> Outcome<Call> {
    let until = Instant::now() + SETTLES_WITHIN;
    let mut wait = Duration::from_millis(50);
    loop {
        let call = client.call(id).await?;
        if call.is_over() || Instant::now() > until {
            return Ok(call);
        }
        sleep(wait).await;
        wait = (wait * 2).min(ASK_EVERY);
    }
}

/// A call in one line: how it ended, how long it took, how fast it answered, what it cost.
fn summary(call: &Call) -> String {
    let mut parts = vec![match &call.ended_reason {
        Some(reason) => words(reason),
        None => words(&call.status),
    }];
    if let Some(ms) = call.duration_ms {
        parts.push(duration(ms));
    }
    if let Some(latency) = call.latency {
        parts.push(format!("answers p50 {} ms, p95 {} ms", latency.p50, latency.p95));
    }
    if let Some(cost) = &call.cost {
        parts.push(format!("cost {} {}", cost.amount, cost.currency));
    }
    parts.push(call.id.clone());
    parts.join(" · ")
}

fn duration(ms: u64) -> String {
    match ms / 1_000 {
        0 => format!("{ms} ms"),
        seconds if seconds < 60 => format!("{seconds} s"),
        seconds => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_in_one_line() {
        let call: Call = serde_json::from_value(json!({
            "id": "call_1", "status": "ended", "ended_reason": "caller_hangup", "duration_ms": 83_400,
            "cost": {"amount": "0.0141", "currency": "USD"}, "latency": {"p50": 610, "p95": 890},
        }))
        .unwrap();
        assert_eq!(
            summary(&call),
            "caller hangup · 1 min 23 s · answers p50 610 ms, p95 890 ms · cost 0.0141 USD · call_1"
        );
        let nobody: Call = serde_json::from_value(json!({
            "id": "call_2", "status": "ended", "ended_reason": "dial_busy", "cost": null, "latency": null,
        }))
        .unwrap();
        assert_eq!(summary(&nobody), "dial busy · call_2");
    }
}
