//! The hash of everything that is one tenant's, in every table and on the disk.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::app::App;
use crate::db::{Db, Engine, Sql, TABLES, Tx};
use crate::ids::TenantId;

/// SHA-256 over every row of the tenant in every table that names it, and over its files.
pub async fn hash(app: &App, tenant: TenantId) -> String {
    let db = &app.db;
    let mut digest = Sha256::new();
    let mut row_count = 0;
    let mut tx = db.tenant_read(tenant).await.unwrap();
    for table in TABLES {
        let columns = columns(&mut tx, db.engine(), table.name).await;
        let whose = match table.name {
            "tenant" => "id",
            _ if columns.iter().any(|column| column == "tenant_id") => "tenant_id",
            _ => continue,
        };
        let fields: Vec<String> =
            columns.iter().map(|column| format!("COALESCE(CAST({column} AS TEXT), '-')")).collect();
        let sql = format!(
            "SELECT {} FROM {} WHERE {whose} = $1 ORDER BY 1",
            fields.join(" || ';' || "),
            table.name
        );
        let rows: Vec<(String,)> = tx.all(Sql::built(sql), (tenant,)).await.unwrap();
        row_count += rows.len();
        for (row,) in rows {
            digest.update(table.name);
            digest.update(row);
        }
    }
    tx.commit().await.unwrap();
    assert!(10 < row_count, "the foreign tenant has things to change: {row_count} rows");
    let files = files(&app.config.media_folder(), &tenant.to_string());
    assert!(2 <= files.len(), "a clip and the beginning of one lie on the disk: {files:?}");
    for file in files {
        digest.update(file.as_os_str().as_encoded_bytes());
        digest.update(fs::read(&file).unwrap());
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the tenant's audit holds, in its order.
pub async fn audited_actions(db: &Db, tenant: TenantId) -> Vec<String> {
    let mut tx = db.tenant_read(tenant).await.unwrap();
    let sql = "SELECT action FROM audit WHERE tenant_id = $1 ORDER BY sequence";
    let actions: Vec<(String,)> = tx.all(sql, (tenant,)).await.unwrap();
    tx.commit().await.unwrap();
    actions.into_iter().map(|(action,)| action).collect()
}

/// The files under `folder` whose path names the tenant, sorted.
fn files(folder: &Path, tenant: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, tenant));
        } else if path.components().any(|part| part.as_os_str() == tenant) {
            found.push(path);
        }
    }
    found.sort();
    found
}

async fn columns(tx: &mut Tx, engine: Engine, table: &str) -> Vec<String> {
    let sql = match engine {
        Engine::Sqlite => "SELECT name FROM pragma_table_info($1) ORDER BY cid",
        Engine::Postgres => {
            "SELECT CAST(column_name AS TEXT) FROM information_schema.columns
             WHERE table_name = $1 ORDER BY ordinal_position"
        }
    };
    let columns: Vec<(String,)> = tx.all(sql, (table,)).await.unwrap();
    columns.into_iter().map(|(name,)| name).collect()
}
