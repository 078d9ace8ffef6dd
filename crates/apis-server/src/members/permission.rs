//! What each role may do: one table, and a type per permission for handlers to name.

use apis_server_api::members::Role;

/// Something a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// See sites, hives, units, visits and clips.
    Look,
    /// Make and change sites and hives.
    EditHives,
    /// Say what a visit was.
    LabelVisits,
    /// Delete visits, and bring them back.
    DeleteVisits,
    /// Arm, disarm and locate units.
    CommandUnits,
    /// Claim and release units.
    EditUnits,
    /// See who the members are.
    SeeMembers,
    /// Remove members.
    EditMembers,
    /// Read the audit.
    ReadAudit,
}

impl Permission {
    /// Every permission, in the order of the docs.
    pub const ALL: [Permission; 9] = [
        Permission::Look,
        Permission::EditHives,
        Permission::LabelVisits,
        Permission::DeleteVisits,
        Permission::CommandUnits,
        Permission::EditUnits,
        Permission::SeeMembers,
        Permission::EditMembers,
        Permission::ReadAudit,
    ];

    /// Its word in the session, in the OpenAPI document and in the docs.
    pub const fn word(self) -> &'static str {
        match self {
            Permission::Look => "look",
            Permission::EditHives => "edit_hives",
            Permission::LabelVisits => "label_visits",
            Permission::DeleteVisits => "delete_visits",
            Permission::CommandUnits => "command_units",
            Permission::EditUnits => "edit_units",
            Permission::SeeMembers => "see_members",
            Permission::EditMembers => "edit_members",
            Permission::ReadAudit => "read_audit",
        }
    }

    /// What it allows, for the docs.
    pub const fn meaning(self) -> &'static str {
        match self {
            Permission::Look => "see sites, hives, units, visits and clips",
            Permission::EditHives => "make and change sites and hives",
            Permission::LabelVisits => "say what a visit was",
            Permission::DeleteVisits => "delete visits, and bring them back",
            Permission::CommandUnits => "arm, disarm and locate units",
            Permission::EditUnits => "claim, name and release units",
            Permission::SeeMembers => "see who the members are",
            Permission::EditMembers => "remove members",
            Permission::ReadAudit => "read the audit",
        }
    }

    /// Whether the role allows it: the table.
    pub const fn is_held_by(self, role: Role) -> bool {
        match self {
            Permission::Look | Permission::SeeMembers => true,
            Permission::EditHives
            | Permission::LabelVisits
            | Permission::DeleteVisits
            | Permission::CommandUnits => match role {
                Role::Owner | Role::Admin | Role::Member => true,
                Role::Read => false,
            },
            Permission::EditUnits | Permission::EditMembers | Permission::ReadAudit => match role {
                Role::Owner | Role::Admin => true,
                Role::Member | Role::Read => false,
            },
        }
    }
}

/// A permission as a type, for [`AsMember`](crate::http::AsMember).
pub trait Right: Send {
    /// The permission.
    const PERMISSION: Permission;
}

macro_rules! right {
    ($($name:ident)*) => {
        $(
            #[doc = concat!("The right of [`Permission::", stringify!($name), "`].")]
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl Right for $name {
                const PERMISSION: Permission = Permission::$name;
            }
        )*
    };
}

right!(Look EditHives LabelVisits DeleteVisits CommandUnits EditUnits SeeMembers EditMembers ReadAudit);

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::testing::assert_checked_in;

    #[test]
    fn the_table_of_permissions_is_checked_in() {
        let mut made = String::from(
            "# Permissions\n\nMade from `crates/apis-server/src/members/permission.rs`; \
             a test compares.\nA member has one role in a tenant. \
             The OpenAPI document names each operation's permission as `x-apis-permission`.\n\n\
             | permission | allows to |",
        );
        for role in Role::ALL {
            write!(made, " {} |", role.word()).unwrap();
        }
        made.push_str("\n| --- | --- | --- | --- | --- | --- |\n");
        for permission in Permission::ALL {
            write!(made, "| `{}` | {} |", permission.word(), permission.meaning()).unwrap();
            for role in Role::ALL {
                let mark = if permission.is_held_by(role) { "yes" } else { "no" };
                write!(made, " {mark} |").unwrap();
            }
            made.push('\n');
        }
        assert_checked_in("docs/ref/permissions.md", &made);
    }
}
