//! An empty database for one test, on each engine; it goes when the test ends.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::TempDir;

use crate::postgres::Cluster;

/// The role that owns tables and migrates.
pub const OWNER_ROLE: &str = "apis_owner";

/// The role that the server runs as: it owns nothing.
pub const APPLICATION_ROLE: &str = "apis_app";

/// One test's database.
#[derive(Debug)]
pub enum TestDatabase {
    /// A file in a folder of its own.
    Sqlite {
        /// Removed with the test.
        folder: TempDir,
    },
    /// A database of its own in the process's cluster.
    Postgres {
        /// Its name.
        name: String,
    },
}

impl TestDatabase {
    /// An empty database on each engine. Every store test runs on all of them.
    pub fn on_each_engine() -> [TestDatabase; 2] {
        [TestDatabase::sqlite(), TestDatabase::postgres()]
    }

    /// An empty SQLite database.
    pub fn sqlite() -> TestDatabase {
        let folder = tempfile::Builder::new()
            .prefix("apis-test-")
            .tempdir()
            .expect("the temporary folder is writable");
        TestDatabase::Sqlite { folder }
    }

    /// An empty PostgreSQL database, made as an operator would: owner and application apart.
    pub fn postgres() -> TestDatabase {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("apis_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        make_database(Cluster::of_this_process(), &name).expect("a superuser may make a database");
        TestDatabase::Postgres { name }
    }

    /// The SQLite file; `None` on PostgreSQL.
    pub fn file(&self) -> Option<PathBuf> {
        match self {
            TestDatabase::Sqlite { folder } => Some(folder.path().join("apis.sqlite")),
            TestDatabase::Postgres { .. } => None,
        }
    }

    /// The connection string of a role; `None` on SQLite.
    pub fn url(&self, role: &str) -> Option<String> {
        match self {
            TestDatabase::Sqlite { .. } => None,
            TestDatabase::Postgres { name } => Some(Cluster::of_this_process().url(role, name)),
        }
    }

    /// Runs SQL as PostgreSQL's superuser, past every policy: what a test looks with.
    pub fn run_as_superuser(&self, sql: &str) -> String {
        match self {
            TestDatabase::Sqlite { .. } => panic!("SQLite has no superuser"),
            TestDatabase::Postgres { name } => {
                Cluster::of_this_process().run(name, sql).expect("the statement is right")
            }
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        match self {
            TestDatabase::Sqlite { .. } => {}
            TestDatabase::Postgres { name } => {
                let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                let _ = Cluster::of_this_process().run("postgres", &sql);
            }
        }
    }
}

/// Makes an empty database in `cluster`, owned by [`OWNER_ROLE`], and the two roles.
///
/// Errors: what PostgreSQL said.
pub fn make_database(cluster: &Cluster, name: &str) -> anyhow::Result<()> {
    for role in [OWNER_ROLE, APPLICATION_ROLE] {
        // Another process or test that shares the cluster may be first.
        let sql = format!(
            "DO $$ BEGIN CREATE ROLE {role} LOGIN;
             EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        );
        cluster.run("postgres", &sql)?;
    }
    let sql = format!("CREATE DATABASE {name} OWNER {OWNER_ROLE} TEMPLATE template0");
    cluster.run("postgres", &sql)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_postgres_database_sorts_by_bytes_and_goes_with_its_test() {
        let database = TestDatabase::postgres();
        let sorted = database.run_as_superuser(
            "SELECT string_agg(t, '' ORDER BY t) FROM (VALUES ('b'), ('a'), ('B')) v (t)",
        );
        assert_eq!(sorted, "Bab");

        let TestDatabase::Postgres { name } = &database else { panic!("not PostgreSQL") };
        let name = name.clone();
        drop(database);
        let count = Cluster::of_this_process()
            .run("postgres", &format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'"));
        assert_eq!(count.unwrap(), "0");
    }
}
