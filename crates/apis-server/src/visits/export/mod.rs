//! `GET /api/v1/visits/export.csv` and `….json`: visits with their evidence, and the time watched.
//!
//! Both are written page by page as they are read, so that an export of years needs no more memory
//! than a day's.

mod document;
mod sheet;
mod source;

#[cfg(test)]
mod tests;

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};

use apis_server_api::visits::{Export, ExportQuery};

use self::document::Document;
use self::source::{Page, Source};
use crate::app::App;
use crate::http::{ApiError, AsMember, QueryOf};
use crate::limits::{self, Limit};
use crate::members::permission::Look;

/// Exports of one account: each reads much.
const BY_ACCOUNT: Limit = Limit { class: "export", burst: 10, period: Duration::from_secs(30) };

/// Exports visits and watching as one sheet.
#[utoipa::path(
    get,
    path = "/api/v1/visits/export.csv",
    operation_id = "visit_export_csv",
    tag = "visits",
    params(ExportQuery),
    responses((status = 200, description = "comma-separated values (RFC 4180) in UTF-8")),
)]
pub async fn csv(
    app: App,
    caller: AsMember<Look>,
    QueryOf(asked): QueryOf<ExportQuery>,
) -> Result<Response, ApiError> {
    let source = begin(&app, &caller, &asked).await?;
    let names = source.names().await?;
    let first = Ok(Bytes::from(sheet::head()));
    let rest = pages(source, move |page| sheet::rows(&page, &names));
    let body = Body::from_stream(stream::iter([first]).chain(rest));
    Ok(file(body, "text/csv; charset=utf-8; header=present", "apis-visits.csv"))
}

/// Exports visits and watching as JSON.
#[utoipa::path(
    get,
    path = "/api/v1/visits/export.json",
    operation_id = "visit_export_json",
    tag = "visits",
    params(ExportQuery),
    responses((status = 200, body = Export)),
)]
pub async fn json(
    app: App,
    caller: AsMember<Look>,
    QueryOf(asked): QueryOf<ExportQuery>,
) -> Result<Response, ApiError> {
    let source = begin(&app, &caller, &asked).await?;
    let mut whole = Document::default();
    let body = Body::from_stream(pages(source, move |page| whole.piece(&page)));
    Ok(file(body, "application/json", "apis-visits.json"))
}

async fn begin(
    app: &App,
    caller: &AsMember<Look>,
    asked: &ExportQuery,
) -> Result<Source, ApiError> {
    let source = Source::new(app.clone(), caller.tenant, asked)?;
    limits::ensure(app, BY_ACCOUNT, &caller.account.to_string()).await?;
    Ok(source)
}

/// The pages of a source, written by `write`; the connection breaks off when one cannot be read.
fn pages(
    source: Source,
    mut write: impl FnMut(Page) -> Vec<u8> + Send + 'static,
) -> impl Stream<Item = Result<Bytes, BrokenOff>> + Send + 'static {
    let pages = stream::try_unfold(source, async |mut source| {
        let page = source.next().await.map_err(|error| {
            tracing::error!(%error, "an export was broken off");
            BrokenOff
        })?;
        Ok::<_, BrokenOff>(page.map(|page| (page, source)))
    });
    pages.map(move |page| page.map(|page| Bytes::from(write(page))))
}

/// The export cannot go on; why is in the log.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the export cannot go on")]
struct BrokenOff;

fn file(body: Body, media_type: &'static str, name: &str) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let disposition = HeaderValue::from_str(&disposition).expect("a file's name is plain");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, body).into_response()
}
