//! `POST /v1/chat/completions` and `GET /v1/models`.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde_json::{Value, json};

use super::errors::ModelError;
use super::request::ChatRequest;
use super::split::Split;
use super::stream::{End, Sending};
use super::{Recorded, brain, notes, rules, usage};
use crate::control::faults::{Fault, Side};
use crate::world::World;

/// Models on sale, when they were made, and when they are switched off.
const MODELS: &[(&str, i64, Option<&str>)] = &[
    ("gpt-6-luna", 1_788_220_800, None),
    ("gpt-6-sol", 1_788_220_800, None),
    ("gpt-6.1-terra", 1_793_491_200, None),
    ("gpt-6.1-sol", 1_793_491_200, None),
    ("gpt-6-astra", 1_788_220_800, None),
    ("gpt-5.6-luna", 1_780_272_000, None),
    ("gpt-5.6-terra", 1_780_272_000, None),
    ("gpt-5.6-sol", 1_780_272_000, None),
    ("gpt-5.5", 1_775_001_600, None),
    ("gpt-5.4-mini", 1_772_323_200, None),
    ("gpt-realtime-2.1", 1_790_812_800, None),
    ("gpt-realtime-2.1-mini", 1_790_812_800, None),
    ("gpt-realtime-mini", 1_759_708_800, Some("2027-01-20")),
    ("gpt-4.1-mini", 1_744_329_600, Some("2027-01-14")),
    ("gpt-4o-mini", 1_721_174_400, Some("2027-01-14")),
];

/// What the model has decided to say, and how.
struct Reply {
    text: String,
    first_token: Duration,
    per_token: Duration,
    split: Split,
    shred: bool,
    finish: &'static str,
}

fn check_key(world: &World, request: &HttpRequest) -> Result<(), ModelError> {
    let header = request
        .headers()
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    let key = header
        .and_then(|value| value.strip_prefix("Bearer "))
        .unwrap_or_default();
    if world.accepts_key(key) {
        Ok(())
    } else {
        Err(ModelError::invalid_key())
    }
}

#[post("/chat/completions")]
pub(crate) async fn complete(
    world: web::Data<World>,
    request: HttpRequest,
    bytes: web::Bytes,
) -> Result<HttpResponse, ModelError> {
    let world = world.into_inner();
    let id = world.model.next_id();
    let body: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    let mut recorded = Recorded {
        id,
        at_ms: world.clock.now(),
        body: body.clone(),
        status: 200,
        fault: None,
        reply: None,
        state: "answering",
    };
    let decided = decide(&world, &request, &body, &mut recorded);
    if let Err(error) = &decided {
        recorded.status = error.status.as_u16();
        recorded.state = "done";
    }
    world.model.record(recorded);
    let (chat, reply, fault) = decided?;
    if fault.as_ref().is_some_and(|fault| fault.kind == "bad_json") && !chat.stream {
        world.model.settle(id, "done");
        return Ok(HttpResponse::Ok()
            .content_type("application/json")
            .body("{\"id\":\"chatcmpl"));
    }
    if chat.stream {
        return Ok(streamed(world, id, &chat, &reply, fault.as_ref()));
    }
    let answer = whole(id, &chat, &reply);
    tokio::time::sleep(reply.first_token).await;
    world.model.settle(id, "done");
    Ok(HttpResponse::Ok().insert_header(request_id()).json(answer))
}

fn decide(
    world: &World,
    request: &HttpRequest,
    body: &Value,
    recorded: &mut Recorded,
) -> Result<(ChatRequest, Reply, Option<Fault>), ModelError> {
    check_key(world, request)?;
    let chat = ChatRequest::read(body)?;
    // Those that were trained for a customer are named by what they were trained from.
    let name = chat.model.strip_prefix("ft:").unwrap_or(&chat.model);
    if !name.starts_with("gpt-") {
        return Err(ModelError::model_not_found(&chat.model));
    }
    let said = chat.last_user().unwrap_or_default();
    let fault = world.faults.take(Side::Model, said);
    if let Some(fault) = &fault {
        recorded.fault = Some(fault.kind.clone());
        if let Some(error) = ModelError::for_fault(&fault.kind, &chat.model, fault.retry_after_s) {
            return Err(error);
        }
    }
    let reply = think(world, &chat, fault.as_ref());
    recorded.reply = Some(reply.text.clone());
    Ok((chat, reply, fault))
}

