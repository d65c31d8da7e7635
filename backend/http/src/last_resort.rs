//! The listener of last resort: what the carrier is told when nothing else of ours answers.
//!
//! It needs neither database nor Redis nor any other part of the product: the telephone that rings is in its own
//! address, which the carrier keeps with the number, or in its configuration. A request needs no signature: its answer
//! does nothing but for whoever asked.

use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::http::header;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use phony_app::numbers::STATIC_PATH;
use phony_kernel::E164;
use url::form_urlencoded;

/// Largest request; real ones have a few hundred bytes.
const MAX_BYTES: usize = 64 * 1024;
/// How long the other telephone rings.
const RINGS_SECONDS: u32 = 25;
const CONNECTING: &str = "One moment please, I am connecting you.";
const APOLOGY: &str =
    "I am sorry, we cannot take your call at the moment. Please call again in a few minutes. Goodbye.";

/// What the listener knows.
#[derive(Debug, Clone, Default)]
pub struct LastResort {
    /// Whom it rings for numbers that name nobody.
    pub number: Option<E164>,
}

/// Serves on `listener`, with a thread of its own.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve(listener: TcpListener, known: LastResort) -> std::io::Result<Server> {
    let known = web::Data::new(known);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(known.clone())
            .app_data(web::PayloadConfig::new(MAX_BYTES))
            .route(STATIC_PATH, web::get().to(answer))
            .route(STATIC_PATH, web::post().to(answer))
            .route("/healthz", web::get().to(HttpResponse::Ok))
    })
    .workers(1)
    .disable_signals()
    .listen(listener)?;
    Ok(server.run())
}

async fn answer(request: HttpRequest, body: web::Bytes, known: web::Data<LastResort>) -> HttpResponse {
    let value = |text: &[u8], name: &str| {
        form_urlencoded::parse(text)
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.into_owned())
    };
    let query = request.query_string().as_bytes();
    let document = if value(query, "over").is_some() {
        let status = value(&body, "DialCallStatus").or_else(|| value(query, "DialCallStatus"));
        over(status.as_deref())
    } else {
        let named = value(query, "dial").and_then(|text| E164::from_canonical(&text).ok());
        match named.as_ref().or(known.number.as_ref()) {
            Some(number) => connect(number),
            None => apologize(),
        }
    };
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/xml; charset=utf-8"))
        .body(document)
}

/// A number has nothing but digits behind its plus, so the document is well formed.
fn connect(number: &E164) -> String {
    let number = number.as_str();
    wrapped(&format!(
        "<Say>{CONNECTING}</Say><Dial timeout=\"{RINGS_SECONDS}\" action=\"{STATIC_PATH}?over=1\">\
         <Number>{number}</Number></Dial>"
    ))
}

fn over(status: Option<&str>) -> String {
    match status {
        Some("completed" | "answered") => wrapped("<Hangup/>"),
        _ => apologize(),
    }
}

fn apologize() -> String {
    wrapped(&format!("<Say>{APOLOGY}</Say><Hangup/>"))
}

fn wrapped(verbs: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>{verbs}</Response>")
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    async fn told(known: Option<&str>, query: &str, body: &'static str) -> String {
        let request = TestRequest::post()
            .uri(&format!("{STATIC_PATH}{query}"))
            .to_http_request();
        let known = LastResort {
            number: known.map(|text| text.parse().unwrap()),
        };
        let answer = answer(
            request,
            web::Bytes::from_static(body.as_bytes()),
            web::Data::new(known),
        )
        .await;
        let body = actix_web::body::to_bytes(answer.into_body()).await.unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    }

    #[actix_web::test]
    async fn the_number_in_the_address_rings_else_the_one_that_is_configured() {
        let ours = Some("+14155550100");
        let named = told(ours, "?dial=%2B14155550199", "CallSid=CA1").await;
        assert!(named.contains("<Number>+14155550199</Number>"), "{named}");
        let configured = told(ours, "", "CallSid=CA1").await;
        assert!(
            configured.contains("<Number>+14155550100</Number>"),
            "{configured}"
        );
        for nobody in ["", "?dial=", "?dial=%3CHangup/%3E", "?dial=+1415", "?dial=%2B1"] {
            let text = told(None, nobody, "").await;
            assert!(
                text.contains(APOLOGY) && !text.contains("<Dial"),
                "{nobody}: {text}"
            );
        }
    }

    #[actix_web::test]
    async fn after_the_call_nothing_more_is_said_unless_nobody_answered() {
        let quiet = told(None, "?over=1", "DialCallStatus=completed").await;
        assert!(quiet.contains("<Hangup/>") && !quiet.contains("<Say>"), "{quiet}");
        let sorry = told(None, "?over=1", "DialCallStatus=no-answer").await;
        assert!(sorry.contains(APOLOGY), "{sorry}");
    }
}
