//! The server: every route in one place, and the OpenAPI document that follows from them.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use actix_web::dev::Server;
use actix_web::http::header;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App as Actix, HttpRequest, HttpResponse, HttpServer, web};
use phony_app::App;
use utoipa::Modify as _;
use utoipa::openapi::OpenApi;
use utoipa_actix_web::scope::scope;
use utoipa_actix_web::{AppExt as _, service_config::ServiceConfig};

use crate::fallback::{self, Methods};
use crate::health::{self, Figures, StartedAt};
use crate::openapi::{Finish, complete, head};
use crate::{aliases, audio_socket, carrier, context, extract, live, routes, spa, web_call};

/// Slow clients have this long to send their request's head.
const HEAD_WITHIN: Duration = Duration::from_secs(15);
/// Idle connections are kept longer than the proxies and clients before us keep theirs (mostly 60 s): whoever closes
/// first must not be the one that is about to be asked.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Connections of one worker.
const MAX_CONNECTIONS: usize = 10_000;

/// The documented operations.
fn operations(config: &mut ServiceConfig) {
    config.service(health::healthz).service(health::readyz).service(
        scope("/v1")
            .service(routes::auth::sign_up)
            .service(routes::auth::log_in)
            .service(routes::auth::refresh)
            .service(routes::auth::log_out)
            .service(routes::auth::step_up)
            .service(routes::auth::change_password)
            .service(routes::by_mail::verify_email)
            .service(routes::by_mail::resend_verification)
            .service(routes::by_mail::forgot_password)
            .service(routes::by_mail::reset_password)
            .service(routes::sessions::switch)
            .service(routes::sessions::list)
            .service(routes::sessions::revoke)
            .service(routes::sessions::revoke_others)
            .service(routes::members::roles)
            .service(routes::members::list)
            .service(routes::members::leave)
            .service(routes::members::update)
            .service(routes::members::remove)
            .service(routes::invitations::list)
            .service(routes::invitations::create)
            .service(routes::invitations::preview)
            .service(routes::invitations::accept)
            .service(routes::invitations::resend)
            .service(routes::invitations::withdraw)
            .service(routes::me::get_me)
            .service(routes::totp::enrol)
            .service(routes::totp::confirm)
            .service(routes::totp::disable)
            .service(routes::totp::renew)
            .service(routes::sso::start)
            .service(routes::sso::callback)
            .service(routes::sso::link)
            .service(routes::sso::identities)
            .service(routes::sso::unlink)
            .service(routes::sso::get)
            .service(routes::sso::put)
            .service(routes::sso::remove)
            .service(routes::sso::verify_domains)
            .service(routes::provider_credentials::list)
            .service(routes::provider_credentials::put)
            .service(routes::provider_credentials::remove)
            .service(routes::provider_credentials::check)
            .service(routes::keys::list)
            .service(routes::keys::create)
            .service(routes::keys::revoke)
            .service(routes::keys::rotate)
            .service(routes::plans::list)
            .service(routes::plans::preview)
            .service(routes::plans::change)
            .service(routes::plans::concurrency)
            .service(routes::numbers::search)
            .service(routes::numbers::list)
            .service(routes::numbers::buy)
            .service(routes::numbers::get)
            .service(routes::numbers::update)
            .service(routes::numbers::release)
            .service(routes::numbers::import)
            .service(routes::numbers::sync)
            .service(routes::pools::list)
            .service(routes::pools::create)
            .service(routes::pools::get)
            .service(routes::pools::update)
            .service(routes::pools::delete)
            .service(routes::contacts::list)
            .service(routes::contacts::create)
            .service(routes::contacts::import)
            .service(routes::contacts::verify)
            .service(routes::contacts::get)
            .service(routes::contacts::update)
            .service(routes::contacts::delete)
            .service(routes::personalities::presets)
            .service(routes::personalities::list)
            .service(routes::personalities::create)
            .service(routes::personalities::get)
            .service(routes::personalities::update)
            .service(routes::catalogue::models)
            .service(routes::catalogue::voices)
            .service(routes::calls::list)
            .service(routes::calls::live)
            .service(routes::calls::get)
            .service(routes::calls::items)
            .service(routes::events::list)
            .service(routes::outbound::create)
            .service(routes::outbound::cancel)
            .service(routes::outbound::erase)
            .service(routes::tenant::get)
            .service(routes::tenant::update)
            .service(routes::tenant::resume_outbound)
            .service(routes::consents::list)
            .service(routes::consents::record)
            .service(routes::consents::revoke)
            // Before the entries of the own list, whose ids stand in the same place.
            .service(routes::national_lists::list)
            .service(routes::national_lists::import)
            .service(routes::national_lists::remove)
            .service(routes::do_not_call::list)
            .service(routes::do_not_call::add)
            .service(routes::do_not_call::remove)
            .service(routes::usage::call_usage)
            .service(routes::recordings::list)
            .service(routes::recordings::audio)
            .service(routes::recordings::remove)
            .service(routes::actions::act)
            .service(routes::tickets::create)
            .service(routes::usage::usage)
            .service(routes::usage::prices)
            .service(routes::chat::say)
            .service(routes::web_calls::create)
            .service(routes::audit_log::list)
            .service(routes::audit_log::verify)
            .service(routes::audit_log::export)
            .service(routes::privacy::create_export)
            .service(routes::privacy::list_exports)
            .service(routes::privacy::get_export)
            .service(routes::privacy::download_export)
            .service(routes::privacy::create_erasure)
            .service(routes::privacy::list_erasures)
            .service(routes::privacy::get_erasure)
            .service(routes::exports::create)
            .service(routes::exports::list)
            .service(routes::exports::get)
            .service(routes::exports::download),
    );
}

