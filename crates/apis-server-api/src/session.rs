//! Signing in and out.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::members::Role;

/// Signs an account in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SignIn {
    /// The account's e-mail address, in any case.
    pub email: String,
    /// Its password.
    pub password: String,
    /// The tenant to work in; may be left out by a member of one tenant alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    pub tenant_id: Option<String>,
}

/// Who is signed in, and what may be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// The account.
    #[schema(format = "uuid")]
    pub account_id: String,
    /// The account's name.
    pub account_name: String,
    /// The address by which it signs in.
    pub account_email: String,
    /// The tenant that the session works in.
    #[schema(format = "uuid")]
    pub tenant_id: String,
    /// The tenant's name.
    pub tenant_name: String,
    /// The member's role in it.
    pub role: Role,
    /// What the role allows, by name.
    pub permissions: Vec<String>,
    /// When the session ends by itself, unless it is used before.
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// Milliseconds from now after which the browser had better refresh the session.
    pub refresh_in_ms: u64,
}

/// A session of one's own, as the list of them tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionRecord {
    /// The session.
    #[schema(format = "uuid")]
    pub id: String,
    /// What the browser says it is (`User-Agent`), cut to 200 characters.
    pub agent: String,
    /// When it began.
    #[schema(format = DateTime)]
    pub begun_at: String,
    /// When it was last refreshed.
    #[schema(format = DateTime)]
    pub used_at: String,
    /// When it ends by itself, unless it is used before.
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// Whether it is the one that asks.
    pub is_own: bool,
    /// When an old token of it was used again, which ended it: somebody may have copied it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub reused_at: Option<String>,
}

/// One's own sessions, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionList {
    /// The sessions.
    pub items: Vec<SessionRecord>,
}

/// Whether the server still waits for its first account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SetUpState {
    /// There is no account: the set-up link makes one.
    pub is_needed: bool,
}

/// Makes a server's first tenant and its owner.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SetUp {
    /// What follows `#` in the set-up link.
    pub token: String,
    /// The name of the tenant: of the household or the association.
    pub tenant_name: String,
    /// The owner's name.
    pub name: String,
    /// The owner's e-mail address.
    pub email: String,
    /// The owner's password.
    pub password: String,
}
