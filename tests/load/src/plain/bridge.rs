//! The plain bridge.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use actix_ws::{Message as Frame, MessageStream, Session};
use futures_util::{SinkExt as _, StreamExt as _};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

pub(crate) struct Bridge {
    pub(crate) port: u16,
    pub(crate) model_url: String,
}

#[derive(Deserialize)]
struct FromCarrier {
    event: String,
    #[serde(rename = "streamSid")]
    stream_sid: Option<String>,
    media: Option<Media>,
}

#[derive(Serialize, Deserialize)]
struct Media {
    payload: String,
}

#[derive(Serialize)]
struct ToCarrier<'a> {
    event: &'a str,
    #[serde(rename = "streamSid")]
    stream_sid: &'a str,
    media: Media,
}

#[derive(Serialize)]
struct Append {
    #[serde(rename = "type")]
    kind: &'static str,
    audio: String,
}

#[derive(Deserialize)]
struct FromModel {
    #[serde(rename = "type")]
    kind: String,
    delta: Option<String>,
}

/// Instructions for a call.
#[post("/voice")]
pub(crate) async fn voice(bridge: web::Data<Bridge>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/xml").body(format!(
        r#"<Response><Connect><Stream url="ws://127.0.0.1:{}/stream"/></Connect></Response>"#,
        bridge.port
    ))
}

/// The socket of a call.
#[get("/stream")]
pub(crate) async fn stream(
    request: HttpRequest,
    body: web::Payload,
    bridge: web::Data<Bridge>,
) -> actix_web::Result<HttpResponse> {
    let (response, session, frames) = actix_ws::handle(&request, body)?;
    actix_web::rt::spawn(async move {
        // A call that breaks off is over; the driver sees it.
        let _ = run(&bridge.model_url, session, frames).await;
    });
    Ok(response)
}

async fn run(model_url: &str, mut session: Session, mut frames: MessageStream) -> anyhow::Result<()> {
    let (mut model, _) =
        tokio_tungstenite::connect_async_with_config(format!("{model_url}?model=gpt-realtime"), None, true)
            .await?;
    let update = json!({"type": "session.update", "session": {"type": "realtime", "output_modalities": ["audio"],
        "audio": {"input": {"format": {"type": "audio/pcmu"}}, "output": {"format": {"type": "audio/pcmu"}}}}});
    model.send(Message::text(update.to_string())).await?;
    let mut stream_sid = String::new();
    let mut ready = false;
    loop {
        tokio::select! {
            frame = frames.next() => match frame {
                Some(Ok(Frame::Text(text))) => {
                    let message: FromCarrier = serde_json::from_str(&text)?;
                    match (message.event.as_str(), message.media) {
                        ("start", _) => stream_sid = message.stream_sid.unwrap_or_default(),
                        ("media", Some(media)) if ready => {
                            let append = Append { kind: "input_audio_buffer.append", audio: media.payload };
                            model.send(Message::text(serde_json::to_string(&append)?)).await?;
                        }
                        ("stop", _) => break,
                        _ => {}
                    }
                }
                Some(Ok(Frame::Ping(bytes))) => session.pong(&bytes).await?,
                Some(Ok(Frame::Close(_))) | None => break,
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
            },
            message = model.next() => {
                let Some(message) = message else { break };
                if let Message::Text(text) = message? {
                    let event: FromModel = serde_json::from_str(&text)?;
                    match (event.kind.as_str(), event.delta) {
                        ("session.updated", _) => ready = true,
                        ("response.output_audio.delta", Some(payload)) => {
                            let out = ToCarrier { event: "media", stream_sid: &stream_sid, media: Media { payload } };
                            session.text(serde_json::to_string(&out)?).await?;
                        }
                        ("input_audio_buffer.speech_started", _) => {
                            let clear = json!({"event": "clear", "streamSid": stream_sid});
                            session.text(clear.to_string()).await?;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    let _ = session.close(None).await;
    let _ = model.close(None).await;
    Ok(())
}
