//! A name server that knows only texts, and of them those that it was told.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::{HttpResponse, get, put as put_route, web};
use anyhow::Context as _;
use parking_lot::Mutex;
use serde::Deserialize;
use tokio::net::UdpSocket;

use crate::world::World;

/// Names that are known at the most.
const MOST_NAMES: usize = 1_000;
/// Largest question.
const MAX_QUESTION: usize = 512;

/// Texts by their name, in lower case.
pub(crate) type Texts = Mutex<HashMap<String, Vec<String>>>;

#[derive(Deserialize)]
struct Record {
    name: String,
    texts: Vec<String>,
}

/// Says which texts a name has from now on.
#[put_route("/sim/dns")]
pub(crate) async fn put(world: web::Data<World>, record: web::Json<Record>) -> HttpResponse {
    let mut texts = world.texts.lock();
    let name = record.name.trim_end_matches('.').to_ascii_lowercase();
    if record.texts.iter().any(|text| text.len() > 255)
        || record.texts.len() > 16
        || texts.len() >= MOST_NAMES
    {
        return HttpResponse::BadRequest().body("too many or too long");
    }
    texts.insert(name, record.0.texts);
    HttpResponse::NoContent().finish()
}

/// All that is known, and where it is asked for.
#[get("/sim/dns")]
pub(crate) async fn list(world: web::Data<World>) -> HttpResponse {
    HttpResponse::Ok().json(&*world.texts.lock())
}

/// Listens for questions; gives the address.
pub(crate) async fn listen(world: &Arc<World>) -> anyhow::Result<String> {
    let socket = UdpSocket::bind((world.config.bind.as_str(), world.config.dns_port))
        .await
        .context("cannot listen for questions of names")?;
    let address = socket.local_addr()?.to_string();
    let inside = Arc::clone(world);
    world.spawn(async move {
        let mut question = [0; MAX_QUESTION];
        loop {
            let Ok((length, from)) = socket.recv_from(&mut question).await else {
                continue;
            };
            let answer = answer(&inside.texts.lock(), &question[..length]);
            if let Some(answer) = answer {
                // Who asks in vain asks again.
                let _ = socket.send_to(&answer, from).await;
            }
        }
    });
    Ok(address)
}

/// The answer to a question; none to what is no question.
fn answer(texts: &HashMap<String, Vec<String>>, question: &[u8]) -> Option<Vec<u8>> {
    let (head, mut rest) = question.split_at_checked(12)?;
    let mut labels = Vec::new();
    let mut asked = 12;
    loop {
        let (length, after) = rest.split_first()?;
        let length = usize::from(*length);
        asked += 1 + length;
        if length == 0 {
            break;
        }
        let (label, after) = after.split_at_checked(length)?;
        labels.push(String::from_utf8_lossy(label).to_ascii_lowercase());
        rest = after;
    }
    let asked = question.get(12..asked + 4)?;
    let known = texts.get(&labels.join("."));
    let found = known.map(Vec::as_slice).unwrap_or_default();
    let mut answer = head.get(..2)?.to_vec();
    // An answer of one that knows; or that there is no such name.
    answer.extend_from_slice(&[0x85, if known.is_some() { 0x80 } else { 0x83 }]);
    answer.extend_from_slice(&[0, 1]);
    answer.extend_from_slice(&u16::try_from(found.len()).ok()?.to_be_bytes());
    answer.extend_from_slice(&[0, 0, 0, 0]);
    answer.extend_from_slice(asked);
    for text in found {
        let length = u8::try_from(text.len()).ok()?;
        answer.extend_from_slice(&[0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 1]);
        answer.extend_from_slice(&(u16::from(length) + 1).to_be_bytes());
        answer.push(length);
        answer.extend_from_slice(text.as_bytes());
    }
    Some(answer)
}
