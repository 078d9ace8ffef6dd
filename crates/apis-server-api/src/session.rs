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
    /// The tenant that the session works in.
    #[schema(format = "uuid")]
    pub tenant_id: String,
    /// The tenant's name.
    pub tenant_name: String,
    /// The member's role in it.
    pub role: Role,
    /// What the role allows, by name.
    pub permissions: Vec<String>,
    /// When the session ends by itself.
    #[schema(format = DateTime)]
    pub expires_at: String,
}
