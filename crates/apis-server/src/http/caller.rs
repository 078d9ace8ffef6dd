//! Who calls: extractors that have already authenticated and authorised.
//!
//! An operation names its caller in its arguments and can then not be reached by anybody else.

use std::marker::PhantomData;
use std::ops::Deref;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use apis_server_api::members::Role;
use apis_server_api::problem::Code;

use crate::app::App;
use crate::http::ApiError;
use crate::ids::{AccountId, SessionId, TenantId};
use crate::members::permission::{Permission, Right};
use crate::session;

/// What kind of caller an operation takes; stands in the OpenAPI document as `x-apis-caller`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallerKind {
    /// Anybody.
    Public,
    /// A member of the tenant that the session works in.
    Member,
    /// An enrolled unit, by its signature.
    Unit,
    /// A unit that brings a claim, by the signature of the key it brings.
    NewUnit,
}

impl CallerKind {
    /// Its word in the OpenAPI document.
    pub const fn word(self) -> &'static str {
        match self {
            CallerKind::Public => "public",
            CallerKind::Member => "member",
            CallerKind::Unit => "unit",
            CallerKind::NewUnit => "new_unit",
        }
    }
}

/// An extractor that knows who calls.
pub trait Caller: FromRequestParts<App> {
    /// The kind of caller.
    const KIND: CallerKind;

    /// What the caller's role must allow; `None` when the kind alone decides.
    const PERMISSION: Option<Permission>;
}

/// Anybody: nothing need be known of the caller.
#[derive(Debug, Clone, Copy)]
pub struct Public;

impl FromRequestParts<App> for Public {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(_: &mut Parts, _: &App) -> Result<Public, Self::Rejection> {
        Ok(Public)
    }
}

impl Caller for Public {
    const KIND: CallerKind = CallerKind::Public;
    const PERMISSION: Option<Permission> = None;
}

/// A member of a tenant, whatever the role. The session and the membership were looked up for this
/// very request: a removed member is cut off at once.
#[derive(Debug, Clone)]
pub struct MemberCaller {
    /// The session.
    pub session: SessionId,
    /// The account that is signed in.
    pub account: AccountId,
    /// The tenant that the session works in.
    pub tenant: TenantId,
    /// The member's role in it.
    pub role: Role,
}

impl FromRequestParts<App> for MemberCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<MemberCaller, ApiError> {
        session::authenticate(app, &parts.headers).await
    }
}

impl Caller for MemberCaller {
    const KIND: CallerKind = CallerKind::Member;
    const PERMISSION: Option<Permission> = None;
}

/// A member whose role holds the right `R`; anybody else is answered `403 forbidden`.
#[derive(Debug, Clone)]
pub struct AsMember<R> {
    member: MemberCaller,
    right: PhantomData<R>,
}

impl<R> Deref for AsMember<R> {
    type Target = MemberCaller;

    fn deref(&self) -> &MemberCaller {
        &self.member
    }
}

impl<R: Right> FromRequestParts<App> for AsMember<R> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<AsMember<R>, ApiError> {
        let member = MemberCaller::from_request_parts(parts, app).await?;
        if !R::PERMISSION.is_held_by(member.role) {
            return Err(ApiError::new(Code::Forbidden));
        }
        Ok(AsMember { member, right: PhantomData })
    }
}

impl<R: Right> Caller for AsMember<R> {
    const KIND: CallerKind = CallerKind::Member;
    const PERMISSION: Option<Permission> = Some(R::PERMISSION);
}
