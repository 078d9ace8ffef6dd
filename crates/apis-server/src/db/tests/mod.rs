//! The pitfalls of two engines and of row-level security, each with a test.
//! `docs/design/data.md` lists them with the names of these tests.

mod catalogue;
mod engines;
mod groups;
mod order;
mod schema;
mod security;
mod tenancy;
mod texts;

use crate::db::{Db, DbError};
use crate::ids::{HiveId, NewId as _, SiteId, TenantId};
use crate::testing::START;

/// A tenant with one site and one hive, written as the slices do.
pub(super) async fn tenant_with_site(db: &Db) -> (TenantId, SiteId) {
    let tenant = TenantId::new_at(START);
    let mut tx = db.tenant_tx(tenant).await.unwrap();
    crate::tenants::store::insert(&mut tx, tenant, "Bees", 1, START).await.unwrap();
    tx.commit().await.unwrap();
    let site = insert_site(db, tenant, "Orchard").await;
    let mut tx = db.tenant_tx(tenant).await.unwrap();
    insert_hive(&mut tx, tenant, site).await.unwrap();
    tx.commit().await.unwrap();
    (tenant, site)
}

/// A site with the tenant's next change number.
pub(super) async fn insert_site(db: &Db, tenant: TenantId, name: &str) -> SiteId {
    let id = SiteId::new_at(START);
    let draft = crate::sites::model::Draft {
        id,
        name: name.to_owned(),
        place: None,
        time_zone: "UTC".to_owned(),
    };
    let mut tx = db.tenant_tx(tenant).await.unwrap();
    let change_seq = crate::tenants::take_change_seq(&mut tx, tenant).await.unwrap();
    crate::sites::store::insert(&mut tx, tenant, &draft, change_seq, START).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// A hive of `tenant` at `site`, whosever that is.
pub(super) async fn insert_hive(
    tx: &mut crate::db::Tx,
    tenant: TenantId,
    site: SiteId,
) -> Result<bool, DbError> {
    let draft =
        crate::hives::model::Draft { id: HiveId::new_at(START), site, name: "1".to_owned() };
    let change_seq = crate::tenants::take_change_seq(tx, tenant).await?;
    crate::hives::store::insert(tx, tenant, &draft, change_seq, START).await
}
