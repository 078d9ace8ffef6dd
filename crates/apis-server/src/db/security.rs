//! Row-level security on PostgreSQL: generated from the table list, checked at every start.
//!
//! The application's role owns nothing and cannot step around the policies; the tenant is a setting
//! of the transaction. An unset setting reads NULL, a reset one the empty text: neither is a tenant.
//! Policies are forced on the owner too, so the owner has one of its own for migrations.
//! Statements here are PostgreSQL's alone; SQLite holds tenants apart by typed arguments.

use std::fmt::Write as _;

use sqlx::{AssertSqlSafe, PgConnection, PgPool};

use super::error::OpenError;
use super::tables::{Grant, Scope, TABLES, Table};
use super::{Db, Pools};

const TENANT_IS_MINE: &str = "tenant_id = current_setting('apis.tenant', true)";

/// One policy of a tenant's table, per command.
struct Policy {
    name: &'static str,
    command: &'static str,
    has_using: bool,
    has_check: bool,
}

const POLICIES: [Policy; 4] = [
    Policy { name: "tenant_select", command: "SELECT", has_using: true, has_check: false },
    Policy { name: "tenant_insert", command: "INSERT", has_using: false, has_check: true },
    Policy { name: "tenant_update", command: "UPDATE", has_using: true, has_check: true },
    Policy { name: "tenant_delete", command: "DELETE", has_using: true, has_check: false },
];

/// The migrating role's own policy, without which its backfill would silently change no row.
const OWNER_POLICY: &str = "owner_all";

/// Refuses a role that row-level security does not hold: a superuser, one that may bypass it, or
/// one that owns a table or belongs to a role that does.
pub(super) async fn check_role(pool: &PgPool) -> Result<(), OpenError> {
    let (is_super, may_bypass): (bool, bool) =
        sqlx::query_as("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
            .fetch_one(pool)
            .await?;
    let owned: Option<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class
         WHERE relnamespace = current_schema()::regnamespace
           AND relkind IN ('r', 'p') AND pg_has_role(current_user, relowner, 'MEMBER')
         ORDER BY relname LIMIT 1",
    )
    .fetch_optional(pool)
    .await?;
    let reason = match (is_super, may_bypass, owned) {
        (true, _, _) => "it is a superuser".to_owned(),
        (false, true, _) => "it may bypass row-level security".to_owned(),
        (false, false, Some(table)) => format!("it owns table {table}, or belongs to its owner"),
        (false, false, None) => return Ok(()),
    };
    Err(OpenError::UnsafeRole { reason })
}

/// Refuses a database that sorts by a language's rules: SQLite sorts by bytes, and keyset pages
/// must agree.
pub(super) async fn check_collation(owner: &mut PgConnection) -> Result<(), OpenError> {
    let found: String = sqlx::query_scalar(
        "SELECT datcollate::text FROM pg_database WHERE datname = current_database()",
    )
    .fetch_one(owner)
    .await?;
    if found == "C" || found == "POSIX" {
        return Ok(());
    }
    Err(OpenError::Collation { found })
}

/// Makes grants and policies those of the table list, unless they are already.
pub(super) async fn renew(
    owner: &mut PgConnection,
    application_role: &str,
    is_current: bool,
) -> Result<(), OpenError> {
    if is_current && first_difference(owner, application_role).await?.is_none() {
        return Ok(()); // Renewing takes locks that a serving replica would feel.
    }
    let statements: String =
        TABLES.iter().map(|table| table_statements(table, application_role)).collect();
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(owner).await?;
    Ok(())
}

/// Refuses to serve when the catalogue is not what the table list generates.
pub(super) async fn check_policies(db: &Db) -> Result<(), OpenError> {
    let Pools::Postgres { pool } = &db.pools else { return Ok(()) };
    let mut connection = pool.acquire().await?;
    let role: String =
        sqlx::query_scalar("SELECT current_user::text").fetch_one(&mut *connection).await?;
    match first_difference(&mut connection, &role).await? {
        None => Ok(()),
        Some((table, reason)) => Err(OpenError::Policies { table, reason }),
    }
}

