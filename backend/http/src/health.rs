//! Health, readiness and metrics, for load balancers and Prometheus.

use std::time::Instant;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use metrics_exporter_prometheus::PrometheusHandle;
use phony_app::App;
use phony_kernel::Error;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use crate::problem::{ApiError, ApiResult};

/// Headers that a proxy adds: who sends one does not ask from this machine itself.
const FORWARDED: [&str; 4] = ["x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded"];

/// What the process says of itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthView {
    /// Always `ok`: a process that cannot say it does not answer.
    pub status: &'static str,
    /// Version of the program.
    pub version: &'static str,
    /// Seconds since it started.
    pub uptime_seconds: u64,
    /// Calls that this instance carries now.
    pub active_calls: usize,
}

/// Whether this instance can serve.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReadinessView {
    /// `ready`, or `unavailable`.
    pub status: &'static str,
    /// Whether the database answers.
    pub database: bool,
    /// Whether Redis answers; without it calls go on and live views stand still.
    pub redis: bool,
    /// Whether the instance is being emptied before a stop.
    pub draining: bool,
}

/// When this process started.
#[derive(Clone, Copy)]
pub struct StartedAt(pub Instant);

/// Is the process alive.
#[utoipa::path(operation_id = "get_health", tag = "Operation", responses((status = 200, body = HealthView)))]
#[get("/healthz")]
pub async fn healthz(app: web::Data<App>, started: web::Data<StartedAt>) -> web::Json<HealthView> {
    web::Json(HealthView {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: started.0.elapsed().as_secs(),
        active_calls: app.active_calls(),
    })
}

/// Should this instance get new work.
#[utoipa::path(operation_id = "get_readiness", tag = "Operation",
    responses((status = 200, body = ReadinessView), (status = 503, body = ReadinessView)))]
#[get("/readyz")]
pub async fn readyz(app: web::Data<App>) -> HttpResponse {
    let readiness = app.readiness().await;
    let ready = readiness.database && !readiness.draining;
    let view = ReadinessView {
        status: if ready { "ready" } else { "unavailable" },
        database: readiness.database,
        redis: readiness.redis,
        draining: readiness.draining,
    };
    if ready {
        HttpResponse::Ok().json(view)
    } else {
        HttpResponse::ServiceUnavailable().json(view)
    }
}

/// The figures of the process and who may read them.
#[derive(Clone)]
pub struct Figures {
    handle: PrometheusHandle,
    token: Option<SecretString>,
}

impl Figures {
    /// For whoever sends `token`; without one, for whoever asks from this machine itself.
    #[must_use]
    pub fn new(handle: PrometheusHandle, token: Option<SecretString>) -> Self {
        Self { handle, token }
    }

    fn check(&self, request: &HttpRequest) -> Result<(), Error> {
        let Some(token) = &self.token else {
            let near = request
                .peer_addr()
                .is_none_or(|peer| peer.ip().to_canonical().is_loopback());
            let forwarded = FORWARDED.iter().any(|name| request.headers().contains_key(*name));
            // Others need not know that there are any.
            return if near && !forwarded {
                Ok(())
            } else {
                Err(Error::not_found())
            };
        };
        let sent = request
            .headers()
            .get(header::AUTHORIZATION)
            .map(|value| value.as_bytes());
        let sent = sent
            .and_then(|value| value.strip_prefix(b"Bearer "))
            .unwrap_or_default();
        // Hashes tell nothing of where they differ.
        if Sha256::digest(sent) == Sha256::digest(token.expose_secret()) {
            Ok(())
        } else {
            Err(Error::unauthenticated())
        }
    }
}

/// Figures in the Prometheus text form.
pub async fn metrics_page(figures: web::Data<Figures>, request: HttpRequest) -> ApiResult<HttpResponse> {
    figures.check(&request).map_err(ApiError)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"))
        .body(figures.handle.render()))
}
