//! Migrations: they lead to `schema.sql`, refuse what they do not know, and change tenants' rows.

use apis_testkit::database::{APPLICATION_ROLE, OWNER_ROLE, TestDatabase};
use sqlx::{Connection as _, PgConnection, SqlitePool};

use crate::db::migrate::{self, MIGRATIONS, Migration, known};
use crate::db::{Db, Location, OpenError, dialect};
use crate::testing::{birth, location, open};

use super::tenant_with_site;

const SCHEMA: &str = include_str!("../../../schema.sql");

/// A later migration that touches every tenant's rows.
const BACKFILL: Migration =
    Migration { number: known() + 1, sql: "UPDATE site SET name = name || '!';" };

#[tokio::test]
async fn migrated_equals_fresh_on_sqlite() {
    let (migrated, fresh) = (TestDatabase::sqlite(), TestDatabase::sqlite());
    open(&migrated).await.close().await;
    let pool = dialect::sqlite_writer(&fresh.file().unwrap()).await.unwrap();
    sqlx::raw_sql(SCHEMA).execute(&pool).await.unwrap();
    let expected = sqlite_catalogue(&pool).await;
    pool.close().await;
    let pool = dialect::sqlite_writer(&migrated.file().unwrap()).await.unwrap();
    assert_eq!(sqlite_catalogue(&pool).await, expected);
    assert!(expected.len() > 100, "the catalogue is really read: {expected:?}");
}

async fn sqlite_catalogue(pool: &SqlitePool) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT m.name || ' column ' || c.name || ' ' || c.type || ' ' || c.\"notnull\" || ' '
             || coalesce(c.dflt_value, '-') || ' ' || c.pk
         FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'
         UNION ALL
         SELECT m.name || ' reference ' || f.\"from\" || ' ' || f.\"table\" || ' ' || f.\"to\" || ' '
             || f.on_delete
         FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'
         UNION ALL
         SELECT m.name || ' index ' || i.name || ' ' || i.\"unique\" || ' ' || c.seqno || ' ' || c.name
         FROM sqlite_master m JOIN pragma_index_list(m.name) i JOIN pragma_index_info(i.name) c
         WHERE m.type = 'table'
         ORDER BY 1",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

#[tokio::test]
async fn migrated_equals_fresh_on_postgres() {
    let (migrated, fresh) = (TestDatabase::postgres(), TestDatabase::postgres());
    open(&migrated).await.close().await;
    let mut owner = PgConnection::connect(&fresh.url(OWNER_ROLE).unwrap()).await.unwrap();
    sqlx::raw_sql(SCHEMA).execute(&mut owner).await.unwrap();
    let expected = postgres_catalogue(&mut owner).await;
    let mut owner = PgConnection::connect(&migrated.url(OWNER_ROLE).unwrap()).await.unwrap();
    assert_eq!(postgres_catalogue(&mut owner).await, expected);
    assert!(expected.len() > 100, "the catalogue is really read: {expected:?}");
}

async fn postgres_catalogue(owner: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT table_name || ' column ' || column_name || ' ' || data_type || ' ' || is_nullable
             || ' ' || coalesce(column_default, '-')
         FROM information_schema.columns WHERE table_schema = current_schema()
         UNION ALL
         SELECT conrelid::regclass || ' constraint ' || pg_get_constraintdef(oid)
         FROM pg_constraint WHERE connamespace = current_schema()::regnamespace
         UNION ALL
         SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema()
         ORDER BY 1",
    )
    .fetch_all(owner)
    .await
    .unwrap()
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    for database in TestDatabase::on_each_engine() {
        let db = open(&database).await;
        tenant_with_site(&db).await;
        db.close().await;
        match database.file() {
            Some(file) => {
                let pool = dialect::sqlite_writer(&file).await.unwrap();
                sqlx::raw_sql("UPDATE server_meta SET schema_version = 99")
                    .execute(&pool)
                    .await
                    .unwrap();
                pool.close().await;
            }
            None => {
                database.run_as_superuser("UPDATE server_meta SET schema_version = 99");
            }
        }
        let refused = Db::open(&location(&database), &birth()).await.unwrap_err();
        assert!(matches!(refused, OpenError::Newer { found: 99, .. }), "{refused}");
        assert_eq!(refused.code(), "database_newer");
    }
}

