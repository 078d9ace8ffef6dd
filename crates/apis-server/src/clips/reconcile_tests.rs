//! Rows and folder are compared both ways, and mass loss is doubted.

use std::fs;
use std::time::Duration;

use apis_protocol::Sha256Digest;
use apis_server_api::members::Role;

use super::avi::tests::{avi, picture};
use super::reconcile::{self, Counts, Doubt, Look};
use super::tests::{store, store_of};
use crate::audit::Actor;
use crate::clock::UnixMs;
use crate::ids::TenantId;
use crate::jobs;
use crate::media::Media;
use crate::quotas;
use crate::testing::{World, in_each_world};

const DAY: Duration = Duration::from_secs(24 * 3_600);

async fn look(world: &World) -> Look {
    reconcile::look(&world.app.db, &world.app.media, world.app.clock.now()).await.unwrap()
}

async fn used_bytes(world: &World, tenant: TenantId) -> i64 {
    let mut tx = world.app.db.tenant_read(tenant).await.unwrap();
    let (used, _) = quotas::standing(&mut tx, tenant).await.unwrap();
    tx.commit().await.unwrap();
    used
}

/// Clips of so many pictures each, and the paths of their objects.
async fn store_clips(world: &World, tenant: TenantId, count: usize) -> Vec<(String, Vec<u8>)> {
    let unit = world.unit(tenant).await.id.unwrap();
    let mut stored = Vec::new();
    for pictures in 1..=count {
        let whole = avi(&vec![picture(); pictures]);
        stored.push((store_of(world, tenant, unit, &whole).await, whole));
    }
    stored
}

fn object(world: &World, tenant: TenantId, whole: &[u8]) -> std::path::PathBuf {
    world.app.media.object(tenant, &Sha256Digest::of(whole).to_string())
}

/// Runs the daily job until nothing is due.
async fn a_day_passes(world: &World) {
    world.app.clock.advance(DAY);
    jobs::recurring::ensure(&world.app).await.unwrap();
    while jobs::runner::run_next(&world.app, "test").await.unwrap() {}
}

#[tokio::test]
async fn a_folder_that_is_as_the_index_says_gives_nothing_to_do() {
    in_each_world(async |world| {
        let tenant = world.tenant("House").await;
        store_clips(world, tenant, 3).await;
        let look = look(world).await;
        let whole = Counts { clips: 3, objects: 3, ..Counts::default() };
        assert_eq!((look.counts, look.doubt_of_loss), (whole, None));
    })
    .await;
}

#[tokio::test]
async fn a_clip_whose_bytes_are_gone_is_told_as_lost_and_comes_back_with_them() {
    in_each_world(async |world| {
        let tenant = world.tenant("House").await;
        let owner = world.member(tenant, Role::Owner).await;
        let clips = store_clips(world, tenant, 3).await;
        let used = used_bytes(world, tenant).await;
        let (path, whole) = &clips[0];
        let (cut_path, cut) = &clips[1];
        fs::rename(
            object(world, tenant, whole),
            object(world, tenant, whole).with_extension("away"),
        )
        .unwrap();
        fs::write(object(world, tenant, cut), &cut[..40]).unwrap();

        // Whoever asks before the check came by is told no less.
        assert_eq!(owner.get(path).await.refusal(), (410, "clip_lost".to_owned()));
        a_day_passes(world).await;
        let owner = world.session_of(&owner).await;
        for lost in [path, cut_path] {
            assert_eq!(owner.get(lost).await.refusal(), (410, "clip_lost".to_owned()));
        }
        assert_eq!(owner.get(&clips[2].0).await.status, 200);
        let gone = (whole.len() + cut.len()) as i64;
        assert_eq!(used_bytes(world, tenant).await, used - gone, "lost bytes are not used");
        let audit = owner.get("/api/v1/audit?limit=1").await.ok();
        assert_eq!(audit["items"][0]["action"], "clip.lost");
        assert_eq!(audit["items"][0]["detail"]["count"], 2);

        a_day_passes(world).await;
        let owner = world.session_of(&owner).await;
        let again = owner.get("/api/v1/audit?limit=1").await.ok();
        assert_eq!(again, audit, "told once");

        fs::write(object(world, tenant, whole), whole).unwrap();
        fs::write(object(world, tenant, cut), cut).unwrap();
        a_day_passes(world).await;
        let owner = world.session_of(&owner).await;
        assert_eq!(owner.get(path).await.bytes, *whole);
        assert_eq!(owner.get(cut_path).await.bytes, *cut);
        assert_eq!(used_bytes(world, tenant).await, used);
        let audit = owner.get("/api/v1/audit?limit=1").await.ok();
        assert_eq!(audit["items"][0]["action"], "clip.found");
    })
    .await;
}

#[tokio::test]
async fn an_object_that_no_clip_needs_is_counted_by_the_job_and_removed_by_the_operator_alone() {
    in_each_world(async |world| {
        let (tenant, other) = (world.tenant("House").await, world.tenant("Next").await);
        let clips = store_clips(world, tenant, 2).await;
        let left = object(world, tenant, b"left over");
        let foreign = object(world, other, &clips[0].1);
        for path in [&left, &foreign] {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"left over").unwrap();
        }
        let stray = left.with_extension("new");
        fs::write(&stray, b"?").unwrap();
        a_day_passes(world).await;
        assert!(left.exists() && foreign.exists(), "the job removes nothing");

        let found = look(world).await;
        let expected = Counts {
            clips: 2,
            objects: 4,
            unneeded: 2,
            unneeded_bytes: 18,
            strays: 1,
            ..Counts::default()
        };
        assert_eq!((found.counts, found.doubt_of_removal), (expected, None));
        reconcile::remove_unneeded(&world.app.db, &world.app.media, &found).await.unwrap();
        assert!(
            !left.exists() && !foreign.exists(),
            "the same bytes of another tenant are another's"
        );
        assert!(stray.exists(), "what is no object is not touched");
        let after = look(world).await.counts;
        assert_eq!((after.objects, after.unneeded), (2, 0));
    })
    .await;
}