/// The OpenAPI document of the whole surface.
#[must_use]
pub fn openapi() -> OpenApi {
    let (_, mut document) = Actix::new()
        .into_utoipa_app()
        .openapi(head())
        .configure(operations)
        .split_for_parts();
    Finish.modify(&mut document);
    document
}

/// The document as JSON. Fields are in the order of their names: the extensions of an operation come in none,
/// and the same program must always give the same document.
///
/// # Errors
/// When the document cannot be written, which a test rules out.
pub fn openapi_json() -> serde_json::Result<serde_json::Value> {
    let mut document = serde_json::to_value(openapi())?;
    complete(&mut document);
    Ok(document)
}

/// A listener that speaks TLS itself.
pub struct TlsListener {
    /// Where.
    pub listener: TcpListener,
    /// How.
    pub config: rustls::ServerConfig,
}

/// Starts serving on `listener`, and on `tls` if there is one.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve(
    app: App,
    metrics: Figures,
    listener: TcpListener,
    tls: Option<TlsListener>,
    workers: Option<usize>,
) -> std::io::Result<Server> {
    let app = web::Data::new(app);
    let metrics = web::Data::new(metrics);
    let started = web::Data::new(StartedAt(Instant::now()));
    let methods = web::Data::new(Methods::of(&openapi()));
    let document = openapi_json()?.to_string();
    let document = web::Data::new(Document {
        tag: spa::entity_tag(document.as_bytes()),
        json: document,
    });
    let mut server = HttpServer::new(move || {
        // Once in every thread, as this is.
        actix_web::rt::spawn(app.engine.clone().watch_thread());
        Actix::new()
            .app_data(app.clone())
            .app_data(metrics.clone())
            .app_data(started.clone())
            .app_data(document.clone())
            .app_data(methods.clone())
            .configure(extract::configure)
            .wrap(Compress::default())
            .wrap(from_fn(context::request_context))
            // Before the /v1 scope, which would answer for every path under it.
            .service(live::open)
            .service(web_call::open)
            .service(audio_socket::open)
            .route("/v1/openapi.json", web::get().to(serve_document))
            .into_utoipa_app()
            .configure(operations)
            .into_app()
            .configure(carrier::configure)
            .configure(aliases::configure)
            .route("/metrics", web::get().to(health::metrics_page))
            .configure(spa::configure)
            .default_service(web::route().to(fallback::no_such_path))
    })
    // A small message must not wait for the other side's next one: sound comes every 20 ms.
    .tcp_nodelay(true)
    .max_connections(MAX_CONNECTIONS)
    .client_request_timeout(HEAD_WITHIN)
    .keep_alive(KEEP_ALIVE)
    // Our own drain runs first; live calls are over by then.
    .shutdown_timeout(5)
    .disable_signals();
    if let Some(workers) = workers {
        server = server.workers(workers);
    }
    server = server.listen(listener)?;
    if let Some(TlsListener { listener, config }) = tls {
        server = server.listen_rustls_0_23(listener, config)?;
    }
    Ok(server.run())
}

/// The document as it is served.
struct Document {
    json: String,
    tag: String,
}

async fn serve_document(document: web::Data<Document>, request: HttpRequest) -> HttpResponse {
    let known = request.headers().get(header::IF_NONE_MATCH);
    if known.is_some_and(|tag| tag.as_bytes() == document.tag.as_bytes()) {
        return HttpResponse::NotModified()
            .insert_header((header::ETAG, document.tag.clone()))
            .finish();
    }
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::ETAG, document.tag.clone()))
        .body(document.json.clone())
}