fn table_statements(table: &Table, application_role: &str) -> String {
    let (name, role) = (table.name, quoted(application_role));
    let grants = table.grants.iter().map(|grant| grant.keyword()).collect::<Vec<_>>().join(", ");
    let mut sql =
        format!("REVOKE ALL ON {name} FROM {role};\nGRANT {grants} ON {name} TO {role};\n");
    if table.scope == Scope::Global {
        return sql;
    }
    let mut line = |text: String| writeln!(sql, "{text}").expect("a string takes every write");
    line(format!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;"));
    line(format!("ALTER TABLE {name} FORCE ROW LEVEL SECURITY;"));
    for policy in POLICIES {
        let Policy { name: policy_name, command, has_using, has_check } = policy;
        let using = if has_using { format!(" USING ({TENANT_IS_MINE})") } else { String::new() };
        let check =
            if has_check { format!(" WITH CHECK ({TENANT_IS_MINE})") } else { String::new() };
        line(format!("DROP POLICY IF EXISTS {policy_name} ON {name};"));
        line(format!("CREATE POLICY {policy_name} ON {name} FOR {command}{using}{check};"));
    }
    line(format!("DROP POLICY IF EXISTS {OWNER_POLICY} ON {name};"));
    line(format!(
        "CREATE POLICY {OWNER_POLICY} ON {name} TO CURRENT_USER USING (true) WITH CHECK (true);"
    ));
    sql
}

fn quoted(role: &str) -> String {
    format!("\"{}\"", role.replace('"', "\"\""))
}

/// The first table whose catalogue entry differs from the list, and how.
async fn first_difference(
    connection: &mut PgConnection,
    role: &str,
) -> Result<Option<(String, String)>, OpenError> {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class
         WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')",
    )
    .fetch_all(&mut *connection)
    .await?;
    if let Some(name) = names.iter().find(|name| TABLES.iter().all(|table| table.name != **name)) {
        return Ok(Some((name.clone(), "it is not in the table list".to_owned())));
    }
    for table in TABLES {
        if let Some(reason) = table_difference(connection, table, role).await? {
            return Ok(Some((table.name.to_owned(), reason)));
        }
    }
    Ok(None)
}

async fn table_difference(
    connection: &mut PgConnection,
    table: &Table,
    role: &str,
) -> Result<Option<String>, OpenError> {
    let found: Option<(bool, bool)> = sqlx::query_as(
        "SELECT relrowsecurity, relforcerowsecurity FROM pg_class
         WHERE relnamespace = current_schema()::regnamespace AND relname = $1",
    )
    .bind(table.name)
    .fetch_optional(&mut *connection)
    .await?;
    let is_tenants = table.scope == Scope::Tenant;
    match found {
        None => return Ok(Some("it does not exist".to_owned())),
        Some((enabled, forced)) if (enabled, forced) != (is_tenants, is_tenants) => {
            return Ok(Some(format!("enabled {enabled}, forced {forced}")));
        }
        Some(_) => {}
    }
    for grant in [Grant::Select, Grant::Insert, Grant::Update, Grant::Delete] {
        let is_held: bool = sqlx::query_scalar("SELECT has_table_privilege($1, $2, $3)")
            .bind(role)
            .bind(table.name)
            .bind(grant.keyword())
            .fetch_one(&mut *connection)
            .await?;
        if is_held != table.grants.contains(&grant) {
            return Ok(Some(format!("the application's right to {grant:?} is {is_held}")));
        }
    }
    if is_tenants { policy_difference(connection, table).await } else { Ok(None) }
}

/// A policy as the catalogue has it: name, command, `USING`, `WITH CHECK`, and whether it is for
/// every role.
type FoundPolicy = (String, String, Option<String>, Option<String>, bool);

async fn policy_difference(
    connection: &mut PgConnection,
    table: &Table,
) -> Result<Option<String>, OpenError> {
    let found: Vec<FoundPolicy> = sqlx::query_as(
        "SELECT policyname::text, cmd, qual, with_check, roles = ARRAY['public'::name]
         FROM pg_policies
         WHERE schemaname = current_schema() AND tablename = $1 ORDER BY policyname",
    )
    .bind(table.name)
    .fetch_all(connection)
    .await?;
    if found.len() != POLICIES.len() + 1 {
        return Ok(Some(format!("it has {} policies", found.len())));
    }
    for policy in POLICIES {
        let is_as_generated = found.iter().any(|(name, command, using, check, is_for_all)| {
            name == policy.name
                && *is_for_all
                && command == policy.command
                && is_tenant_condition(using.as_deref()) == policy.has_using
                && is_tenant_condition(check.as_deref()) == policy.has_check
        });
        if !is_as_generated {
            return Ok(Some(format!("policy {} is not as generated", policy.name)));
        }
    }
    let is_owners_alone =
        found.iter().any(|(name, .., is_for_all)| name == OWNER_POLICY && !is_for_all);
    Ok((!is_owners_alone).then(|| format!("policy {OWNER_POLICY} is not the owner's alone")))
}

/// The catalogue prints conditions with casts and brackets of its own.
fn is_tenant_condition(found: Option<&str>) -> bool {
    found == Some("(tenant_id = current_setting('apis.tenant'::text, true))")
}
