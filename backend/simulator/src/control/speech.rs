//! Voices as files, to be played to a microphone.

use actix_web::{HttpResponse, post, web};
use serde::Deserialize;

use super::{Refusal, body};
use crate::callers::Manners;
use crate::world::World;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spoken {
    text: String,
    voice: Option<String>,
}

/// Says something into a file. Whoever hears that file through a microphone understands it.
#[post("/speech")]
pub(crate) async fn say(world: web::Data<World>, bytes: web::Bytes) -> Result<HttpResponse, Refusal> {
    let spoken: Spoken = body(&bytes)?;
    if spoken.text.trim().is_empty() {
        return Err(Refusal::bad("text is empty"));
    }
    let voice = spoken.voice.unwrap_or(Manners::default().voice);
    let said = world.speech.say_for_microphone(&spoken.text, &voice).await;
    let file = crate::recordings::wav(&[&said.ulaw]);
    Ok(HttpResponse::Ok().content_type("audio/wav").body(file))
}
