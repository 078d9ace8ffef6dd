//! The database: one SQL text over SQLite and PostgreSQL, opened, migrated and guarded.
//!
//! What lives here: pools, the transaction of one operation ([`Tx`]), values and rows, the group
//! committer for hot inserts, migrations, and row-level security. What does not: any slice's SQL,
//! which stands in its `store.rs` and takes a `&mut Tx` and the tenant as a typed argument.
//!
//! The one invariant: nothing commits after a failed statement (see [`Tx::commit`]).
//! What differs between the engines is in `dialect.rs` and `security.rs`; nowhere else.

mod value;
mod row;
mod error;
mod finish;
mod tx;
mod dialect;
mod tables;
mod migrate;
mod security;
mod group;

#[cfg(test)]
mod tests;

use finish::finished;

pub use error::{Constraint, CorruptRow, DbError, OpenError};
pub use group::{GroupCommitter, GroupedInsert};
pub use row::{Column, FromRow, Row};
pub use tables::{Grant, Scope, TABLES, Table};
pub use tx::{Sql, Tx};
pub use value::{Args, IntoValue, Value};

use std::path::{Path, PathBuf};

use sqlx::{PgPool, SqlitePool};

use crate::clock::UnixMs;
use crate::ids::TenantId;

/// Which engine a [`Db`] stands on. For figures and messages; no slice branches on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// One file in the data folder; one process.
    Sqlite,
    /// A database server; any number of processes.
    Postgres,
}

impl Engine {
    /// The word used in logs, metrics and reports.
    pub const fn word(self) -> &'static str {
        match self {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgres",
        }
    }
}

/// Where the database is and who may change its shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A SQLite file, made when it does not exist.
    Sqlite {
        /// The file; its folder must exist.
        file: PathBuf,
    },
    /// A PostgreSQL database.
    Postgres {
        /// Connection string of the application's role, which owns nothing.
        url: String,
        /// Connection string of the owner, which migrates. Without it the schema must be current.
        owner_url: Option<String>,
    },
}

/// What a first migration writes into `server_meta` and no SQL text can make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Birth {
    /// The data lineage's name, a random UUID; kept if the database already has one.
    pub epoch: String,
    /// Eight lower-case letters and digits; part of every cookie's name.
    pub instance_id: String,
    /// The moment of making.
    pub now: UnixMs,
}

/// The open database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Db {
    pools: Pools,
}

#[derive(Debug, Clone)]
enum Pools {
    /// One connection writes, so writers queue here instead of failing with "database is locked".
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres {
        pool: PgPool,
    },
}

impl Db {
    /// Opens the database, bringing its schema up to date when it may.
    ///
    /// Errors: see [`OpenError`]; each has a stable code and a text for the operator.
    pub async fn open(location: &Location, birth: &Birth) -> Result<Db, OpenError> {
        match location {
            Location::Sqlite { file } => Db::open_sqlite(file, birth).await,
            Location::Postgres { url, owner_url } => {
                if let Some(owner_url) = owner_url {
                    migrate::postgres(owner_url, url, birth).await?;
                }
                let pool = dialect::postgres_pool(url).await?;
                security::check_role(&pool).await?;
                let db = Db { pools: Pools::Postgres { pool } };
                migrate::check_current(&db).await?;
                security::check_policies(&db).await?;
                Ok(db)
            }
        }
    }

    /// Opens the database as its owner, who may do what the application's role may not.
    ///
    /// Errors: as [`Db::open`]'s, and [`OpenError::OwnerNeeded`] on PostgreSQL without the owner's
    /// connection string.
    pub async fn open_as_owner(location: &Location, birth: &Birth) -> Result<Db, OpenError> {
        match location {
            Location::Sqlite { file } => Db::open_sqlite(file, birth).await,
            Location::Postgres { owner_url: None, .. } => Err(OpenError::OwnerNeeded),
            Location::Postgres { url, owner_url: Some(owner_url) } => {
                migrate::postgres(owner_url, url, birth).await?;
                let pool = dialect::postgres_pool(owner_url).await?;
                Ok(Db { pools: Pools::Postgres { pool } })
            }
        }
    }

    async fn open_sqlite(file: &Path, birth: &Birth) -> Result<Db, OpenError> {
        let writer = dialect::sqlite_writer(file).await?;
        migrate::sqlite(&writer, birth).await?;
        let readers = dialect::sqlite_readers(file).await?;
        let db = Db { pools: Pools::Sqlite { writer, readers } };
        migrate::check_current(&db).await?;
        Ok(db)
    }

    /// The engine underneath.
    pub fn engine(&self) -> Engine {
        match self.pools {
            Pools::Sqlite { .. } => Engine::Sqlite,
            Pools::Postgres { .. } => Engine::Postgres,
        }
    }

    /// Begins a transaction that may read and write one tenant's rows.
    pub async fn tenant_tx(&self, tenant: TenantId) -> Result<Tx, DbError> {
        self.begin(Some(tenant), Access::Write).await
    }

    /// Begins a transaction that only reads one tenant's rows, at one moment.
    pub async fn tenant_read(&self, tenant: TenantId) -> Result<Tx, DbError> {
        self.begin(Some(tenant), Access::Read).await
    }

    /// Begins a transaction on the global tables; on PostgreSQL it sees no tenant's rows.
    pub async fn global_tx(&self) -> Result<Tx, DbError> {
        self.begin(None, Access::Write).await
    }

    /// Begins a transaction that only reads the global tables, at one moment.
    pub async fn global_read(&self) -> Result<Tx, DbError> {
        self.begin(None, Access::Read).await
    }

    /// Ends every connection; what is in flight finishes first.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres { pool } => pool.close().await,
        }
    }

    /// Connections open and connections idle, for the metrics.
    pub fn connections(&self) -> (u32, usize) {
        match &self.pools {
            Pools::Sqlite { writer, readers } => {
                (writer.size() + readers.size(), writer.num_idle() + readers.num_idle())
            }
            Pools::Postgres { pool } => (pool.size(), pool.num_idle()),
        }
    }

    async fn begin(&self, tenant: Option<TenantId>, access: Access) -> Result<Tx, DbError> {
        match &self.pools {
            Pools::Sqlite { writer, readers } => {
                let pool = match access {
                    Access::Read => readers.clone(),
                    Access::Write => writer.clone(),
                };
                let begin = dialect::sqlite_begin(access);
                let begun = finished(async move { pool.begin_with(begin).await });
                Ok(Tx::sqlite(begun.await?, tenant))
            }
            Pools::Postgres { pool } => {
                let begin = dialect::postgres_begin(access, tenant);
                let pool = pool.clone();
                let begun = finished(async move { pool.begin_with(begin).await });
                Ok(Tx::postgres(begun.await?, tenant))
            }
        }
    }
}

/// What a transaction may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}
