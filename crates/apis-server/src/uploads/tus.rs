//! The operations of tus 1.0.0 on `/api/v1/unit/uploads`: fields in, fields out.
//!
//! Source: tus resumable upload protocol 1.0.0, with its extensions creation, expiration and
//! termination.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use apis_protocol::UploadId;
use apis_protocol::problem::Code;
use apis_protocol::route;
use apis_protocol::upload::{
    APIS_UPLOAD_REASON, APIS_UPLOAD_STATE, CLIP_BYTES_MAX, OFFSET_OCTET_STREAM, PATCH_BYTES_MAX,
    TUS_EXTENSION, TUS_EXTENSIONS, TUS_MAX_SIZE, TUS_RESUMABLE, TUS_VERSION, TUS_VERSIONS,
    UPLOAD_EXPIRES, UPLOAD_LENGTH, UPLOAD_METADATA, UPLOAD_OFFSET, UploadMetadata, parse_bytes,
};

use super::model::Upload;
use super::receive::Patch;
use super::room::UploadError;
use crate::app::App;
use crate::http::signed_body::has_type;
use crate::http::unit_caller::http_date;
use crate::http::{ApiError, PathId, Public, SignedBody, UnitCaller};

/// When a unit that was refused for lack of room or of turns should ask again: one request a unit
/// in this time, since each asks for one whole at a time.
const RETRY: Duration = Duration::from_secs(10);

/// What of tus this server speaks.
#[utoipa::path(options, path = "/api/v1/unit/uploads", operation_id = "upload_describe", tag = "unit",
    responses((status = 204, description = "in the fields")))]
pub async fn describe(_: Public) -> Response {
    let max = CLIP_BYTES_MAX.to_string();
    let fields = [
        (TUS_VERSIONS, TUS_VERSION),
        (TUS_EXTENSION, TUS_EXTENSIONS),
        (TUS_MAX_SIZE, max.as_str()),
    ];
    answer(StatusCode::NO_CONTENT, &fields)
}

/// Creates an upload: room for the whole, before its first byte.
#[utoipa::path(post, path = "/api/v1/unit/uploads", operation_id = "upload_create", tag = "unit",
    responses((status = 201, description = "`Location` is where its bytes go")))]
pub async fn create(
    app: App,
    caller: UnitCaller,
    headers: HeaderMap,
    body: SignedBody,
) -> Result<Response, ApiError> {
    speaks_tus(&headers)?;
    if body.content.is_some() {
        return Err(refused(Code::UploadMalformed).detail("a creation has no content"));
    }
    let length = bytes_in(&headers, UPLOAD_LENGTH)?;
    let metadata = text_in(&headers, UPLOAD_METADATA)?;
    let metadata = UploadMetadata::from_field(metadata)
        .map_err(|error| refused(Code::UploadMalformed).detail(error.to_string()))?;
    if length == 0 {
        return Err(refused(Code::UploadMalformed).detail("an upload has bytes"));
    }
    if metadata.kind.bytes_max() < length {
        return Err(refused(Code::UploadTooLarge));
    }
    let created = app.units.uploads.create(caller.tenant, caller.unit, metadata, length).await;
    let upload = created.map_err(why)?;
    let location = format!("{}/{}", route::UPLOADS, upload.id);
    let mut response = standing(StatusCode::CREATED, &upload);
    response.headers_mut().insert(header::LOCATION, text(&location));
    Ok(response)
}

/// Ends a running request on this upload and tells how many bytes are safe.
#[utoipa::path(head, path = "/api/v1/unit/uploads/{id}", operation_id = "upload_stand", tag = "unit",
    params(("id" = String, Path, description = "the upload")),
    responses((status = 200, description = "`Upload-Offset` bytes are safe")))]
pub async fn stand(
    app: App,
    caller: UnitCaller,
    PathId(id): PathId<UploadId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    speaks_tus(&headers)?;
    let stands = app.units.uploads.stand(caller.tenant, caller.unit, id).await;
    let upload = stands.map_err(why)?;
    let mut response = standing(StatusCode::OK, &upload);
    response.headers_mut().insert(UPLOAD_LENGTH, text(&upload.length.to_string()));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Adds bytes to an upload.
#[utoipa::path(patch, path = "/api/v1/unit/uploads/{id}", operation_id = "upload_receive", tag = "unit",
    params(("id" = String, Path, description = "the upload")),
    responses((status = 204, description = "`Upload-Offset` bytes are safe")))]
