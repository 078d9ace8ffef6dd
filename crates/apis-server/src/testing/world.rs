//! A whole application in process, on one engine.

use apis_protocol::settings::Pin;
use apis_server_api::members::Role;
use apis_testkit::database::TestDatabase;
use axum::Router;
use tempfile::TempDir;

use crate::accounts::password::PasswordCheck;
use crate::app::{App, Operator, PeopleDoor, Shared};
use crate::audit::checkpoint::CheckpointKey;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::Db;
use crate::door::{SettingsSource, UnitsDoor};
use crate::http::door;
use crate::ids::{AccountId, NewId as _, TenantId};
use crate::keys::ServerKey;
use crate::media::Media;
use crate::set_up::SetUpToken;
use crate::uploads::{Limits, Uploads};
use crate::{accounts, clips, members, router, session, tenants};

use super::{Browser, START, open};

/// The origin of a test's page.
pub(super) const ORIGIN: &str = "http://127.0.0.1:8080";

/// Where a test's units find the server.
const UNITS_URL: &str = "https://127.0.0.1:8443";

/// An application with its doors, its database and its folder; all go with it.
pub struct World {
    /// The application.
    pub app: App,
    /// The people's door.
    pub people: Router,
    /// The units' door, behind its TLS.
    pub units: Router,
    /// The database, to look past the application.
    pub database: TestDatabase,
    folder: TempDir,
}

/// Another process beside a [`World`].
pub struct Replica {
    /// Its application.
    pub app: App,
    /// Its people's door.
    pub people: Router,
}

/// Runs a test in an empty world on each engine.
pub async fn in_each_world(test: impl AsyncFn(&World)) {
    for database in TestDatabase::on_each_engine() {
        let world = World::new(database).await;
        test(&world).await;
        world.app.db.close().await;
    }
}

impl World {
    /// An empty world on this database.
    pub async fn new(database: TestDatabase) -> World {
        let folder = tempfile::tempdir().expect("the temporary folder is writable");
        let db = open(&database).await;
        let app = app(db, Clock::movable(START), folder.path()).await;
        let people = door::people(&app, router::people());
        let units = door::units(&app, router::units());
        World { app, people, units, database, folder }
    }

    /// The same world after the server ended and started again: the database and the folder stay,
    /// the clock goes on.
    pub async fn restarted(self) -> World {
        let World { app, database, folder, .. } = self;
        let clock = app.clock.clone();
        app.units.heartbeats.write_all().await;
        app.db.close().await;
        let app = self::app(open(&database).await, clock, folder.path()).await;
        let people = door::people(&app, router::people());
        let units = door::units(&app, router::units());
        World { app, people, units, database, folder }
    }

    /// A second process of the same server: the same database, folder and clock, and nothing
    /// else in common.
    pub async fn replica(&self) -> Replica {
        let db = open(&self.database).await;
        let app = app(db, self.app.clock.clone(), self.folder.path()).await;
        let people = door::people(&app, router::people());
        Replica { app, people }
    }

    /// Whoever has the command line.
    pub fn operator(&self) -> Operator {
        Operator { db: self.app.db.clone(), clock: self.app.clock.clone() }
    }

    /// A browser that is not signed in.
    pub fn browser(&self) -> Browser {
        Browser::new(self.people.clone(), ORIGIN.to_owned())
    }

    /// Makes a tenant.
    pub async fn tenant(&self, name: &str) -> TenantId {
        tenants::create::create(&self.operator(), name).await.expect("a tenant is made")
    }

    /// A new account, a member of the tenant, signed in without its password's cost.
    pub async fn member(&self, tenant: TenantId, role: Role) -> Browser {
        let now = self.app.clock.now();
        let account = AccountId::new_at(now);
        let email = format!("{account}@bees.example");
        let mut tx = self.app.db.tenant_tx(tenant).await.unwrap();
        accounts::store::insert(&mut tx, account, &email, role.word(), now).await.unwrap();
        members::store::upsert(&mut tx, tenant, account, role, now).await.unwrap();
        tx.commit().await.unwrap();
        self.signed_in(tenant, account).await
    }

    /// Another session of the member of a browser, without its password's cost.
    pub async fn session_of(&self, browser: &Browser) -> Browser {
        self.signed_in(browser.tenant.unwrap(), browser.account.unwrap()).await
    }

    async fn signed_in(&self, tenant: TenantId, account: AccountId) -> Browser {
        let now = self.app.clock.now();
        let mut tx = self.app.db.tenant_tx(tenant).await.unwrap();
        let begun = session::begin::insert(&mut tx, tenant, account, "a test", now).await.unwrap();
        tx.commit().await.unwrap();
        self.browser().signed_in(&begun.cookies(&self.app), account, tenant)
    }
}

async fn app(db: Db, clock: Clock, folder: &std::path::Path) -> App {
    let mut config = Config { data: folder.to_owned(), ..Config::default() };
    // A test's folder may lie on a small disk.
    config.units.free_bytes_min = 0;
    let mut tx = db.global_read().await.unwrap();
    let (instance_id,) =
        tx.one("SELECT instance_id FROM server_meta WHERE id = 1", ()).await.unwrap();
    tx.commit().await.unwrap();
    let media = Media::open(config.media_folder()).unwrap();
    clips::reconcile::take_empty_folder(&db, &media).await.unwrap();
    let key = ServerKey::load_or_make(&config.keys_folder()).unwrap();
    let limits = Limits { free_bytes_min: config.units.free_bytes_min, ..Limits::default() };
    let uploads = Uploads::new(db.clone(), clock.clone(), media.clone(), limits);
    let source = SettingsSource {
        server_urls: vec![UNITS_URL.parse().unwrap()],
        pins: vec![Pin::from_bytes([7; 32])],
    };
    let units = UnitsDoor::open(&db, &clock, &key, source, uploads).await.unwrap();
    App::new(Shared {
        set_up: SetUpToken::of(&key),
        db,
        clock,
        media,
        config,
        units,
        audit_key: CheckpointKey::of(&key),
        people: PeopleDoor { origins: vec![ORIGIN.to_owned()], instance_id },
        making: crate::clips::Progress::default(),
        passwords: PasswordCheck::new(),
    })
}
