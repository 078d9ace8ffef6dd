//! Units as callers: known by the signature of their request, each request accepted once.
//!
//! The order of the checks is the order of their cost: fields, key, signature, nonce; the body is
//! read last and held against the digest that was signed.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, header};

use apis_protocol::http::nonce::accept_signature;
use apis_protocol::http::{Policy, Presented, Refusal, RequestView, Verified};
use apis_protocol::problem::Code;
use apis_protocol::{PublicKey, UnitId};

use super::caller::{Caller, CallerKind};
use super::error::ApiError;
use crate::app::App;
use crate::clock::UnixMs;
use crate::db::IntoValue as _;
use crate::door::KnownKey;
use crate::ids::TenantId;
use crate::members::permission::Permission;
use crate::random;

const ACCEPT_SIGNATURE: HeaderName = HeaderName::from_static("accept-signature");

/// An enrolled unit that its tenant has not released. Its key was looked up for this very request.
#[derive(Debug, Clone)]
pub struct UnitCaller {
    /// Whose unit it is.
    pub tenant: TenantId,
    /// Which unit.
    pub unit: UnitId,
    /// What the key directory says of it.
    pub key: KnownKey,
}

impl FromRequestParts<App> for UnitCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<UnitCaller, ApiError> {
        let presented = present(parts, app)?;
        let key = app.units.directory.find(presented.key_id()).await?;
        let Some(key) = key else { return Err(refuse_key(Code::KeyUnknown)) };
        let verified = presented.verify(key.public_key).map_err(|why| refuse(app, &why))?;
        if key.is_released {
            return Err(refuse_key(Code::UnitReleased));
        }
        use_nonce(app, &verified).await?;
        parts.extensions.insert(Signed(verified));
        Ok(UnitCaller { tenant: key.tenant, unit: key.unit, key })
    }
}

impl Caller for UnitCaller {
    const KIND: CallerKind = CallerKind::Unit;
    const PERMISSION: Option<Permission> = None;
}

/// A unit that brings its own key: nothing is believed until [`NewUnitCaller::prove`].
#[derive(Debug)]
pub struct NewUnitCaller(Presented);

impl FromRequestParts<App> for NewUnitCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<NewUnitCaller, ApiError> {
        present(parts, app).map(NewUnitCaller)
    }
}

impl Caller for NewUnitCaller {
    const KIND: CallerKind = CallerKind::NewUnit;
    const PERMISSION: Option<Permission> = None;
}

impl NewUnitCaller {
    /// Checks that the request is signed by the key that its body brings, and uses up its nonce.
    ///
    /// Errors: `proof_missing` for another key; the refusals of any signature.
    pub async fn prove(self, app: &App, key: PublicKey) -> Result<Verified, ApiError> {
        let verified = match self.0.verify(key) {
            Err(Refusal::OtherKey) => return Err(refuse_key(Code::ProofMissing)),
            other => other.map_err(|why| refuse(app, &why))?,
        };
        use_nonce(app, &verified).await?;
        Ok(verified)
    }
}

/// What a signature vouched for, left in the request for whoever reads its body.
#[derive(Debug, Clone)]
pub(super) struct Signed(pub(super) Verified);

/// Reads the signature and judges what needs no key.
fn present(parts: &Parts, app: &App) -> Result<Presented, ApiError> {
    let fields: Vec<(&str, &[u8])> =
        parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = parts.uri.authority().map(axum::http::uri::Authority::as_str).or(host);
    let view = RequestView {
        method: parts.method.as_str(),
        authority: authority.unwrap_or_default(),
        path: parts.uri.path(),
        query: parts.uri.query(),
        fields: &fields,
    };
    let policy = Policy { authorities: &app.units.authorities, nonce_key: &app.units.nonce_key };
    Presented::read(&view, &policy, app.clock.now().0).map_err(|why| refuse(app, &why))
}

/// Makes the nonce's use durable; a second use is refused.
async fn use_nonce(app: &App, verified: &Verified) -> Result<(), ApiError> {
    let id = format!("{}.{}", verified.key_id, verified.nonce);
    let kept_until = UnixMs(verified.nonce_kept_until_ms).into_value();
    if app.units.nonces.insert(id, vec![kept_until]).await? {
        return Ok(());
    }
    Err(refuse_key(Code::NonceReplayed))
}

/// The answer to a refused signature: where it helps, with the time and a nonce of the server, so
/// that a unit without a clock can try again at once.
fn refuse(app: &App, why: &Refusal) -> ApiError {
    count(why.as_str());
    let now = app.clock.now();
    let error = ApiError::unit(why.code()).detail(why.to_string());
    let error = error.header(header::DATE, http_date(now));
    if !why.offers_nonce() {
        return error;
    }
    let nonce = app.units.nonce_key.issue(now.0, &random::bytes());
    let offer = HeaderValue::from_str(&accept_signature(&nonce)).expect("a nonce is visible text");
    error.header(ACCEPT_SIGNATURE, offer)
}

fn refuse_key(code: Code) -> ApiError {
    count(code.as_str());
    ApiError::unit(code)
}

fn count(cause: &'static str) {
    metrics::counter!("apis_unit_refusals_total", "cause" => cause).increment(1);
}

/// An instant as HTTP writes it (RFC 9110 §5.6.7).
pub fn http_date(at: UnixMs) -> HeaderValue {
    let timestamp = jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::MAX);
    let text = timestamp.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    HeaderValue::from_str(&text).expect("a date is visible text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_written_as_http_does() {
        // The example of RFC 9110 §5.6.7.
        assert_eq!(http_date(UnixMs(784_111_777_000)), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
