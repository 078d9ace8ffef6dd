//! What can go wrong with the database, while it is opened and while it is used.

use std::path::PathBuf;

/// A statement or a transaction failed.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The statement was refused by a constraint; the caller may know why.
    #[error("the {constraint:?} constraint refused the statement")]
    Refused {
        /// Which kind of constraint.
        constraint: Constraint,
        /// The engine's own words.
        #[source]
        source: sqlx::Error,
    },
    /// A row cannot be what the program writes.
    #[error(transparent)]
    Corrupt(#[from] CorruptRow),
    /// A row that must exist does not.
    #[error("a row that must exist does not")]
    Missing,
    /// An earlier statement of the transaction failed, so nothing was committed.
    #[error("the transaction had failed before its commit")]
    Failed,
    /// The server is ending and the group committer takes nothing more.
    #[error("the group committer has ended")]
    Ended,
    /// No connection, or a lock not gained in time: the same request may work later.
    #[error("the database is busy")]
    Busy(#[source] sqlx::Error),
    /// The disk under the database is full: nothing was written, and it may work later.
    #[error("the disk under the database is full")]
    Full(#[source] sqlx::Error),
    /// Anything else that the engine says, a statement that is wrong among it.
    #[error("the database failed")]
    Engine(#[source] sqlx::Error),
}

/// The kinds of constraint that a caller may expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Constraint {
    /// A primary key or a unique index.
    Unique,
    /// A foreign key.
    ForeignKey,
    /// NOT NULL or CHECK.
    Check,
}

/// A row that the program could not have written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column} of a row is corrupt: {reason}")]
pub struct CorruptRow {
    /// The column's place in the SELECT list, from 0.
    pub column: usize,
    /// What is wrong with it.
    pub reason: String,
}

impl DbError {
    /// Whether a statement was refused by a constraint of this kind.
    pub fn is_refused_by(&self, expected: Constraint) -> bool {
        matches!(self, DbError::Refused { constraint, .. } if *constraint == expected)
    }
}

impl From<sqlx::Error> for DbError {
    fn from(source: sqlx::Error) -> DbError {
        use sqlx::error::ErrorKind;

        let kind = source.as_database_error().map(sqlx::error::DatabaseError::kind);
        let constraint = match kind {
            Some(ErrorKind::UniqueViolation) => Constraint::Unique,
            Some(ErrorKind::ForeignKeyViolation) => Constraint::ForeignKey,
            Some(ErrorKind::NotNullViolation | ErrorKind::CheckViolation) => Constraint::Check,
            Some(_) | None if is_busy(&source) => return DbError::Busy(source),
            Some(_) | None if is_full(&source) => return DbError::Full(source),
            Some(_) | None => return DbError::Engine(source),
        };
        DbError::Refused { constraint, source }
    }
}

/// Whether waiting may help: no connection, a lost one, a lock, a deadlock, a server that restarts.
fn is_busy(error: &sqlx::Error) -> bool {
    /// SQLite: BUSY and LOCKED. PostgreSQL: deadlock, serialization failure, lock not available,
    /// too many connections, shutting down, starting up.
    const CODES: [&str; 9] =
        ["5", "6", "40P01", "40001", "55P03", "53300", "57P01", "57P02", "57P03"];

    if matches!(error, sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_)) {
        return true;
    }
    has_code(error, &CODES)
}

/// Whether the disk had no room for it.
fn is_full(error: &sqlx::Error) -> bool {
    /// SQLite: `FULL`, and `IOERR_SHMSIZE` (the index of its log could not grow). PostgreSQL: disk full.
    const CODES: [&str; 3] = ["13", "4874", "53100"];

    has_code(error, &CODES)
}

fn has_code(error: &sqlx::Error, codes: &[&str]) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| codes.contains(&code.as_ref()))
}

/// Why the database could not be opened. One variant per thing the operator must do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be written.
    #[error("the database file {} cannot be opened for writing", file.display())]
    Unwritable {
        /// The file.
        file: PathBuf,
        /// The engine's own words.
        #[source]
        source: sqlx::Error,
    },
    /// The database server cannot be reached or refuses the connection.
    #[error("the database cannot be reached as {role}")]
    Unreachable {
        /// `application` or `owner`.
        role: &'static str,
        /// The engine's own words.
        #[source]
        source: sqlx::Error,
    },
    /// The schema was written by a newer program.
    #[error(
        "the database has schema {found}, this program knows {known}: install a newer version of the server"
    )]
    Newer {
        /// The database's schema number.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// The schema is older and nobody here may change it.
    #[error(
        "the database has schema {found}, this program needs {known}: set database.owner_url so that it can migrate"
    )]
    Older {
        /// The database's schema number; 0 when it is empty.
        found: i64,
        /// What this program needs.
        known: i64,
    },
    /// The owner alone may do this, and its connection string is not known.
    #[error("this needs the owner of the database: give --database-owner-url")]
    OwnerNeeded,
    /// The application's role has more rights than row-level security can hold.
    #[error("the database role of the application is not safe: {reason}")]
    UnsafeRole {
        /// What it may do.
        reason: String,
    },
    /// The catalogue's policies are not those of the table list.
    #[error("row-level security of table {table} is not as generated: {reason}")]
    Policies {
        /// The first table that differs.
        table: String,
        /// How it differs.
        reason: String,
    },
    /// The database sorts text by a language's rules.
    #[error("the database sorts text by {found}, it must be created with collation C")]
    Collation {
        /// The collation found.
        found: String,
    },
    /// A migration's statement failed; nothing of that migration was kept.
    #[error("migration {number} failed")]
    Migration {
        /// The migration's number.
        number: i64,
        /// The engine's own words.
        #[source]
        source: sqlx::Error,
    },
    /// Anything else that the database answered.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl OpenError {
    /// The stable code printed with the message.
    pub const fn code(&self) -> &'static str {
        match self {
            OpenError::Unwritable { .. } => "database_unwritable",
            OpenError::Unreachable { .. } => "database_unreachable",
            OpenError::Newer { .. } => "database_newer",
            OpenError::Older { .. } => "database_older",
            OpenError::OwnerNeeded => "database_owner_needed",
            OpenError::UnsafeRole { .. } => "database_unsafe_role",
            OpenError::Policies { .. } => "database_policies",
            OpenError::Collation { .. } => "database_collation",
            OpenError::Migration { .. } => "database_migration",
            OpenError::Db(_) => "database_failed",
        }
    }
}

impl From<sqlx::Error> for OpenError {
    fn from(source: sqlx::Error) -> OpenError {
        OpenError::Db(DbError::from(source))
    }
}
