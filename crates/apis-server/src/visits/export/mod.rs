//! `GET /api/v1/visits/export.csv` and `….json`: visits with their evidence, and the time watched.
//!
//! Both are written page by page as they are read, so that an export of years needs no more memory
//! than a day's.

mod sheet;
mod source;

#[cfg(test)]
mod tests;

use std::time::Duration;

use axum::body::Body;
use axum::extract::Query;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::stream;

use apis_server_api::problem::Code;
use apis_server_api::visits::{Export, ExportQuery};

use self::source::{Page, Source};
use crate::app::App;
use crate::http::{ApiError, AsMember};
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
    asked: Result<Query<ExportQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, ApiError> {
    let source = begin(&app, &caller, asked).await?;
    let names = source.names().await?;
    let first = Ok(Bytes::from(sheet::head()));
    let rest = pages(source, move |page| sheet::rows(&page, &names));
    let body = Body::from_stream(stream::StreamExt::chain(stream::iter([first]), rest));
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
    asked: Result<Query<ExportQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, ApiError> {
    let source = begin(&app, &caller, asked).await?;
    let mut whole = Json::default();
    let body = Body::from_stream(pages(source, move |page| whole.piece(&page)));
    Ok(file(body, "application/json", "apis-visits.json"))
}

async fn begin(
    app: &App,
    caller: &AsMember<Look>,
    asked: Result<Query<ExportQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Source, ApiError> {
    let Query(asked) =
        asked.map_err(|error| ApiError::new(Code::Malformed).detail(error.body_text()))?;
    let source = Source::new(app.clone(), caller.tenant, &asked)?;
    limits::ensure(app, BY_ACCOUNT, &caller.account.to_string()).await?;
    Ok(source)
}

/// The pages of a source, written by `write`; the connection breaks off when one cannot be read.
fn pages(
    source: Source,
    mut write: impl FnMut(Page) -> Vec<u8> + Send + 'static,
) -> impl stream::Stream<Item = Result<Bytes, ApiErrorText>> + Send + 'static {
    stream::StreamExt::map(
        stream::try_unfold(source, async |mut source| {
            let page = source.next().await.map_err(|error| {
                tracing::error!(%error, "an export was broken off");
                ApiErrorText
            })?;
            Ok::<_, ApiErrorText>(page.map(|page| (page, source)))
        }),
        move |page| page.map(|page| Bytes::from(write(page))),
    )
}

/// The export cannot go on; why is in the log.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the export cannot go on")]
struct ApiErrorText;

/// The pieces of one JSON document.
#[derive(Default)]
struct Json {
    /// The list that was begun: 1 the visits, 2 the watching.
    list: u8,
}

impl Json {
    fn piece(&mut self, page: &Page) -> Vec<u8> {
        let mut out = Vec::new();
        match page {
            Page::Visits(visits) => {
                for visit in visits {
                    out.extend(self.before(1));
                    serde_json::to_writer(&mut out, visit).expect("a visit is JSON");
                }
            }
            Page::Watched(watched) => {
                for span in watched {
                    out.extend(self.before(2));
                    serde_json::to_writer(&mut out, span).expect("a span is JSON");
                }
            }
            Page::End => {
                // Empty lists are lists.
                for list in self.list + 1..=2 {
                    out.extend(self.before(list));
                }
                out.extend(b"]}\n");
            }
        }
        out
    }

    /// What stands before an item of a list.
    fn before(&mut self, list: u8) -> Vec<u8> {
        if self.list == list {
            return b",\n".to_vec();
        }
        let mut out = Vec::new();
        for begun in self.list + 1..=list {
            out.extend(if begun == 1 { &b"{\"visits\":["[..] } else { &b"],\"watched\":["[..] });
        }
        self.list = list;
        out
    }
}

fn file(body: Body, media_type: &'static str, name: &str) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let disposition = HeaderValue::from_str(&disposition).expect("a file's name is plain");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, body).into_response()
}
