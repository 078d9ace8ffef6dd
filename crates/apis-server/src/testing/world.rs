//! A whole application in process, on one engine.

use apis_server_api::members::Role;
use apis_testkit::database::TestDatabase;
use axum::Router;
use tempfile::TempDir;

use crate::accounts::password::PasswordCheck;
use crate::app::{App, Operator, PeopleDoor, Shared};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::Db;
use crate::http::door;
use crate::ids::{AccountId, NewId as _, SessionId, TenantId};
use crate::media::Media;
use crate::{accounts, members, router, session, tenants};

use super::{Browser, START, open};

/// The origin of a test's page.
const ORIGIN: &str = "http://127.0.0.1:8080";

/// An application with its doors, its database and its folder; all go with it.
pub struct World {
    /// The application.
    pub app: App,
    /// The people's door.
    pub people: Router,
    /// The database, to look past the application.
    pub database: TestDatabase,
    _folder: TempDir,
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
        let app = app(db, folder.path()).await;
        let people = door::people(&app, router::people());
        World { app, people, database, _folder: folder }
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
        let (account, id) = (AccountId::new_at(now), SessionId::new_at(now));
        let token = session::model::new_token();
        let email = format!("{account}@bees.example");
        let new_session = session::store::NewSession {
            id,
            token_hash: &session::model::hash(&token),
            account,
            tenant,
            now,
            expires_at: now.plus(session::model::SESSION_SPAN),
        };
        let mut tx = self.app.db.tenant_tx(tenant).await.unwrap();
        accounts::store::insert(&mut tx, account, &email, role.word(), now).await.unwrap();
        members::store::upsert(&mut tx, tenant, account, role, now).await.unwrap();
        session::store::insert(&mut tx, new_session).await.unwrap();
        tx.commit().await.unwrap();

        let cookie = format!("__Host-apis-{}={token}", self.app.people.instance_id);
        self.browser().signed_in(cookie, account, tenant)
    }
}

async fn app(db: Db, folder: &std::path::Path) -> App {
    let config = Config { data: folder.to_owned(), ..Config::default() };
    let mut tx = db.global_read().await.unwrap();
    let (instance_id,) =
        tx.one("SELECT instance_id FROM server_meta WHERE id = 1", ()).await.unwrap();
    tx.commit().await.unwrap();
    App::new(Shared {
        db,
        clock: Clock::movable(START),
        media: Media::open(config.media_folder()).unwrap(),
        config,
        people: PeopleDoor { origins: vec![ORIGIN.to_owned()], instance_id },
        passwords: PasswordCheck::new(),
    })
}