#[tokio::test]
async fn an_object_that_is_announced_between_look_and_removal_stays() {
    in_each_world(async |world| {
        let tenant = world.tenant("House").await;
        let whole = avi(&[picture()]);
        let path = object(world, tenant, &whole);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &whole).unwrap();
        let found = look(world).await;
        assert_eq!(found.counts.unneeded, 1);
        store(world, tenant, &whole).await;
        reconcile::remove_unneeded(&world.app.db, &world.app.media, &found).await.unwrap();
        assert!(path.exists());
    })
    .await;
}

#[tokio::test]
async fn mass_loss_and_mass_removal_are_doubted() {
    in_each_world(async |world| {
        let tenant = world.tenant("House").await;
        let clips = store_clips(world, tenant, 25).await;
        assert_eq!(look(world).await.doubt_of_removal, Some(Doubt::IndexYoung));
        world.app.clock.advance(DAY);
        assert_eq!(look(world).await.doubt_of_removal, None);

        let folder = object(world, tenant, &clips[0].1);
        let folder = folder.parent().unwrap().parent().unwrap();
        let away = folder.with_extension("away");
        fs::rename(folder, &away).unwrap();
        let empty = look(world).await;
        assert_eq!(empty.counts.newly_missing, 25);
        assert_eq!(empty.doubt_of_loss, Some(Doubt::TooManyMissing));
        a_day_passes(world).await;
        fs::rename(&away, folder).unwrap();
        assert_eq!(look(world).await.counts.found_again, 0, "the job believed none of it");

        // An index that lost its rows.
        let mut tx = world.app.db.tenant_tx(tenant).await.unwrap();
        tx.execute("DELETE FROM clip WHERE id > (SELECT MIN(id) FROM clip)", ()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(look(world).await.doubt_of_removal, Some(Doubt::TooManyUnneeded));
        let mut tx = world.app.db.tenant_tx(tenant).await.unwrap();
        tx.execute("DELETE FROM clip", ()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(look(world).await.doubt_of_removal, Some(Doubt::IndexEmpty));
    })
    .await;
}

#[tokio::test]
async fn a_folder_of_another_index_is_not_believed() {
    in_each_world(async |world| {
        let tenant = world.tenant("House").await;
        let clips = store_clips(world, tenant, 2).await;
        fs::remove_file(object(world, tenant, &clips[0].1)).unwrap();
        world.app.media.set_epoch("another").unwrap();
        let look = reconcile::look(&world.app.db, &world.app.media, UnixMs(i64::MAX / 2));
        let look = look.await.unwrap();
        let foreign = Some(Doubt::FolderForeign);
        assert_eq!((look.doubt_of_loss, look.doubt_of_removal), (foreign, foreign));
        // A start does not take it over either.
        reconcile::take_empty_folder(&world.app.db, &world.app.media).await.unwrap();
        assert_eq!(world.app.media.epoch().unwrap().unwrap(), "another");
        a_day_passes(world).await;
        let owner = world.member(tenant, Role::Owner).await;
        let audit = owner.get("/api/v1/audit?limit=1").await.ok();
        assert_ne!(audit["items"][0]["action"], "clip.lost");
    })
    .await;
}

#[tokio::test]
async fn a_start_on_a_disk_that_is_not_mounted_does_not_take_its_mount_point_for_the_folder() {
    in_each_world(async |world| {
        let tenant = world.tenant("House").await;
        store_clips(world, tenant, 2).await;
        let empty = tempfile::tempdir().unwrap();
        let mount_point = Media::open(empty.path().to_owned()).unwrap();
        reconcile::take_empty_folder(&world.app.db, &mount_point).await.unwrap();
        assert_eq!(mount_point.epoch().unwrap(), None);
        let look = reconcile::look(&world.app.db, &mount_point, world.app.clock.now()).await;
        let look = look.unwrap();
        assert_eq!((look.counts.missing, look.doubt_of_loss), (2, Some(Doubt::FolderForeign)));
    })
    .await;
}

/// Told by hand, as the operator's command does.
#[tokio::test]
async fn a_loss_that_the_operator_tells_is_the_operators_in_the_audit() {
    in_each_world(async |world| {
        let tenant = world.tenant("House").await;
        let clips = store_clips(world, tenant, 1).await;
        fs::remove_file(object(world, tenant, &clips[0].1)).unwrap();
        let found = look(world).await;
        let now = world.app.clock.now();
        reconcile::tell_losses(&world.app.db, &found, Actor::Operator, now).await.unwrap();
        let owner = world.member(tenant, Role::Owner).await;
        let audit = owner.get("/api/v1/audit?limit=1").await.ok();
        assert_eq!(audit["items"][0]["actor"], "operator");
        assert_eq!(look(world).await.counts, Counts { clips: 1, missing: 1, ..Counts::default() });
    })
    .await;
}
