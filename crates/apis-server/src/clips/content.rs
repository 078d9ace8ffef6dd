//! `GET /api/v1/clips/{id}/content`: the bytes of a clip or a sidecar, or a range of them.

use std::io::{self, SeekFrom};
use std::path::PathBuf;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::stream;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use apis_protocol::UploadId;
use apis_protocol::upload::UploadKind;
use apis_server_api::problem::Code;

use super::range::{Asked, asked};
use super::store;
use crate::app::App;
use crate::http::{ApiError, AsMember, PathId};
use crate::members::permission::Look;

/// Bytes read at a time.
const STEP_BYTES: u64 = 64 * 1024;

/// The bytes of a clip or a sidecar that is stored.
#[utoipa::path(
    get,
    path = "/api/v1/clips/{id}/content",
    operation_id = "clip_content",
    tag = "clips",
    params(("id" = String, Path, description = "the clip")),
    responses(
        (status = 200, description = "the bytes"),
        (status = 206, description = "the range that was asked for"),
        (status = 304, description = "the caller has these bytes"),
        (status = 410, description = "its bytes are gone from the server (`clip_lost`)"),
    ),
)]
pub async fn content(
    app: App,
    caller: AsMember<Look>,
    PathId(id): PathId<UploadId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let mut tx = app.db.tenant_read(caller.tenant).await?;
    let clip = store::find(&mut tx, caller.tenant, id).await?;
    tx.commit().await?;
    let clip = clip.filter(|clip| clip.state == "stored");
    let clip = clip.ok_or_else(|| ApiError::new(Code::NotFound))?;
    if clip.lost_at.is_some() {
        return Err(ApiError::new(Code::ClipLost));
    }

    let media_type = match clip.kind {
        UploadKind::Clip => "video/x-msvideo",
        UploadKind::Sidecar => "application/json",
    };
    let object = Object {
        path: app.media.object(caller.tenant, &clip.sha256.to_string()),
        // The name of the bytes is their hash: they never change.
        etag: format!("\"{}\"", clip.sha256),
        media_type,
    };
    answer(object, &headers).await
}

/// A file that is given whole or in part.
pub(super) struct Object {
    /// Where it lies.
    pub path: PathBuf,
    /// Its name for caches, in quotes: other bytes have another.
    pub etag: String,
    /// Its media type.
    pub media_type: &'static str,
}

/// The file, or the range of it that is asked for, or that the caller has it.
///
/// Errors: `clip_lost` when it is gone, `range_unsatisfiable`.
pub(super) async fn answer(object: Object, headers: &HeaderMap) -> Result<Response, ApiError> {
    let Object { path, etag, media_type } = object;
    let field = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if field(header::IF_NONE_MATCH).is_some_and(|known| is_named(known, &etag)) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    let is_current = field(header::IF_RANGE).is_none_or(|known| known == etag);
    let range = field(header::RANGE).filter(|_| is_current);

    let file = match File::open(&path).await {
        // The next check of the folder marks it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            tracing::error!(path = %path.display(), "the bytes of a stored clip are gone");
            return Err(ApiError::new(Code::ClipLost));
        }
        opened => opened.map_err(ApiError::internal)?,
    };
    let length = file.metadata().await.map_err(ApiError::internal)?.len();
    let mut response = match asked(range, length) {
        Asked::Whole => stream_of(file, 0, length).await?,
        Asked::Part { start, end } => {
            let mut response = stream_of(file, start, end).await?;
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let place = format!("bytes {start}-{}/{length}", end - 1);
            response.headers_mut().insert(header::CONTENT_RANGE, text(&place));
            response
        }
        Asked::Unsatisfiable => {
            let place = text(&format!("bytes */{length}"));
            let refusal = ApiError::new(Code::RangeUnsatisfiable);
            return Err(refusal.header(header::CONTENT_RANGE, place));
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::ETAG, text(&etag));
    // Kept by the browser and asked for again each time: whoever signed out sees nothing of it, and
    // what was made anew is seen at once.
    let cached = HeaderValue::from_static("private, no-cache");
    headers.insert(header::CACHE_CONTROL, cached);
    Ok(response)
}

fn is_named(known: &str, etag: &str) -> bool {
    known == "*" || known.split(',').any(|one| one.trim().trim_start_matches("W/") == etag)
}

/// Streams bytes `start..end` of a file.
async fn stream_of(mut file: File, start: u64, end: u64) -> Result<Response, ApiError> {
    file.seek(SeekFrom::Start(start)).await.map_err(ApiError::internal)?;
    let steps = stream::try_unfold((file, end - start), async |(mut file, left)| {
        if left == 0 {
            return Ok::<_, io::Error>(None);
        }
        let step = usize::try_from(left.min(STEP_BYTES)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; step];
        file.read_exact(&mut bytes).await?;
        Ok(Some((Bytes::from(bytes), (file, left - step as u64))))
    });
    let mut response = Body::from_stream(steps).into_response();
    response.headers_mut().insert(header::CONTENT_LENGTH, text(&(end - start).to_string()));
    Ok(response)
}

fn text(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).expect("numbers and hashes are visible text")
}
