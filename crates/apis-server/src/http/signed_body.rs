//! Bodies of signed requests: bounded before they are read, and held against their digest.
//!
//! Every extractor here comes after a [`UnitCaller`](super::UnitCaller), which leaves in the
//! request what its signature vouched for.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};

use apis_protocol::Sha256Digest;
use apis_protocol::http::SignedContent;
use apis_protocol::message::{CONTENT_TYPE, Message};
use apis_protocol::problem::Code;

use super::body::{BROKEN_OFF, Unread, read_whole};
use super::error::ApiError;
use super::unit_caller::Signed;
use crate::app::App;

/// A message of a unit.
#[derive(Debug, Clone)]
pub struct SignedMessage<M>(pub M);

impl<M: Message> FromRequest<App> for SignedMessage<M> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<SignedMessage<M>, ApiError> {
        has_type(request.headers(), CONTENT_TYPE)?;
        let body = SignedBody::from_request(request, app).await?;
        let content = body.content.ok_or_else(|| ApiError::unit(Code::Malformed))?;
        read_message(content, body.body).await.map(SignedMessage)
    }
}

/// The bytes of a signed request, not yet read.
#[derive(Debug)]
pub struct SignedBody {
    /// How long they are and what they hash to; `None` for a request without content.
    pub content: Option<SignedContent>,
    /// The bytes as they come.
    pub body: Body,
}

impl FromRequest<App> for SignedBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &App) -> Result<SignedBody, ApiError> {
        let signed = request.extensions().get::<Signed>();
        let content = signed.expect("a unit caller comes before its body").0.content;
        Ok(SignedBody { content, body: request.into_body() })
    }
}

/// Reads a message whose content was signed.
async fn read_message<M: Message>(content: SignedContent, body: Body) -> Result<M, ApiError> {
    let bytes_max = M::BYTES_MAX as u64;
    if bytes_max < content.content_bytes {
        return Err(too_large(M::BYTES_MAX));
    }
    let bytes = read_whole(body, M::BYTES_MAX).await.map_err(|why| unread(why, M::BYTES_MAX))?;
    check_content(content, &bytes)?;
    parse(&bytes)
}

/// Reads the body of a request whose key is inside it, so that its signature comes after.
///
/// Errors: `body_too_large`, `digest_mismatch` when it breaks off, `media_type_unsupported`.
pub async fn unproven_bytes(request: Request, bytes_max: usize) -> Result<Vec<u8>, ApiError> {
    has_type(request.headers(), CONTENT_TYPE)?;
    let bytes = read_whole(request.into_body(), bytes_max).await;
    bytes.map(Vec::from).map_err(|why| unread(why, bytes_max))
}

/// Whether these are the bytes that were signed.
///
/// Errors: `digest_mismatch`.
pub fn check_content(content: SignedContent, bytes: &[u8]) -> Result<(), ApiError> {
    let is_same =
        content.content_bytes == bytes.len() as u64 && content.sha256 == Sha256Digest::of(bytes);
    if is_same { Ok(()) } else { Err(ApiError::unit(Code::DigestMismatch)) }
}

/// Reads a message from its bytes.
///
/// Errors: `malformed`, `unknown_variant`, `invalid_text`, `body_too_large`.
pub fn parse<M: Message>(bytes: &[u8]) -> Result<M, ApiError> {
    M::read(bytes).map_err(|error| ApiError::unit(error.code()).detail(error.to_string()))
}

/// Errors: `media_type_unsupported` for another type than `expected`, in any spelling of its
/// parameters.
pub fn has_type(headers: &HeaderMap, expected: &'static str) -> Result<(), ApiError> {
    let essence = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next());
    match essence {
        Some(essence) if essence.trim().eq_ignore_ascii_case(expected) => Ok(()),
        Some(_) | None => Err(ApiError::unit(Code::MediaTypeUnsupported).detail(expected)),
    }
}

/// Half a body is not the one that was signed.
fn unread(why: Unread, bytes_max: usize) -> ApiError {
    match why {
        Unread::TooLarge => too_large(bytes_max),
        Unread::BrokenOff => ApiError::unit(Code::DigestMismatch).detail(BROKEN_OFF),
    }
}

fn too_large(bytes_max: usize) -> ApiError {
    ApiError::unit(Code::BodyTooLarge).detail(format!("{bytes_max} bytes at most"))
}
