//! Members of a tenant and their roles.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a member is to a tenant.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May do everything, and cannot be removed while the last one.
    Owner,
    /// May do everything but remove an owner.
    Admin,
    /// Works with hives, units and visits.
    Member,
    /// Looks.
    Read,
}

impl Role {
    /// Every role, the mightiest first.
    pub const ALL: [Role; 4] = [Role::Owner, Role::Admin, Role::Member, Role::Read];

    /// Its word in tables, JSON and on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Role::Owner => "owner",
            Role::Admin => "admin",
            Role::Member => "member",
            Role::Read => "read",
        }
    }

    /// The role of a word.
    pub fn of_word(word: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.word() == word)
    }
}

/// One member of the tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Member {
    /// The member's account.
    #[schema(format = "uuid")]
    pub account_id: String,
    /// The account's name.
    pub name: String,
    /// The account's e-mail address.
    pub email: String,
    /// The member's role.
    pub role: Role,
    /// When the member was added.
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// The tenant's members, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MemberList {
    /// All of them.
    pub items: Vec<Member>,
}
