//! Brings a database's schema up to the program's, one numbered file at a time.
//!
//! Each file is applied in one transaction with the number it leaves behind, so a failed one leaves
//! nothing. Files are never edited once released; `schema.sql` says where they lead.

use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection, Sqlite, SqliteConnection, SqlitePool};

use super::error::OpenError;
use super::{Birth, Db, security};

/// One migration file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Migration {
    /// Its number, which the schema has afterwards.
    pub number: i64,
    /// Its text, for both engines.
    pub sql: &'static str,
}

/// Every migration, in order; the last one's number is the schema this program needs.
pub(super) const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, sql: include_str!("../../migrations/0001_start.sql") },
    Migration { number: 2, sql: include_str!("../../migrations/0002_lost_clip.sql") },
    Migration { number: 3, sql: include_str!("../../migrations/0003_audit_checkpoint.sql") },
    Migration { number: 4, sql: include_str!("../../migrations/0004_play.sql") },
    Migration { number: 5, sql: include_str!("../../migrations/0005_visit_label.sql") },
    Migration { number: 6, sql: include_str!("../../migrations/0006_token_directory.sql") },
    Migration { number: 7, sql: include_str!("../../migrations/0007_session_token.sql") },
    Migration { number: 8, sql: include_str!("../../migrations/0008_visit_deleted.sql") },
];

/// Holds off other migrating processes on PostgreSQL; an arbitrary number of our own.
const ADVISORY_LOCK: i64 = 0x4150_4953;

const VERSION_SQL: &str = "SELECT schema_version FROM server_meta WHERE id = 1";

const BIRTH_SQL: &str =
    "INSERT INTO server_meta (id, schema_version, epoch, instance_id, created_at_ms)
     VALUES (1, $1, $2, $3, $4)
     ON CONFLICT (id) DO UPDATE SET schema_version = excluded.schema_version";

/// The schema this program needs.
pub(super) const fn known() -> i64 {
    match MIGRATIONS.last() {
        Some(last) => last.number,
        None => 0,
    }
}

/// Refuses a database that is not exactly at the program's schema.
pub(super) async fn check_current(db: &Db) -> Result<(), OpenError> {
    let mut tx = db.global_read().await?;
    let found = match tx.optional::<(i64,)>(VERSION_SQL, ()).await {
        Ok(row) => row.map_or(0, |(version,)| version),
        // An empty PostgreSQL database has no such table.
        Err(_) => 0,
    };
    refuse_newer(found)?;
    if found < known() {
        return Err(OpenError::Older { found, known: known() });
    }
    Ok(())
}

/// Migrates a SQLite file.
pub(super) async fn sqlite(writer: &SqlitePool, birth: &Birth) -> Result<(), OpenError> {
    sqlite_with(writer, birth, MIGRATIONS).await
}

pub(super) async fn sqlite_with(
    writer: &SqlitePool,
    birth: &Birth,
    migrations: &[Migration],
) -> Result<(), OpenError> {
    let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
    let found = sqlite_version(&mut tx).await?;
    refuse_newer_than(found, migrations)?;
    for migration in migrations.iter().filter(|migration| found < migration.number) {
        let failed = |source| OpenError::Migration { number: migration.number, source };
        sqlx::raw_sql(migration.sql).execute(&mut *tx).await.map_err(failed)?;
        sqlx::query::<Sqlite>(BIRTH_SQL)
            .bind(migration.number)
            .bind(&birth.epoch)
            .bind(&birth.instance_id)
            .bind(birth.now.0)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
    }
    tx.commit().await?;
    Ok(())
}

/// Migrates a PostgreSQL database as its owner and renews grants and policies for the role of
/// the application's connection string.
pub(super) async fn postgres(
    owner_url: &str,
    application_url: &str,
    birth: &Birth,
) -> Result<(), OpenError> {
    let unreachable = |source| OpenError::Unreachable { role: "owner", source };
    let application = PgConnectOptions::from_str(application_url)
        .map_err(|source| OpenError::Unreachable { role: "application", source })?;
    let mut owner = PgConnection::connect(owner_url).await.map_err(unreachable)?;
    postgres_with(&mut owner, application.get_username(), birth, MIGRATIONS).await?;
    owner.close().await?;
    Ok(())
}

pub(super) async fn postgres_with(
    owner: &mut PgConnection,
    application_role: &str,
    birth: &Birth,
    migrations: &[Migration],
) -> Result<(), OpenError> {
    security::check_collation(owner).await?;
    let mut tx = owner.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(ADVISORY_LOCK).execute(&mut *tx).await?;
    let found = postgres_version(&mut tx).await?;
    refuse_newer_than(found, migrations)?;
    for migration in migrations.iter().filter(|migration| found < migration.number) {
        let failed = |source| OpenError::Migration { number: migration.number, source };
        sqlx::raw_sql(migration.sql).execute(&mut *tx).await.map_err(failed)?;
        sqlx::query(BIRTH_SQL)
            .bind(migration.number)
            .bind(&birth.epoch)
            .bind(&birth.instance_id)
            .bind(birth.now.0)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
    }
    security::renew(&mut tx, application_role, found == known()).await?;
    tx.commit().await?;
    Ok(())
}

async fn sqlite_version(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    let exists: Option<i64> = sqlx::query_scalar(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'server_meta'",
    )
    .fetch_optional(&mut *connection)
    .await?;
    match exists {
        None => Ok(0),
        Some(_) => sqlx::query_scalar(VERSION_SQL).fetch_one(connection).await,
    }
}

async fn postgres_version(connection: &mut PgConnection) -> Result<i64, sqlx::Error> {
    let exists: bool = sqlx::query_scalar("SELECT to_regclass('server_meta') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?;
    if !exists {
        return Ok(0);
    }
    sqlx::query_scalar(VERSION_SQL).fetch_one(connection).await
}

fn refuse_newer(found: i64) -> Result<(), OpenError> {
    refuse_newer_than(found, MIGRATIONS)
}

fn refuse_newer_than(found: i64, migrations: &[Migration]) -> Result<(), OpenError> {
    let known = migrations.last().map_or(0, |migration| migration.number);
    if known < found {
        return Err(OpenError::Newer { found, known });
    }
    Ok(())
}
