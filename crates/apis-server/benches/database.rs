//! What the database seam does in a second, on both engines, durable as in production.
//!
//! `cargo bench -p apis-server --bench database` prints one line of JSON per engine and figure; the
//! figures stand in `docs/adr/0001-database-seam.md`. The folder is the temporary one (`TMPDIR`):
//! on a memory disk the figures mean nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use apis_server::app::Operator;
use apis_server::audit::{self, Actor, Entry};
use apis_server::clock::{Clock, UnixMs};
use apis_server::db::{Birth, Db, DbError, GroupCommitter, GroupedInsert, Location, Value};
use apis_server::ids::TenantId;
use apis_server::{random, tenants};
use apis_testkit::database::{APPLICATION_ROLE, OWNER_ROLE, make_database};
use apis_testkit::postgres::{Cluster, Durability};
use serde_json::json;

/// How long each figure is counted.
const SPAN: Duration = Duration::from_secs(4);

/// Requests that wait for a grouped insert at once: a busy minute of 100,000 units' heartbeats.
const GROUP_CALLER_COUNT: usize = 512;

/// Requests under way at once otherwise.
const CALLER_COUNT: usize = 16;

const NONCES: GroupedInsert = GroupedInsert { table: "nonce", columns: &["id", "expires_at_ms"] };

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().expect("the temporary folder is writable");
    let file = folder.path().join("apis.sqlite");
    measure(open(&Location::Sqlite { file }).await).await;

    let cluster = Cluster::start(Durability::Disk).expect("PostgreSQL starts");
    make_database(&cluster, "apis").expect("a superuser may make a database");
    let location = Location::Postgres {
        url: cluster.url(APPLICATION_ROLE, "apis"),
        owner_url: Some(cluster.url(OWNER_ROLE, "apis")),
    };
    measure(open(&location).await).await;
}

async fn open(location: &Location) -> Db {
    let now = Clock::system().now();
    let birth =
        Birth { epoch: random::uuid_v7(now).to_string(), instance_id: random::instance_id(), now };
    Db::open(location, &birth).await.expect("an empty database opens")
}

async fn measure(db: Db) {
    let clock = Clock::system();
    let operator = Operator { db: db.clone(), clock: clock.clone() };
    let mut tenants = Vec::new();
    for number in 0..CALLER_COUNT {
        let name = format!("Tenant {number}");
        tenants.push(tenants::create::create(&operator, &name).await.expect("a tenant is made"));
    }
    let engine = db.engine().word();
    let told = |figure: &str, rate: f64| {
        println!("{}", json!({ "engine": engine, "figure": figure, "per_second": rate.round() }));
    };
    let committer = GroupCommitter::start(db.clone(), NONCES);
    told(
        "grouped nonce inserts",
        rate(GROUP_CALLER_COUNT, async |_| insert_grouped(&committer).await).await,
    );
    told("single nonce inserts", rate(CALLER_COUNT, async |_| insert_single(&db).await).await);
    told(
        "reads of a tenant",
        rate(CALLER_COUNT, async |caller| read(&db, tenants[caller]).await).await,
    );
    told(
        "writes with change number and audit",
        rate(CALLER_COUNT, async |caller| write(&db, tenants[caller], clock.now()).await).await,
    );
    db.close().await;
}

/// Runs `work` again and again in `caller_count` callers and returns how often a second.
async fn rate(caller_count: usize, work: impl AsyncFn(usize) -> Result<(), DbError>) -> f64 {
    let (count, is_over) = (AtomicU64::new(0), Arc::new(AtomicBool::new(false)));
    let begun = Instant::now();
    let timer = tokio::spawn({
        let is_over = is_over.clone();
        async move {
            tokio::time::sleep(SPAN).await;
            is_over.store(true, Ordering::Relaxed);
        }
    });
    let callers = (0..caller_count).map(async |caller| {
        while !is_over.load(Ordering::Relaxed) {
            work(caller).await.expect("the database answers");
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    futures_util::future::join_all(callers).await;
    timer.await.expect("the timer ends");
    count.into_inner() as f64 / begun.elapsed().as_secs_f64()
}

fn nonce() -> String {
    random::bytes::<16>().map(|byte| format!("{byte:02x}")).concat()
}

async fn insert_grouped(committer: &GroupCommitter) -> Result<(), DbError> {
    let is_new = committer.insert(nonce(), vec![Value::Int(Some(1))]).await?;
    assert!(is_new, "a random nonce is new");
    Ok(())
}

async fn insert_single(db: &Db) -> Result<(), DbError> {
    let mut tx = db.global_tx().await?;
    let insert = "INSERT INTO nonce (id, expires_at_ms) VALUES ($1, $2)";
    tx.execute(insert, (nonce(), 1_i64)).await?;
    tx.commit().await
}

async fn read(db: &Db, tenant: TenantId) -> Result<(), DbError> {
    let mut tx = db.tenant_read(tenant).await?;
    let select = "SELECT name, change_seq FROM tenant WHERE id = $1";
    let _: (String, i64) = tx.one(select, (tenant,)).await?;
    tx.commit().await
}

async fn write(db: &Db, tenant: TenantId, now: UnixMs) -> Result<(), DbError> {
    let mut tx = db.tenant_tx(tenant).await?;
    let change_seq = tenants::take_change_seq(&mut tx, tenant).await?;
    let entry = Entry {
        actor: Actor::Server,
        action: "bench.write",
        subject: format!("tenant:{tenant}"),
        detail: json!({ "change_seq": change_seq }),
    };
    audit::append(&mut tx, tenant, entry, now).await?;
    tx.commit().await
}
