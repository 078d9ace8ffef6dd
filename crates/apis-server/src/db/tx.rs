//! The transaction of one operation.

use std::borrow::Cow;

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments as _, AssertSqlSafe, Postgres, Sqlite, Transaction};

use super::error::DbError;
use super::row::{FromRow, Row};
use super::value::{Args, Value};
use crate::ids::TenantId;

/// A statement's text: written in the program, or built from parts that are.
pub struct Sql(Cow<'static, str>);

impl Sql {
    /// A text built at run time. The caller vouches that no part of it comes from outside.
    pub fn built(text: String) -> Sql {
        Sql(Cow::Owned(text))
    }
}

impl From<&'static str> for Sql {
    fn from(text: &'static str) -> Sql {
        Sql(Cow::Borrowed(text))
    }
}

/// One operation's transaction. Dropped without [`Tx::commit`], it leaves nothing behind.
pub struct Tx {
    engine: EngineTx,
    tenant: Option<TenantId>,
    is_failed: bool,
}

enum EngineTx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

enum Rows {
    Sqlite(Vec<SqliteRow>),
    Postgres(Vec<PgRow>),
}

impl Tx {
    pub(super) fn sqlite(engine: Transaction<'static, Sqlite>, tenant: Option<TenantId>) -> Tx {
        Tx { engine: EngineTx::Sqlite(engine), tenant, is_failed: false }
    }

    pub(super) fn postgres(engine: Transaction<'static, Postgres>, tenant: Option<TenantId>) -> Tx {
        Tx { engine: EngineTx::Postgres(engine), tenant, is_failed: false }
    }

    /// The tenant whose rows this transaction may touch; `None` on the global tables.
    pub fn tenant(&self) -> Option<TenantId> {
        self.tenant
    }

    /// Runs a statement and returns how many rows it changed.
    pub async fn execute(&mut self, sql: impl Into<Sql>, args: impl Args) -> Result<u64, DbError> {
        let (sql, values) = (AssertSqlSafe(sql.into().0), args.into_values());
        let outcome = match &mut self.engine {
            EngineTx::Sqlite(tx) => sqlx::query_with(sql, sqlite_arguments(values)?)
                .execute(&mut **tx)
                .await
                .map(|done| done.rows_affected()),
            EngineTx::Postgres(tx) => sqlx::query_with(sql, postgres_arguments(values)?)
                .execute(&mut **tx)
                .await
                .map(|done| done.rows_affected()),
        };
        self.remember(outcome)
    }

    /// Runs a statement and returns its rows.
    pub async fn all<R: FromRow>(
        &mut self,
        sql: impl Into<Sql>,
        args: impl Args,
    ) -> Result<Vec<R>, DbError> {
        let rows = self.fetch(sql.into(), args.into_values()).await;
        let rows = self.remember(rows)?;
        let read: Result<Vec<R>, _> = match &rows {
            Rows::Sqlite(rows) => {
                rows.iter().map(|row| R::from_row(&mut Row::sqlite(row))).collect()
            }
            Rows::Postgres(rows) => {
                rows.iter().map(|row| R::from_row(&mut Row::postgres(row))).collect()
            }
        };
        Ok(read?)
    }

    /// Runs a statement that gives at most one row; of several, the first.
    pub async fn optional<R: FromRow>(
        &mut self,
        sql: impl Into<Sql>,
        args: impl Args,
    ) -> Result<Option<R>, DbError> {
        Ok(self.all(sql, args).await?.into_iter().next())
    }

    /// Runs a statement that must give a row.
    ///
    /// Errors: [`DbError::Missing`] when it gives none.
    pub async fn one<R: FromRow>(
        &mut self,
        sql: impl Into<Sql>,
        args: impl Args,
    ) -> Result<R, DbError> {
        self.optional(sql, args).await?.ok_or(DbError::Missing)
    }

    /// Makes the operation durable.
    ///
    /// Errors: [`DbError::Failed`] when a statement had failed. PostgreSQL answers the commit of
    /// such a transaction with success although it rolled everything back, so it is never asked.
    pub async fn commit(self) -> Result<(), DbError> {
        if self.is_failed {
            match self.engine {
                EngineTx::Sqlite(tx) => tx.rollback().await?,
                EngineTx::Postgres(tx) => tx.rollback().await?,
            }
            return Err(DbError::Failed);
        }
        match self.engine {
            EngineTx::Sqlite(tx) => tx.commit().await?,
            EngineTx::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    /// Gives the operation up; like dropping, but the connection is clean when this returns.
    pub async fn rollback(self) -> Result<(), DbError> {
        match self.engine {
            EngineTx::Sqlite(tx) => tx.rollback().await?,
            EngineTx::Postgres(tx) => tx.rollback().await?,
        }
        Ok(())
    }

    async fn fetch(&mut self, sql: Sql, values: Vec<Value>) -> Result<Rows, sqlx::Error> {
        let sql = AssertSqlSafe(sql.0);
        match &mut self.engine {
            EngineTx::Sqlite(tx) => sqlx::query_with(sql, sqlite_arguments(values)?)
                .fetch_all(&mut **tx)
                .await
                .map(Rows::Sqlite),
            EngineTx::Postgres(tx) => sqlx::query_with(sql, postgres_arguments(values)?)
                .fetch_all(&mut **tx)
                .await
                .map(Rows::Postgres),
        }
    }

    fn remember<T>(&mut self, outcome: Result<T, sqlx::Error>) -> Result<T, DbError> {
        self.is_failed |= outcome.is_err();
        Ok(outcome?)
    }
}

fn sqlite_arguments(values: Vec<Value>) -> Result<SqliteArguments, sqlx::Error> {
    let mut arguments = SqliteArguments::default();
    for value in values {
        match value {
            Value::Text(text) => arguments.add(text),
            Value::Int(int) => arguments.add(int),
            Value::Real(real) => arguments.add(real),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

fn postgres_arguments(values: Vec<Value>) -> Result<PgArguments, sqlx::Error> {
    let mut arguments = PgArguments::default();
    for value in values {
        match value {
            Value::Text(text) => arguments.add(text),
            Value::Int(int) => arguments.add(int),
            Value::Real(real) => arguments.add(real),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}