#[tokio::test]
async fn without_an_owner_an_old_schema_is_refused() {
    let database = TestDatabase::postgres();
    let application =
        Location::Postgres { url: database.url(APPLICATION_ROLE).unwrap(), owner_url: None };
    let refused = Db::open(&application, &birth()).await.unwrap_err();
    assert!(matches!(refused, OpenError::Older { found: 0, .. }), "{refused}");
    open(&database).await.close().await;
    Db::open(&application, &birth()).await.unwrap().close().await;
}

#[tokio::test]
async fn opening_again_keeps_the_epoch() {
    for database in TestDatabase::on_each_engine() {
        let mut epochs = Vec::new();
        for _ in 0..2 {
            let db = open(&database).await;
            let mut tx = db.global_read().await.unwrap();
            let row: (String, String, i64) = tx
                .one("SELECT epoch, instance_id, schema_version FROM server_meta", ())
                .await
                .unwrap();
            tx.commit().await.unwrap();
            db.close().await;
            epochs.push(row);
        }
        assert_eq!(epochs[0], epochs[1]);
    }
}

#[tokio::test]
async fn a_backfill_reaches_every_tenants_rows() {
    let migrations = [MIGRATIONS, &[BACKFILL]].concat();
    for database in TestDatabase::on_each_engine() {
        let db = open(&database).await;
        let mut tenants = Vec::new();
        for _ in 0..3 {
            tenants.push(tenant_with_site(&db).await);
        }
        match database.file() {
            Some(file) => {
                let pool = dialect::sqlite_writer(&file).await.unwrap();
                migrate::sqlite_with(&pool, &birth(), &migrations).await.unwrap();
            }
            None => {
                let url = database.url(OWNER_ROLE).unwrap();
                let mut owner = PgConnection::connect(&url).await.unwrap();
                migrate::postgres_with(&mut owner, APPLICATION_ROLE, &birth(), &migrations)
                    .await
                    .unwrap();
            }
        }
        for (tenant, site) in tenants {
            let mut tx = db.tenant_read(tenant).await.unwrap();
            let site = crate::sites::store::find(&mut tx, tenant, site).await.unwrap().unwrap();
            assert_eq!(site.draft.name, "Orchard!", "{:?}", db.engine());
        }
        db.close().await;
    }
}

/// What the migrating role's own policy is for: without it a backfill changes nothing and says so
/// to nobody.
#[tokio::test]
async fn without_the_owners_policy_a_backfill_would_be_silent() {
    let database = TestDatabase::postgres();
    let db = open(&database).await;
    tenant_with_site(&db).await;
    database.run_as_superuser("DROP POLICY owner_all ON site");
    let mut owner = PgConnection::connect(&database.url(OWNER_ROLE).unwrap()).await.unwrap();
    let done = sqlx::raw_sql(BACKFILL.sql).execute(&mut owner).await.unwrap();
    assert_eq!(done.rows_affected(), 0);
    db.close().await;
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing() {
    const BROKEN: Migration = Migration {
        number: known() + 1,
        sql: "CREATE TABLE half (id TEXT PRIMARY KEY); INSERT INTO nothing_there VALUES (1);",
    };
    let migrations = [MIGRATIONS, &[BROKEN]].concat();
    for database in TestDatabase::on_each_engine() {
        open(&database).await.close().await;
        let failed = match database.file() {
            Some(file) => {
                let pool = dialect::sqlite_writer(&file).await.unwrap();
                let failed = migrate::sqlite_with(&pool, &birth(), &migrations).await;
                pool.close().await;
                failed
            }
            None => {
                let url = database.url(OWNER_ROLE).unwrap();
                let mut owner = PgConnection::connect(&url).await.unwrap();
                migrate::postgres_with(&mut owner, APPLICATION_ROLE, &birth(), &migrations).await
            }
        };
        let failed = failed.unwrap_err();
        assert_eq!(failed.code(), "database_migration", "{failed}");
        open(&database).await.close().await; // Still the schema that this program knows.
    }
}
