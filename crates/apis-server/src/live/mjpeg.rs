//! `GET /api/v1/units/{id}/live.mjpeg`: pictures one after the other, for programs that show a
//! stream of JPEGs.
//!
//! A reader cannot acknowledge. The next picture is written when the connection's send queue is
//! empty, and is then the newest: a slow reader skips, and lags by one picture and its own buffer.

use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use bytes::{BufMut as _, Bytes, BytesMut};
use futures_util::stream;
use tokio::sync::watch;
use tokio::time::{Instant, Interval, sleep};

use apis_protocol::UnitId;
use apis_protocol::live::FrameHeader;

use super::pass::{Pass, ViewerCaller};
use super::streams::{Frame, Viewing, over};
use super::view::{GONE, enter};
use crate::app::App;
use crate::http::connection::Connection;
use crate::http::{ApiError, PathId};

/// Stands between two pictures.
const BOUNDARY: &str = "--picture\r\n";

/// The media type of the whole.
const MEDIA_TYPE: &str = "multipart/x-mixed-replace; boundary=picture";

/// What the kernel may queue for a reader: a picture at VGA.
const QUEUE_BYTES: usize = 32 * 1024;

/// How often it is looked whether the queue is empty: a twentieth of the time between pictures.
const QUEUE_LOOK: Duration = Duration::from_millis(5);

/// Pictures, the newest as soon as the reader has taken the one before, until it leaves.
#[utoipa::path(get, path = "/api/v1/units/{id}/live.mjpeg", operation_id = "live_mjpeg", tag = "live",
    params(
        ("id" = String, Path, description = "the unit"),
        ("token" = Option<String>, Query, description = "a stream token, instead of a session"),
    ),
    responses((status = 200, description = "JPEGs as `multipart/x-mixed-replace`")))]
pub async fn mjpeg(
    app: App,
    caller: ViewerCaller,
    PathId(unit): PathId<UnitId>,
    connection: Option<Extension<Connection>>,
) -> Result<Response, ApiError> {
    let viewing = enter(&app, caller.tenant, unit).await?;
    let connection = connection.map(|Extension(connection)| connection);
    if let Some(connection) = &connection {
        connection.bound_queue(QUEUE_BYTES);
    }
    let reader = Reader::new(app, caller.into_pass(), viewing, connection);
    let parts = stream::unfold(reader, async |mut reader| {
        let part = reader.next().await?;
        Some((Ok::<_, std::convert::Infallible>(part), reader))
    });
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok((headers, Body::from_stream(parts)).into_response())
}

/// One who reads the pictures.
struct Reader {
    app: App,
    pass: Pass,
    viewing: Viewing,
    frames: watch::Receiver<Option<Frame>>,
    is_over: watch::Receiver<bool>,
    look: Interval,
    connection: Option<Connection>,
    /// What the connection has written when all it was given is.
    written: u64,
    is_begun: bool,
}

impl Reader {
    fn new(app: App, pass: Pass, viewing: Viewing, connection: Option<Connection>) -> Reader {
        let mut frames = viewing.stream.frame.subscribe();
        frames.mark_changed();
        let is_over = viewing.stream.is_over.subscribe();
        let look = super::view::looks();
        Reader {
            app,
            pass,
            viewing,
            frames,
            is_over,
            look,
            connection,
            written: 0,
            is_begun: false,
        }
    }

    /// What is written next; `None` when the reader may look no more.
    async fn next(&mut self) -> Option<Bytes> {
        let Reader { app, pass, frames, is_over, look, connection, written, .. } = self;
        let revoked = async {
            loop {
                look.tick().await;
                if !pass.is_valid(app).await {
                    return;
                }
            }
        };
        let frame = tokio::select! {
            biased;
            () = over(is_over) => None,
            () = revoked => None,
            frame = newest(frames, connection.as_ref(), *written) => frame,
        }?;
        let part = part(&frame, !self.is_begun);
        self.is_begun = true;
        if let Some(connection) = &self.connection {
            // The answer's own frame around the part adds to it: this is the least.
            self.written = connection.written() + part.len() as u64;
        }
        debug_assert!(0 < *self.viewing.stream.viewers.borrow());
        Some(part)
    }
}

/// The newest picture, once everything before is on the other side.
async fn newest(
    frames: &mut watch::Receiver<Option<Frame>>,
    connection: Option<&Connection>,
    written: u64,
) -> Option<Frame> {
    if let Some(connection) = connection {
        let began = Instant::now();
        while connection.written() < written || 0 < connection.unacknowledged() {
            if GONE <= began.elapsed() {
                return None;
            }
            sleep(QUEUE_LOOK).await;
        }
    }
    loop {
        frames.changed().await.ok()?;
        if let Some(frame) = frames.borrow_and_update().clone() {
            return Some(frame);
        }
    }
}

/// A picture with its fields. The boundary comes behind it at once: a browser shows a picture when
/// it knows that it is whole.
fn part(frame: &Frame, is_first: bool) -> Bytes {
    let jpeg = frame.message.slice(FrameHeader::BYTES..);
    let fields = format!("Content-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", jpeg.len());
    let mut part = BytesMut::with_capacity(2 * BOUNDARY.len() + fields.len() + jpeg.len() + 2);
    if is_first {
        part.put_slice(BOUNDARY.as_bytes());
    }
    part.put_slice(fields.as_bytes());
    part.put_slice(&jpeg);
    part.put_slice(b"\r\n");
    part.put_slice(BOUNDARY.as_bytes());
    part.freeze()
}
