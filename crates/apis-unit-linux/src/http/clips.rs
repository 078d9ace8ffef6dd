//! `/clips`: the clips that the spool keeps, and one of them whole.

use std::path::Path;

use apis_protocol::VisitId;
use apis_unit::keeper::SpoolFile;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path as PathPart, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value, json};
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use super::{Local, refusal};

/// Bytes of a clip read at once.
const READ_BYTES: usize = 64 * 1024;

/// Whole clips, oldest visit first.
pub async fn list(State(local): State<Local>) -> Json<Value> {
    let spool = local.spool.clone();
    let clips = tokio::task::spawn_blocking(move || clips_in(&spool)).await.unwrap_or_default();
    Json(json!({ "clips": clips }))
}

fn clips_in(spool: &Path) -> Vec<Value> {
    let entries = std::fs::read_dir(spool).into_iter().flatten().flatten();
    let mut clips: Vec<(VisitId, u64)> = entries
        .filter_map(|entry| {
            let name = entry.file_name();
            let SpoolFile::Clip(visit) = name.to_str()?.parse().ok()? else { return None };
            Some((visit, entry.metadata().ok()?.len()))
        })
        .collect();
    clips.sort_unstable();
    let told =
        |(visit, bytes): (VisitId, u64)| json!({ "visit_id": visit.to_string(), "bytes": bytes });
    clips.into_iter().map(told).collect()
}

/// One clip, as it stands in the spool.
pub async fn download(State(local): State<Local>, PathPart(visit): PathPart<String>) -> Response {
    let Ok(visit) = visit.parse::<VisitId>() else {
        return refusal(StatusCode::NOT_FOUND, "no_such_clip", "that is no visit's id");
    };
    let path = local.spool.join(SpoolFile::Clip(visit).to_string());
    let Ok(file) = File::open(path).await else {
        return refusal(StatusCode::NOT_FOUND, "no_such_clip", "the unit keeps no such clip");
    };
    let pieces = stream::unfold(file, |mut file| async move {
        let mut piece = vec![0; READ_BYTES];
        let read = match file.read(&mut piece).await {
            Ok(0) => return None,
            Ok(count) => {
                piece.truncate(count);
                Ok(Bytes::from(piece))
            }
            Err(e) => Err(e),
        };
        Some((read, file))
    });
    ([(header::CONTENT_TYPE, "video/x-msvideo")], Body::from_stream(pieces)).into_response()
}
