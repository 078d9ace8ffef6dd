//! A disk that is really full: a tmpfs of 4 MiB in a mount namespace of the test's own.
//!
//! The test starts itself again under `unshare`, which mounts the tmpfs; a machine on which that is
//! not allowed makes the test fail and say so.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use apis_protocol::upload::{UploadKind, UploadMetadata};
use apis_protocol::{Sha256Digest, UnitId, VisitId};
use bytes::Bytes;
use futures_util::stream;

use super::{Limits, Patch, UploadError, Uploads};
use crate::clips::avi::tests::{avi, picture};
use crate::clock::Clock;
use crate::ids::{NewId as _, TenantId};
use crate::media::Media;
use crate::testing::{START, in_each_world};

const FOLDER: &str = "APIS_TEST_SMALL_DISK";
const NAME: &str =
    "uploads::full_disk_tests::a_full_disk_refuses_early_keeps_what_it_has_and_goes_on_later";

#[test]
fn a_full_disk_refuses_early_keeps_what_it_has_and_goes_on_later() {
    match std::env::var_os(FOLDER) {
        Some(folder) => check(Path::new(&folder)),
        None => start_again_on_a_small_disk(),
    }
}

fn start_again_on_a_small_disk() {
    let folder = tempfile::tempdir().unwrap();
    let is_root = rustix::process::getuid().is_root();
    let namespace: &[&str] =
        if is_root { &["--mount"] } else { &["--user", "--map-root-user", "--mount"] };
    let script = r#"mount -t tmpfs -o size=4m tmpfs "$0" && exec "$@""#;
    let outcome = Command::new("unshare")
        .args(namespace)
        .args(["sh", "-c", script])
        .arg(folder.path())
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", NAME, "--nocapture"])
        .env(FOLDER, folder.path())
        .output()
        .expect("unshare (util-linux) is there");
    let (out, err) =
        (String::from_utf8_lossy(&outcome.stdout), String::from_utf8_lossy(&outcome.stderr));
    assert!(
        outcome.status.success() && out.contains("1 passed"),
        "needs the right to mount a tmpfs in a mount namespace (root, or user namespaces):\n{out}\n{err}"
    );
}

fn check(folder: &Path) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(in_each_world(async |world| {
        let tenant = world.tenant("House").await;
        let unit = world.unit(tenant).await.id.unwrap();
        let media = Media::open(folder.join(TenantId::new_at(START).to_string())).unwrap();
        let limits = Limits { free_bytes_min: 64 * 1024, ..Limits::default() };
        let db = world.app.db.clone();
        let uploads = Uploads::new(db, Clock::movable(START), media, limits);
        fill_and_free(&uploads, tenant, unit, folder.join("hog")).await;
    }));
}

async fn fill_and_free(uploads: &Uploads, tenant: TenantId, unit: UnitId, hog: PathBuf) {
    let whole = avi(&vec![picture(); 4_000]);
    assert!((1 << 20) < whole.len() && whole.len() < (3 << 20), "{}", whole.len());
    let metadata = UploadMetadata {
        visit_id: VisitId::from_bytes([4; 16]),
        kind: UploadKind::Clip,
        sha256: Sha256Digest::of(&whole),
    };
    let too_long = uploads.create(tenant, unit, metadata, 5 << 20).await;
    assert!(matches!(too_long, Err(UploadError::NoRoom(_))), "{too_long:?}");
    let created = uploads.create(tenant, unit, metadata, whole.len() as u64).await.unwrap();
    let send = async |offset: u64| {
        let rest = &whole[usize::try_from(offset).unwrap()..];
        let patch = Patch { offset, length: rest.len() as u64, digest: Sha256Digest::of(rest) };
        let body = stream::iter(vec![Ok::<_, ()>(Bytes::copy_from_slice(rest))]);
        uploads.receive(tenant, unit, created.id, patch, body).await
    };

    // Somebody else fills the disk after the room was promised: there is none for a second whole,
    // and the first has what was promised.
    let mut size = 4 << 20;
    while fs::write(&hog, vec![0; size]).is_err() {
        size -= 16 * 1024;
    }
    let other = UploadMetadata { visit_id: VisitId::from_bytes([5; 16]), ..metadata };
    let refused = uploads.create(tenant, unit, other, 64).await;
    assert!(matches!(refused, Err(UploadError::NoRoom(_))), "{refused:?}");
    let half = &whole[..whole.len() / 2];
    let patch = Patch { offset: 0, length: half.len() as u64, digest: Sha256Digest::of(half) };
    let body = stream::iter(vec![Ok::<_, ()>(Bytes::copy_from_slice(half))]);
    let stands = uploads.receive(tenant, unit, created.id, patch, body).await.unwrap();
    assert_eq!(stands.offset(), half.len() as u64);

    // A disk that does not keep its promise: what is acknowledged stays, and it goes on later.
    let part = uploads.room.media.incoming(&tenant.to_string()).join(created.id.to_string());
    fs::File::options().write(true).open(part).unwrap().set_len(half.len() as u64).unwrap();
    fs::write(hog.with_extension("more"), vec![0; whole.len()]).unwrap_err();
    let refused = send(half.len() as u64).await;
    assert!(matches!(refused, Err(UploadError::NoRoom(_))), "{refused:?}");
    let stands = uploads.stand(tenant, unit, created.id).await;
    assert_eq!(stands.unwrap().offset(), half.len() as u64);
    fs::remove_file(&hog).unwrap();
    fs::remove_file(hog.with_extension("more")).unwrap();
    let done = send(half.len() as u64).await.unwrap();
    assert_eq!(done.offset(), whole.len() as u64);
    assert_eq!(done.stage, super::Stage::Stored);
    uploads.sweep(tenant).await.unwrap();
}
