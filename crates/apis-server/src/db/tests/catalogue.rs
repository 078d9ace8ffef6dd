//! Both engines' catalogues say what the design says of keys, references and global tables.

use std::collections::{BTreeMap, BTreeSet};

use apis_testkit::database::OWNER_ROLE;
use sqlx::{Connection as _, PgConnection};

use crate::db::{Engine, Scope, TABLES, dialect};
use crate::ids::TenantId;
use crate::route_tests::stage::Stage;
use crate::testing::{World, in_each_world};

/// Tables of one row a tenant: there, the tenant is the key.
const ONE_A_TENANT: [&str; 3] = ["audit_head", "tenant_key", "storage_use"];

/// Global tables of the closed list that have no content yet.
const LATER: [&str; 1] = ["release"];

fn is_tenants(name: &str) -> bool {
    TABLES.iter().any(|table| table.name == name && table.scope == Scope::Tenant)
}

/// Each table with the columns of its primary key, in their order.
async fn primary_keys(world: &World) -> BTreeMap<String, Vec<String>> {
    let sql = match world.app.db.engine() {
        Engine::Sqlite => {
            "SELECT m.name, c.name
             FROM sqlite_master m JOIN pragma_table_info(m.name) c
             WHERE m.type = 'table' AND 0 < c.pk
             ORDER BY m.name, c.pk"
        }
        Engine::Postgres => {
            "SELECT CAST(t.relname AS TEXT), CAST(a.attname AS TEXT)
             FROM pg_constraint c
             JOIN pg_class t ON t.oid = c.conrelid
             CROSS JOIN LATERAL unnest(c.conkey) WITH ORDINALITY AS k (own, place)
             JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.own
             WHERE c.contype = 'p' AND c.connamespace = current_schema()::regnamespace
             ORDER BY t.relname, k.place"
        }
    };
    let mut tx = world.app.db.global_read().await.unwrap();
    let rows: Vec<(String, String)> = tx.all(sql, ()).await.unwrap();
    tx.commit().await.unwrap();
    let mut keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (table, column) in rows {
        keys.entry(table).or_default().push(column);
    }
    keys
}

/// One reference: whose, to what, and the pairs of columns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Reference {
    table: String,
    to: String,
    columns: Vec<(String, String)>,
}

async fn references(world: &World) -> BTreeSet<Reference> {
    let sql = match world.app.db.engine() {
        Engine::Sqlite => {
            "SELECT m.name, f.\"table\", CAST(f.id AS TEXT), f.\"from\", f.\"to\"
             FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f
             WHERE m.type = 'table'
             ORDER BY m.name, f.id, f.seq"
        }
        Engine::Postgres => {
            "SELECT CAST(t.relname AS TEXT), CAST(r.relname AS TEXT), CAST(c.oid AS TEXT),
                    CAST(a.attname AS TEXT), CAST(b.attname AS TEXT)
             FROM pg_constraint c
             JOIN pg_class t ON t.oid = c.conrelid
             JOIN pg_class r ON r.oid = c.confrelid
             CROSS JOIN LATERAL unnest(c.conkey, c.confkey) WITH ORDINALITY AS k (own, other, place)
             JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.own
             JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = k.other
             WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace
             ORDER BY t.relname, c.oid, k.place"
        }
    };
    let mut tx = world.app.db.global_read().await.unwrap();
    let rows: Vec<(String, String, String, String, String)> = tx.all(sql, ()).await.unwrap();
    tx.commit().await.unwrap();
    let mut found: BTreeMap<(String, String), Reference> = BTreeMap::new();
    for (table, to, id, own, other) in rows {
        let reference = Reference { table: table.clone(), to, columns: Vec::new() };
        found.entry((table, id)).or_insert(reference).columns.push((own, other));
    }
    found.into_values().collect()
}

