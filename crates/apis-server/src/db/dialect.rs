//! The page on which the two engines differ: how a pool is opened and how a transaction begins.

use std::borrow::Cow;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Connection as _, PgPool, SqliteConnection, SqlitePool};

use super::Access;
use super::error::OpenError;
use crate::ids::TenantId;

/// Connections that only read SQLite. WAL lets them read while one writes; more than a handful
/// would only wait for the same cores.
const SQLITE_READER_COUNT: u32 = 4;

/// Connections of one process to PostgreSQL, where 100 is the usual limit for all of them.
const POSTGRES_CONNECTION_COUNT: u32 = 16;

/// Longest wait for a connection or a lock before the request is answered 503.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Statements kept prepared on each connection. The group committer alone has one per group size.
const STATEMENT_COUNT: usize = 512;

/// A write takes SQLite's only write lock at once: one that began as a read could not gain it later
/// without losing what it had read.
pub(super) fn sqlite_begin(access: Access) -> &'static str {
    match access {
        Access::Read => "BEGIN DEFERRED",
        Access::Write => "BEGIN IMMEDIATE",
    }
}

/// On PostgreSQL the tenant is a setting of the transaction, in the same round trip as its BEGIN;
/// `true` makes it end with the transaction, so that a pooled connection carries nothing over.
/// The id is its own type of hexadecimal digits and dashes: it cannot end the literal.
pub(super) fn postgres_begin(
    access: Access,
    tenant: Option<TenantId>,
) -> AssertSqlSafe<Cow<'static, str>> {
    let begin = match access {
        Access::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        Access::Write => "BEGIN",
    };
    AssertSqlSafe(match tenant {
        None => Cow::Borrowed(begin),
        Some(tenant) => {
            Cow::Owned(format!("{begin}; SELECT set_config('apis.tenant', '{tenant}', true)"))
        }
    })
}

pub(super) async fn sqlite_writer(file: &Path) -> Result<SqlitePool, OpenError> {
    SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(WAIT_MAX)
        .before_acquire(|connection, _| Box::pin(std::future::ready(is_usable(connection))))
        .connect_with(sqlite_options(file).create_if_missing(true))
        .await
        .map_err(|source| OpenError::Unwritable { file: file.to_owned(), source })
}

pub(super) async fn sqlite_readers(file: &Path) -> Result<SqlitePool, OpenError> {
    Ok(SqlitePoolOptions::new()
        .max_connections(SQLITE_READER_COUNT)
        .acquire_timeout(WAIT_MAX)
        .before_acquire(|connection, _| Box::pin(std::future::ready(is_usable(connection))))
        .connect_with(sqlite_options(file).pragma("query_only", "on"))
        .await?)
}

/// Whether a connection that comes back from the pool may be given out again.
///
/// When the disk is full SQLite ends a transaction by itself; the driver's rollback of it then
/// fails, and it takes the connection to be within a transaction for ever.
fn is_usable(connection: &SqliteConnection) -> Result<bool, sqlx::Error> {
    Ok(!connection.is_in_transaction())
}

pub(super) async fn postgres_pool(url: &str) -> Result<PgPool, OpenError> {
    let unreachable = |source| OpenError::Unreachable { role: "application", source };
    let options = PgConnectOptions::from_str(url).map_err(unreachable)?;
    PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTION_COUNT)
        .acquire_timeout(WAIT_MAX)
        .connect_with(options.statement_cache_capacity(STATEMENT_COUNT))
        .await
        .map_err(unreachable)
}

/// `synchronous = FULL`: with WAL, NORMAL may lose the last commits when the power goes, and an
/// acknowledged record must not be lost.
///
/// `temp_store = memory`: a statement of many rows keeps the pages that it changes until it is over,
/// and beyond 64 KiB would write them to a file: half of all writes of a group of nonces.
fn sqlite_options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(WAIT_MAX)
        .pragma("temp_store", "memory")
        .statement_cache_capacity(STATEMENT_COUNT)
}