/// Decides what to say, and how fast.
fn think(world: &World, chat: &ChatRequest, fault: Option<&Fault>) -> Reply {
    let pace = world.model.pace.lock().clone();
    let note = notes::reply(chat);
    let rule = match note {
        Some(_) => None,
        None => rules::take(
            &mut world.model.rules.lock(),
            chat.last_user().unwrap_or_default(),
        ),
    };
    let mut reply = Reply {
        text: String::new(),
        first_token: world.clock.real(pace.first_token_ms),
        per_token: world.clock.real(pace.tokens_ms),
        split: pace.split,
        shred: pace.bytes,
        finish: "stop",
    };
    match rule {
        Some(rule) => {
            reply.text = rule.reply;
            if let Some(ms) = rule.first_token_ms {
                reply.first_token = world.clock.real(ms);
            }
            if let Some(ms) = rule.tokens_ms {
                reply.per_token = world.clock.real(ms);
            }
            if let Some(split) = rule.split {
                reply.split = split;
            }
        }
        None => reply.text = note.unwrap_or_else(|| brain::reply(chat)),
    }
    if let Split::Pieces(pieces) = &reply.split {
        reply.text = pieces.concat();
    }
    shorten(chat, &mut reply);
    match fault.map(|fault| (fault.kind.as_str(), fault.ms)) {
        Some(("slow_first_token", ms)) => reply.first_token = Duration::from_millis(ms.unwrap_or(3_000)),
        Some(("empty_reply", _)) => {
            reply.text.clear();
            reply.split = Split::Words;
        }
        _ => {}
    }
    reply
}

/// Applies `stop` and the token limit.
fn shorten(chat: &ChatRequest, reply: &mut Reply) {
    let stop = chat
        .stop
        .iter()
        .filter(|s| !s.is_empty())
        .filter_map(|s| reply.text.find(s.as_str()))
        .min();
    let mut cut = false;
    if let Some(at) = stop {
        reply.text.truncate(at);
        cut = true;
    }
    if let Some(limit) = chat.max_tokens
        && usage::tokens(&reply.text) > limit
    {
        reply.text = reply.text.chars().take(limit * 4).collect();
        reply.finish = "length";
        cut = true;
    }
    if cut && matches!(reply.split, Split::Pieces(_)) {
        reply.split = Split::Words;
    }
}

fn request_id() -> (&'static str, String) {
    ("x-request-id", format!("req_{}", uuid::Uuid::new_v4().simple()))
}

fn whole(id: u64, chat: &ChatRequest, reply: &Reply) -> Value {
    json!({
        "id": format!("chatcmpl-sim{id:08}"),
        "object": "chat.completion",
        "created": chrono::Utc::now().timestamp(),
        "model": chat.model,
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": reply.text, "refusal": null, "annotations": []},
            "logprobs": null,
            "finish_reason": reply.finish,
        }],
        "usage": usage::usage(chat, &reply.text),
        "service_tier": "default",
        "system_fingerprint": "fp_simulated",
    })
}

/// Writes the chunks of one answer.
struct Chunks<'a> {
    id: String,
    created: i64,
    chat: &'a ChatRequest,
}

