//! Start-up refuses what row-level security could not hold.

use apis_testkit::database::{APPLICATION_ROLE, OWNER_ROLE, TestDatabase};
use apis_testkit::postgres::Cluster;

use crate::db::{Db, Location, OpenError};
use crate::testing::{birth, location, open};

async fn refusal(database: &TestDatabase, role: &str) -> OpenError {
    let with_role = Location::Postgres { url: database.url(role).unwrap(), owner_url: None };
    Db::open(&with_role, &birth()).await.expect_err("the role is refused")
}

#[tokio::test]
async fn a_role_that_steps_around_the_policies_is_refused() {
    let database = TestDatabase::postgres();
    open(&database).await.close().await;
    let name = |kind: &str| format!("apis_{kind}_{}", std::process::id());
    let (bypass, heir) = (name("bypass"), name("heir"));
    let cluster = Cluster::of_this_process();
    let make = format!(
        "CREATE ROLE {bypass} LOGIN BYPASSRLS; CREATE ROLE {heir} LOGIN IN ROLE {OWNER_ROLE}"
    );
    cluster.run("postgres", &make).unwrap();

    for role in ["postgres", OWNER_ROLE, &bypass, &heir] {
        let refused = refusal(&database, role).await;
        assert_eq!(refused.code(), "database_unsafe_role", "{role}: {refused}");
    }
    cluster.run("postgres", &format!("DROP ROLE {bypass}; DROP ROLE {heir}")).unwrap();
}

#[tokio::test]
async fn a_database_that_sorts_by_language_is_refused() {
    let database = TestDatabase::postgres();
    let TestDatabase::Postgres { name } = &database else { panic!("not PostgreSQL") };
    let cluster = Cluster::of_this_process();
    let remake = [
        format!("DROP DATABASE {name}"),
        format!(
            "CREATE DATABASE {name} OWNER {OWNER_ROLE} LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' TEMPLATE template0"
        ),
    ];
    for statement in remake {
        cluster.run("postgres", &statement).unwrap();
    }
    let refused = Db::open(&location(&database), &birth()).await.unwrap_err();
    assert_eq!(refused.code(), "database_collation", "{refused}");
}

/// The catalogue is compared with the table list at every start: what somebody switched off by hand
/// is put right by the owner's connection, and refused without it.
#[tokio::test]
async fn a_policy_changed_by_hand_is_noticed() {
    let changes = [
        "ALTER TABLE site DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE hive NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY tenant_select ON site",
        "DROP POLICY tenant_update ON site;
         CREATE POLICY tenant_update ON site FOR UPDATE USING (true) WITH CHECK (true)",
        "DROP POLICY owner_all ON audit; CREATE POLICY owner_all ON audit USING (true)",
        "GRANT DELETE ON audit TO apis_app",
        "CREATE TABLE forgotten (tenant_id TEXT)",
    ];
    for change in changes {
        let database = TestDatabase::postgres();
        open(&database).await.close().await;
        database.run_as_superuser(change);
        let refused = refusal(&database, APPLICATION_ROLE).await;
        assert_eq!(refused.code(), "database_policies", "{change}: {refused}");
        if change.starts_with("CREATE TABLE") {
            continue; // A table that the program does not know is for a person to explain.
        }
        open(&database).await.close().await;
        let application =
            Location::Postgres { url: database.url(APPLICATION_ROLE).unwrap(), owner_url: None };
        Db::open(&application, &birth()).await.unwrap().close().await;
    }
}