pub async fn receive(
    app: App,
    caller: UnitCaller,
    PathId(id): PathId<UploadId>,
    headers: HeaderMap,
    body: SignedBody,
) -> Result<Response, ApiError> {
    speaks_tus(&headers)?;
    let offset = bytes_in(&headers, UPLOAD_OFFSET)?;
    let Some(content) = body.content else {
        return Err(refused(Code::UploadMalformed).detail("a PATCH has content"));
    };
    has_type(&headers, OFFSET_OCTET_STREAM).map_err(|error| error.header(TUS, TUS_VALUE))?;
    if PATCH_BYTES_MAX < content.content_bytes {
        return Err(refused(Code::BodyTooLarge));
    }
    let patch = Patch { offset, length: content.content_bytes, digest: content.sha256 };
    let stream = body.body.into_data_stream();
    let received = app.units.uploads.receive(caller.tenant, caller.unit, id, patch, stream).await;
    Ok(standing(StatusCode::NO_CONTENT, &received.map_err(why)?))
}

/// Ends an upload whose bytes have not all come.
#[utoipa::path(delete, path = "/api/v1/unit/uploads/{id}", operation_id = "upload_end", tag = "unit",
    params(("id" = String, Path, description = "the upload")),
    responses((status = 204, description = "ended")))]
pub async fn end(
    app: App,
    caller: UnitCaller,
    PathId(id): PathId<UploadId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    speaks_tus(&headers)?;
    app.units.uploads.end(caller.tenant, caller.unit, id).await.map_err(why)?;
    Ok(answer(StatusCode::NO_CONTENT, &[]))
}

const TUS: HeaderName = HeaderName::from_static(TUS_RESUMABLE);
const TUS_VALUE: HeaderValue = HeaderValue::from_static(TUS_VERSION);

fn speaks_tus(headers: &HeaderMap) -> Result<(), ApiError> {
    if headers.get(TUS).is_some_and(|version| version == TUS_VERSION) {
        return Ok(());
    }
    Err(refused(Code::TusVersion).header(HeaderName::from_static(TUS_VERSIONS), TUS_VALUE))
}

fn text_in<'h>(headers: &'h HeaderMap, name: &'static str) -> Result<&'h str, ApiError> {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.ok_or_else(|| refused(Code::UploadMalformed).detail(name))
}

fn bytes_in(headers: &HeaderMap, name: &'static str) -> Result<u64, ApiError> {
    let bytes = parse_bytes(text_in(headers, name)?);
    bytes.ok_or_else(|| refused(Code::UploadMalformed).detail(name))
}

/// How an upload stands, in the fields that every answer about it has.
fn standing(status: StatusCode, upload: &Upload) -> Response {
    let offset = upload.offset().to_string();
    let fields = [(UPLOAD_OFFSET, offset.as_str()), (APIS_UPLOAD_STATE, upload.state().as_str())];
    let mut response = answer(status, &fields);
    let headers = response.headers_mut();
    if upload.is_receiving() {
        headers.insert(UPLOAD_EXPIRES, http_date(upload.expires_at));
    }
    if let Some(flaw) = &upload.flaw {
        headers.insert(APIS_UPLOAD_REASON, text(flaw));
    }
    response
}

fn answer(status: StatusCode, fields: &[(&'static str, &str)]) -> Response {
    let mut response = status.into_response();
    response.headers_mut().insert(TUS, TUS_VALUE);
    for (name, value) in fields {
        response.headers_mut().insert(*name, text(value));
    }
    response
}

fn text(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).expect("numbers and words are visible text")
}

fn refused(code: Code) -> ApiError {
    ApiError::unit(code).header(TUS, TUS_VALUE)
}

fn at(code: Code, offset: u64) -> ApiError {
    refused(code).header(HeaderName::from_static(UPLOAD_OFFSET), text(&offset.to_string()))
}

/// One table from what went wrong to what is answered.
fn why(error: UploadError) -> ApiError {
    metrics::counter!("apis_upload_refusals_total", "cause" => error.cause()).increment(1);
    match error {
        UploadError::NotFound => refused(Code::NotFound),
        UploadError::Gone => refused(Code::UploadGone),
        UploadError::OffsetConflict { offset } => at(Code::OffsetConflict, offset),
        UploadError::TooLong => refused(Code::UploadMalformed).detail(error.to_string()),
        UploadError::OtherLength => refused(Code::UploadMalformed).detail(error.to_string()),
        UploadError::DigestMismatch => refused(Code::DigestMismatch),
        UploadError::ObjectMismatch => at(Code::ObjectMismatch, 0),
        // Whoever sent it is gone, or has sent a newer request that knows better.
        UploadError::Cut | UploadError::Superseded => {
            refused(Code::Overloaded).detail(error.to_string()).retry_after(Duration::from_secs(1))
        }
        UploadError::Released => refused(Code::UnitReleased),
        UploadError::NoRoom(what) => refused(Code::QuotaExceeded).detail(what).retry_after(RETRY),
        UploadError::TooMany => {
            refused(Code::RateLimited).detail(error.to_string()).retry_after(RETRY)
        }
        UploadError::Db(source) => ApiError::from(source).header(TUS, TUS_VALUE),
        UploadError::Disk(_) | UploadError::Object(_) => {
            ApiError::internal(error).header(TUS, TUS_VALUE)
        }
    }
}