impl Chunks<'_> {
    fn record(&self, choices: &Value, usage: &Value) -> String {
        let mut chunk = json!({
            "id": self.id, "object": "chat.completion.chunk", "created": self.created, "model": self.chat.model,
            "service_tier": "default", "system_fingerprint": "fp_simulated", "choices": choices,
        });
        if self.chat.include_usage {
            chunk["usage"] = usage.clone();
        }
        if self.chat.obfuscation {
            chunk["obfuscation"] = json!("x7Qm2");
        }
        format!("data: {chunk}\n\n")
    }

    fn delta(&self, delta: &Value, finish: Option<&str>) -> String {
        let choice = json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish});
        self.record(&json!([choice]), &Value::Null)
    }
}

fn streamed(
    world: Arc<World>,
    id: u64,
    chat: &ChatRequest,
    reply: &Reply,
    fault: Option<&Fault>,
) -> HttpResponse {
    let kind = fault.map(|fault| fault.kind.as_str()).unwrap_or_default();
    let end = match kind {
        "stall" => End::Stall,
        "disconnect" => End::Disconnect,
        _ => End::Normal,
    };
    let chunks = Chunks {
        id: format!("chatcmpl-sim{id:08}"),
        created: chrono::Utc::now().timestamp(),
        chat,
    };
    let pieces = if reply.text.is_empty() {
        Vec::new()
    } else {
        reply.split.cut(&reply.text)
    };
    let broken_after = match kind {
        "error_mid_stream" | "stall" | "disconnect" | "bad_json" => Some(
            fault
                .and_then(|fault| fault.after_tokens)
                .unwrap_or(3)
                .min(pieces.len()),
        ),
        _ => None,
    };
    let mut sending = Sending::new(world, id, end);
    sending.push(
        reply.first_token,
        chunks.delta(
            &json!({"role": "assistant", "content": "", "refusal": null}),
            None,
        ),
    );
    for piece in pieces.iter().take(broken_after.unwrap_or(pieces.len())) {
        sending.push(reply.per_token, chunks.delta(&json!({"content": piece}), None));
    }
    match kind {
        "error_mid_stream" => {
            sending.push(
                reply.per_token,
                format!("data: {}\n\n", ModelError::server().body()),
            );
        }
        "bad_json" => sending.push(reply.per_token, "data: {\"id\":\"chatcmpl-sim\",\"choi\n\n"),
        "stall" | "disconnect" => {}
        _ => {
            sending.push(reply.per_token, chunks.delta(&json!({}), Some(reply.finish)));
            if chat.include_usage {
                let figures = usage::usage(chat, &reply.text);
                sending.push(Duration::ZERO, chunks.record(&json!([]), &figures));
            }
            if kind != "no_done" {
                sending.push(Duration::ZERO, "data: [DONE]\n\n");
            }
        }
    }
    if reply.shred {
        sending.shred();
    }
    HttpResponse::Ok()
        .content_type("text/event-stream; charset=utf-8")
        .insert_header(("Cache-Control", "no-cache"))
        .insert_header(request_id())
        .streaming(sending.into_stream())
}

fn model_view(model: &(&str, i64, Option<&str>)) -> Value {
    let mut view = json!({"id": model.0, "object": "model", "created": model.1, "owned_by": "openai"});
    if let Some(date) = model.2 {
        view["shutdown_date"] = json!(date);
    }
    view
}

#[get("/models")]
pub(crate) async fn models(
    world: web::Data<World>,
    request: HttpRequest,
) -> Result<HttpResponse, ModelError> {
    check_key(&world, &request)?;
    let data: Vec<Value> = MODELS.iter().map(model_view).collect();
    Ok(HttpResponse::Ok().json(json!({"object": "list", "data": data})))
}

#[get("/models/{id}")]
pub(crate) async fn one_model(
    world: web::Data<World>,
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, ModelError> {
    check_key(&world, &request)?;
    let found = MODELS.iter().find(|model| model.0 == path.as_str());
    let found = found.ok_or_else(|| ModelError::model_not_found(&path))?;
    Ok(HttpResponse::Ok().json(model_view(found)))
}

pub(crate) async fn nothing_here(request: HttpRequest) -> ModelError {
    ModelError::no_such_path(&format!("{} {}", request.method(), request.path()))
}
