//! `GET /api/v1/units/{id}/live.jpg`: one picture of now.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

use apis_protocol::UnitId;
use apis_protocol::live::FrameHeader;
use apis_server_api::problem::Code;

use super::pass::ViewerCaller;
use super::streams::over;
use super::view::enter;
use crate::app::App;
use crate::http::{ApiError, PathId};

/// Longest wait for the unit's next frame.
const WAIT: Duration = Duration::from_secs(5);

/// The next frame that the unit sends.
#[utoipa::path(get, path = "/api/v1/units/{id}/live.jpg", operation_id = "live_snapshot", tag = "live",
    params(
        ("id" = String, Path, description = "the unit"),
        ("token" = Option<String>, Query, description = "a stream token, instead of a session"),
    ),
    responses(
        (status = 200, description = "a JPEG"),
        (status = 504, description = "the unit sends nothing (`unit_silent`)"),
    ))]
pub async fn snapshot(
    app: App,
    caller: ViewerCaller,
    PathId(unit): PathId<UnitId>,
) -> Result<Response, ApiError> {
    let viewing = enter(&app, caller.tenant, unit).await?;
    let mut frames = viewing.stream.frame.subscribe();
    let mut is_over = viewing.stream.is_over.subscribe();
    let next = async {
        tokio::select! {
            () = over(&mut is_over) => None,
            changed = frames.changed() => changed.ok().and_then(|()| frames.borrow().clone()),
        }
    };
    let frame = tokio::time::timeout(WAIT, next).await.ok().flatten();
    let Some(frame) = frame else { return Err(ApiError::new(Code::UnitSilent)) };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok((headers, frame.message.slice(FrameHeader::BYTES..)).into_response())
}