#[tokio::test]
async fn every_tenant_table_has_the_tenant_and_the_id_as_its_key() {
    in_each_world(async |world| {
        let keys = primary_keys(world).await;
        let known: BTreeSet<&str> = TABLES.iter().map(|table| table.name).collect();
        let found: BTreeSet<&str> = keys.keys().map(String::as_str).collect();
        assert_eq!(found, known, "every table has a key and is listed");
        for table in TABLES.iter().filter(|table| table.scope == Scope::Tenant) {
            let expected: &[&str] = if ONE_A_TENANT.contains(&table.name) {
                &["tenant_id"]
            } else {
                &["tenant_id", "id"]
            };
            assert_eq!(keys[table.name], expected, "{}", table.name);
        }
    })
    .await;
}

#[test]
fn the_architecture_lists_exactly_the_global_tables() {
    let text = include_str!("../../../../../ARCHITECTURE.md");
    let (_, section) = text.split_once("## Global tables").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let list = section.lines().find(|line| line.starts_with("`account`")).unwrap();
    let listed: BTreeSet<&str> = list.split('`').skip(1).step_by(2).collect();
    let globals = TABLES.iter().filter(|table| table.scope == Scope::Global);
    let globals: BTreeSet<&str> = globals.map(|table| table.name).chain(LATER).collect();
    assert_eq!(listed, globals);
    let named: BTreeSet<&str> = section.split('`').skip(1).step_by(2).collect();
    assert!(ONE_A_TENANT.iter().all(|table| named.contains(table)), "{section}");
}

#[tokio::test]
async fn every_reference_names_the_tenant_and_none_can_cross_tenants() {
    let mut on_engines = Vec::new();
    for database in apis_testkit::database::TestDatabase::on_each_engine() {
        let world = World::new(database).await;
        let (own, foreign) = (Stage::new(&world, "Own").await, Stage::new(&world, "Foreign").await);
        for unit in [&own.unit, &foreign.unit] {
            assert!(unit.beat().await.status.is_success());
        }
        world.app.units.heartbeats.write_all().await;

        let references = references(&world).await;
        let mut tried_count = 0;
        for reference in &references {
            if !is_tenants(&reference.to) {
                continue;
            }
            let pair = |own: &str, other: &str| (own.to_owned(), other.to_owned());
            let [first, second] = reference.columns.as_slice() else { panic!("{reference:?}") };
            assert_eq!(*first, pair("tenant_id", "tenant_id"), "{reference:?}");
            assert_eq!(second.1, "id", "{reference:?}");
            assert!(is_tenants(&reference.table), "a global table holds a tenant's: {reference:?}");
            let point_to = async |whose| point_at(&world, reference, own.tenant, whose).await;
            assert!(0 < point_to(own.tenant).await.unwrap(), "a row to try it on: {reference:?}");
            let refused = point_to(foreign.tenant).await.unwrap_err();
            let refused = refused.as_database_error().map(|error| error.kind());
            assert_eq!(refused, Some(sqlx::error::ErrorKind::ForeignKeyViolation), "{reference:?}");
            tried_count += 1;
        }
        assert!(12 <= tried_count, "the catalogue is really read: {references:?}");
        world.app.db.close().await;
        on_engines.push(references);
    }
    assert_eq!(on_engines[0], on_engines[1], "both engines hold the same references");
}

/// Points every row of `own` at something of `whose`, past grants and policies: the owner's hand.
/// Returns how many rows it pointed.
async fn point_at(
    world: &World,
    reference: &Reference,
    own: TenantId,
    whose: TenantId,
) -> Result<u64, sqlx::Error> {
    let Reference { table, to, columns } = reference;
    let column = &columns[1].0;
    let sql = format!(
        "UPDATE {table}
         SET {column} = (SELECT MIN(id) FROM {to} WHERE tenant_id = '{whose}')
         WHERE tenant_id = '{own}'"
    );
    let sql = sqlx::AssertSqlSafe(sql);
    match (world.database.file(), world.database.url(OWNER_ROLE)) {
        (Some(file), _) => {
            let pool = dialect::sqlite_writer(&file).await.unwrap();
            let done = sqlx::query(sql).execute(&pool).await.map(|done| done.rows_affected());
            pool.close().await;
            done
        }
        (None, url) => {
            let mut owner = PgConnection::connect(&url.unwrap()).await?;
            sqlx::query(sql).execute(&mut owner).await.map(|done| done.rows_affected())
        }
    }
}
