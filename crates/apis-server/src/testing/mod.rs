//! What the tests of this crate share: every test that stores runs on both engines.
//!
//! [`on_each_engine`] gives a database, [`in_each_world`] a whole application with both doors in
//! process, a clock that stands still, and people who are signed in ([`Browser`]), units that
//! sign what they send ([`TestUnit`]).

mod browser;
mod generated;
mod socket;
mod unit;
mod world;

pub use browser::{Answer, Browser, broken_off};
pub use generated::{assert_checked_in, sources};
pub use socket::{Socket, closed, listen};
pub use unit::{Sent, TestUnit};
pub use world::{Replica, World, in_each_world};

use apis_testkit::database::{APPLICATION_ROLE, OWNER_ROLE, TestDatabase};

use crate::clock::UnixMs;
use crate::db::{Birth, Db, Location};
use crate::random;

/// The moment at which tests begin: 2026-08-01T12:00:00Z.
pub const START: UnixMs = UnixMs(1_785_585_600_000);

/// Runs a test on an empty, migrated database of each engine.
pub async fn on_each_engine(test: impl AsyncFn(Db)) {
    for database in TestDatabase::on_each_engine() {
        let db = open(&database).await;
        test(db.clone()).await;
        db.close().await;
    }
}

/// Opens a test's database, migrating it.
pub async fn open(database: &TestDatabase) -> Db {
    Db::open(&location(database), &birth()).await.expect("an empty database opens")
}

/// Where a test's database is, with the owner's connection string.
pub fn location(database: &TestDatabase) -> Location {
    match database.file() {
        Some(file) => Location::Sqlite { file },
        None => Location::Postgres {
            url: database.url(APPLICATION_ROLE).expect("PostgreSQL has roles"),
            owner_url: database.url(OWNER_ROLE),
        },
    }
}

/// What a first migration needs.
pub fn birth() -> Birth {
    Birth {
        epoch: random::uuid_v7(START).to_string(),
        instance_id: random::instance_id(),
        now: START,
    }
}
