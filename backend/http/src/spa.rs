//! The web application and the API reference page, embedded into the binary.
//!
//! Files with a hash in their name never change and are cached for a year; pages get a fresh CSP nonce.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use phony_kernel::{Error, Kind};
use rand::RngExt as _;
use rust_embed::RustEmbed;
use sha2::{Digest as _, Sha256};

use crate::problem::{ApiError, ApiResult};

/// What Vite built; read from disk in debug builds.
#[derive(RustEmbed)]
#[folder = "../../web/dist/"]
#[allow_missing = true]
struct Dist;

/// Placeholder that Vite leaves where the nonce belongs.
const NONCE_PLACEHOLDER: &str = "__NONCE__";

/// The page of the API reference.
const DOCS_PAGE: &str = "docs.html";

/// Routes of the web application.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .route("/", web::get().to(root))
        .route("/docs", web::get().to(docs))
        .route("/dashboard", web::get().to(to_dashboard))
        .route("/dashboard/{path:.*}", web::get().to(dashboard));
}

/// Browsers go to the application, programs learn that the service is up.
async fn root(request: HttpRequest) -> HttpResponse {
    let accepts = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    if accepts.contains("text/html") {
        return HttpResponse::SeeOther()
            .insert_header((header::LOCATION, "/dashboard/"))
            .finish();
    }
    HttpResponse::Ok().json(serde_json::json!({
        "service": "phony", "version": env!("CARGO_PKG_VERSION"), "documentation": "/docs"
    }))
}

async fn to_dashboard(request: HttpRequest) -> HttpResponse {
    let query = request.query_string();
    let target = if query.is_empty() {
        "/dashboard/".to_owned()
    } else {
        format!("/dashboard/?{query}")
    };
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, target))
        .finish()
}

async fn docs() -> ApiResult<HttpResponse> {
    page(DOCS_PAGE)
}

/// A file of the application, or its page for every path that is no file: the router there knows it.
async fn dashboard(path: web::Path<String>, request: HttpRequest) -> ApiResult<HttpResponse> {
    let path = path.into_inner();
    if path.is_empty() || !path.contains('.') || path == "index.html" {
        return page("index.html");
    }
    let file = Dist::get(&path)
        .ok_or_else(|| Error::new(Kind::NotFound, "no_such_path", "there is no such file"))?;
    let etag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..16]));
    let unchanged = request
        .headers()
        .get(header::IF_NONE_MATCH)
        .is_some_and(|value| value.as_bytes() == etag.as_bytes());
    let mut answer = if unchanged {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    let cache = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    answer
        .insert_header((header::ETAG, etag))
        .insert_header((header::CACHE_CONTROL, cache))
        .insert_header((header::CONTENT_TYPE, media_type(&path)));
    Ok(if unchanged {
        answer.finish()
    } else {
        answer.body(file.data.into_owned())
    })
}

/// What a file is. Text says how it is written, so that no browser guesses.
fn media_type(path: &str) -> String {
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    let is_text = kind.type_() == "text" || kind.suffix().is_some_and(|suffix| suffix == "xml");
    if is_text {
        format!("{kind}; charset=utf-8")
    } else {
        kind.to_string()
    }
}

fn page(name: &str) -> ApiResult<HttpResponse> {
    let file = Dist::get(name).ok_or_else(|| {
        ApiError(Error::new(
            Kind::NotFound,
            "web_not_built",
            "the web application is not part of this build; run npm run build in web/",
        ))
    })?;
    let nonce = STANDARD_NO_PAD.encode(rand::rng().random::<[u8; 16]>());
    let html = String::from_utf8_lossy(&file.data).replace(NONCE_PLACEHOLDER, &nonce);
    // What the reference is made of sets styles as attributes, which cannot carry a nonce; its elements do.
    let attributes = if name == DOCS_PAGE {
        "style-src-attr 'unsafe-inline'; "
    } else {
        ""
    };
    let policy = format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; {attributes}\
         img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; connect-src 'self'; \
         worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "no-store"));
    if let Ok(value) = HeaderValue::from_str(&policy) {
        answer.insert_header((header::CONTENT_SECURITY_POLICY, value));
    }
    Ok(answer.body(html))
}

/// Fingerprint of a body as an entity tag.
#[must_use]
pub fn entity_tag(bytes: &[u8]) -> String {
    format!("\"{}\"", hex::encode(&Sha256::digest(bytes)[..16]))
}

#[cfg(test)]
mod tests {
    use super::media_type;

    #[test]
    fn text_says_how_it_is_written() {
        for (path, kind) in [
            ("assets/index-1.js", "text/javascript; charset=utf-8"),
            ("assets/index-1.css", "text/css; charset=utf-8"),
            ("icon.svg", "image/svg+xml; charset=utf-8"),
            ("assets/font.woff2", "font/woff2"),
            ("assets/of-no-kind", "application/octet-stream"),
        ] {
            assert_eq!(media_type(path), kind, "{path}");
        }
    }
}
