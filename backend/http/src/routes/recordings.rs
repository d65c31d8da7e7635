//! Recordings of a call: the list, the sound in parts, deletion.

use actix_web::body::SizedStream;
use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, delete, get, route, web};
use phony_app::App;
use phony_app::recordings::{AudioFile, RecordingView};
use phony_kernel::RecordingId;

use super::List;
use crate::auth::{Allow, RecordingRead, RecordingWrite};
use crate::problem::ApiResult;
use crate::ranges::{Wanted, wanted};

/// The recordings of a call, oldest first. Deleted ones stay in the list, without content.
#[utoipa::path(operation_id = "list_call_recordings", tag = "Calls", security(("bearer" = ["recording.read"])),
    params(("id" = String, Path, description = "`call_…` or the carrier's `CA…`")),
    responses((status = 200, body = List<RecordingView>)))]
#[get("/calls/{id}/recordings")]
pub async fn list(
    allow: Allow<RecordingRead>,
    app: web::Data<App>,
    id: web::Path<String>,
) -> ApiResult<web::Json<List<RecordingView>>> {
    let found = app.recordings.list(&allow.who, &id.parse()?).await?;
    Ok(web::Json(List::whole(found)))
}

/// The sound of a recording, whole or one range of bytes of it. `HEAD` is answered too.
#[utoipa::path(get, path = "/calls/{id}/recordings/{rid}/audio", operation_id = "get_recording_audio", tag = "Calls",
    security(("bearer" = ["recording.read"])),
    params(("id" = String, Path, description = "`call_…` or the carrier's `CA…`"), ("rid" = RecordingId, Path),
        ("Range" = Option<String>, Header, description = "One range, `bytes=0-65535`"),
        ("If-Range" = Option<String>, Header, description = "The `ETag` that the range is of")),
    responses((status = 200, content_type = "audio/wav", body = String, description = "All of it"),
        (status = 206, content_type = "audio/wav", body = String, description = "The range"),
        (status = 304, description = "Unchanged"), (status = 416, description = "No such bytes")))]
#[route("/calls/{id}/recordings/{rid}/audio", method = "GET", method = "HEAD")]
pub async fn audio(
    allow: Allow<RecordingRead>,
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<(String, RecordingId)>,
) -> ApiResult<HttpResponse> {
    let (call, id) = path.into_inner();
    let file = app.recordings.audio(&allow.who, &call.parse()?, id).await?;
    answer(&request, &file).await
}

/// Delete a recording that is over, here and at the carrier.
#[utoipa::path(operation_id = "delete_recording", tag = "Calls", security(("bearer" = ["recording.write"])),
    params(("id" = String, Path, description = "`call_…` or the carrier's `CA…`"), ("rid" = RecordingId, Path)),
    responses((status = 204)))]
#[delete("/calls/{id}/recordings/{rid}")]
pub async fn remove(
    allow: Allow<RecordingWrite>,
    app: web::Data<App>,
    path: web::Path<(String, RecordingId)>,
) -> ApiResult<HttpResponse> {
    let (call, id) = path.into_inner();
    app.recordings.delete(&allow.who, &call.parse()?, id).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn answer(request: &HttpRequest, file: &AudioFile) -> ApiResult<HttpResponse> {
    let size = file.size_bytes;
    match wanted(request, size, &file.etag) {
        Wanted::Unchanged => Ok(head(StatusCode::NOT_MODIFIED, file).finish()),
        Wanted::Nothing => Ok(head(StatusCode::RANGE_NOT_SATISFIABLE, file)
            .insert_header((header::CONTENT_RANGE, format!("bytes */{size}")))
            .finish()),
        Wanted::Whole => body(request, head(StatusCode::OK, file), file, 0..size).await,
        Wanted::Part(part) => {
            let mut builder = head(StatusCode::PARTIAL_CONTENT, file);
            let range = format!("bytes {}-{}/{size}", part.start, part.end - 1);
            builder.insert_header((header::CONTENT_RANGE, range));
            body(request, builder, file, part).await
        }
    }
}

fn head(status: StatusCode, file: &AudioFile) -> HttpResponseBuilder {
    let mut builder = HttpResponse::build(status);
    builder
        .insert_header((header::ETAG, file.etag.clone()))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::CONTENT_TYPE, file.content_type.clone()))
        .insert_header(header::LastModified(
            std::time::SystemTime::from(file.stored_at).into(),
        ))
        // Bytes that are counted must not be packed on their way.
        .insert_header(header::ContentEncoding::Identity)
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("inline; filename=\"{}\"", file.file_name),
        ));
    builder
}

async fn body(
    request: &HttpRequest,
    mut builder: HttpResponseBuilder,
    file: &AudioFile,
    part: std::ops::Range<u64>,
) -> ApiResult<HttpResponse> {
    let length = part.end - part.start;
    if request.method() == Method::HEAD {
        // Says how long it would be, and sends nothing.
        let nothing = futures_util::stream::empty::<Result<web::Bytes, std::io::Error>>();
        return Ok(builder.body(SizedStream::new(length, nothing)));
    }
    Ok(builder.body(SizedStream::new(length, file.read(part).await?)))
}
