//! The server stops between every two steps of an upload, and nothing acknowledged is lost.
//!
//! Each case runs the same upload in a runtime of its own, which is thrown away at the N-th step;
//! then everything is opened again from disk and database, checked, and carried to its end.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use apis_protocol::upload::{UploadKind, UploadMetadata};
use apis_protocol::{Sha256Digest, UnitId, VisitId};
use apis_testkit::database::TestDatabase;
use bytes::Bytes;
use futures_util::stream;

use super::model::Upload;
use super::{Limits, Patch, Stage, UploadError, Uploads};
use crate::clips::avi::tests::{avi, picture};
use crate::clock::Clock;
use crate::db::Db;
use crate::hold::stops;
use crate::ids::{NewId as _, TenantId};
use crate::media::Media;
use crate::media::durable::power;
use crate::testing::{self, START};
use crate::{clips, quotas};

const UNIT: UnitId = UnitId::from_bytes([1; 16]);
const LIMIT_BYTES: i64 = 100_000;

/// One way an upload may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Story {
    /// An AVI in two requests, the second cut and continued.
    Clip,
    /// Bytes that are no AVI.
    NotAClip,
    /// A whole that is not what its creation promised, then the right one.
    WrongWhole,
    /// Begun and ended by the unit.
    Ended,
    /// Begun, forgotten and swept.
    Swept,
}

const STORIES: [Story; 5] =
    [Story::Clip, Story::NotAClip, Story::WrongWhole, Story::Ended, Story::Swept];

struct House<'d> {
    database: &'d TestDatabase,
    folder: tempfile::TempDir,
    tenant: TenantId,
    visit: VisitId,
}

/// What the unit knows: the highest offset it was told, and whether it was told the end.
#[derive(Debug, Default, Clone)]
struct Told {
    offset: u64,
    is_created: bool,
    has_restarted: bool,
}

fn whole(story: Story) -> Vec<u8> {
    match story {
        Story::Clip | Story::WrongWhole | Story::Ended | Story::Swept => {
            avi(&[picture(), Vec::new(), picture()])
        }
        Story::NotAClip => b"this is a text and not a clip at all, whatever it says".to_vec(),
    }
}

fn patch(offset: usize, bytes: &[u8]) -> Patch {
    Patch { offset: offset as u64, length: bytes.len() as u64, digest: Sha256Digest::of(bytes) }
}

fn body(bytes: &[u8]) -> impl futures_util::Stream<Item = Result<Bytes, ()>> + Send + 'static {
    let chunks: Vec<_> = bytes.chunks(7).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    stream::iter(chunks)
}

impl House<'_> {
    async fn open(&self, clock: &Clock) -> (Db, Uploads) {
        let db = testing::open(self.database).await;
        let limits = Limits { free_bytes_min: 0, ..Limits::default() };
        let uploads = Uploads::new(db.clone(), clock.clone(), self.media(), limits);
        (db, uploads)
    }

    fn media(&self) -> Media {
        Media::open(self.folder.path().join("media")).unwrap()
    }

    /// Does what the job of a clip does, for every one that waits.
    async fn run_jobs(&self, db: &Db) {
        let mut tx = db.global_tx().await.unwrap();
        let jobs = tx.all::<(String,)>("DELETE FROM job RETURNING payload", ()).await.unwrap();
        tx.commit().await.unwrap();
        for (payload,) in jobs {
            let payload: serde_json::Value = serde_json::from_str(&payload).unwrap();
            let id = payload["clip_id"].as_str().unwrap().parse().unwrap();
            clips::verify(db, &self.media(), self.tenant, id, START).await.unwrap();
        }
    }

    fn metadata(&self, story: Story) -> UploadMetadata {
        let sha256 = Sha256Digest::of(&whole(story));
        UploadMetadata { visit_id: self.visit, kind: UploadKind::Clip, sha256 }
    }

    /// Goes through a story as a unit does: asks where the server stands, sends what is missing,
    /// until it is told the end. `told` outlives a stop, as the unit does.
    async fn tell(&self, story: Story, uploads: &Uploads, clock: &Clock, told: &Shared) {
        let bytes = whole(story);
        let (tenant, metadata) = (self.tenant, self.metadata(story));
        let created = uploads.create(tenant, UNIT, metadata, bytes.len() as u64).await.unwrap();
        told.update(|told| told.is_created = true);
        let id = created.id;
        if story == Story::WrongWhole && !told.get().has_restarted {
            let mut wrong = bytes.clone();
            wrong[20] ^= 1;
            let at = uploads.stand(tenant, UNIT, id).await;
            if let Ok(Upload { stage: Stage::Receiving { offset: 0 }, .. }) = at {
                let sent = uploads.receive(tenant, UNIT, id, patch(0, &wrong), body(&wrong)).await;
                assert!(matches!(sent, Err(UploadError::ObjectMismatch)), "{sent:?}");
            }
        }
        let half = bytes.len() / 2;
        let upload = loop {
            let upload = match uploads.stand(tenant, UNIT, id).await {
                Err(UploadError::ObjectMismatch) if story == Story::WrongWhole => continue,
                other => other.unwrap(),
            };
            assert!(told.get().offset <= upload.offset(), "{story:?}: an offset was forgotten");
            if upload.stage != (Stage::Receiving { offset: upload.offset() }) {
                break upload;
            }
            if upload.offset() >= half as u64 && matches!(story, Story::Ended | Story::Swept) {
                break upload;
            }
            let start = usize::try_from(upload.offset()).unwrap();
            let stop = if start < half { half } else { bytes.len() };
            let part = &bytes[start..stop];
            let sent = uploads.receive(tenant, UNIT, id, patch(start, part), body(part)).await;
            let sent = sent.unwrap();
            told.update(|told| told.offset = sent.offset());
        };
        match story {
            Story::Clip | Story::WrongWhole => assert_eq!(upload.stage, Stage::Stored),
            Story::NotAClip => assert_eq!(upload.stage, Stage::Rejected),
            Story::Ended => {
                told.update(|told| *told = Told::default());
                uploads.end(tenant, UNIT, id).await.unwrap();
            }
            Story::Swept => {
                told.update(|told| *told = Told::default());
                clock.advance(Duration::from_secs(8 * 24 * 3_600));
                uploads.sweep(tenant).await.unwrap();
            }
        }
    }

    /// What must hold at every moment: the counters are the sums of their rows.
    async fn check_sums(&self, db: &Db) {
        let mut tx = db.tenant_read(self.tenant).await.unwrap();
        let (reserved,) = tx
            .one::<(i64,)>(
                "SELECT CAST(COALESCE(SUM(length_bytes), 0) AS BIGINT)
                 FROM upload WHERE tenant_id = $1 AND stage = 'receiving'",
                (self.tenant,),
            )
            .await
            .unwrap();
        let (used,) = tx
            .one::<(i64,)>(
                "SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT)
                 FROM clip WHERE tenant_id = $1 AND state IN ('unverified', 'stored')",
                (self.tenant,),
            )
            .await
            .unwrap();
        assert_eq!(quotas::standing(&mut tx, self.tenant).await.unwrap(), (used, reserved));
    }

    /// What must hold once all is over: no file without a row, no row without a file.
    async fn check_no_orphans(&self, db: &Db, story: Story) {
        self.check_sums(db).await;
        let mut tx = db.tenant_read(self.tenant).await.unwrap();
        let kept = tx
            .all::<(String,)>(
                "SELECT sha256 FROM clip WHERE tenant_id = $1 AND state <> 'rejected'",
                (self.tenant,),
            )
            .await
            .unwrap();
        let kept: Vec<String> = kept.into_iter().map(|(sha256,)| sha256).collect();
        let folder = self.folder.path().join("media");
        assert_eq!(files_under(&folder.join("incoming")), Vec::<String>::new(), "{story:?}");
        assert_eq!(files_under(&folder.join("objects")), kept, "{story:?}");
        let expected = usize::from(matches!(story, Story::Clip | Story::WrongWhole));
        assert_eq!(kept.len(), expected, "{story:?}");
    }
}

/// What the unit was told, kept outside the runtime that is thrown away.
#[derive(Clone, Default)]
struct Shared(std::sync::Arc<std::sync::Mutex<Told>>);

impl Shared {
    fn update(&self, change: impl FnOnce(&mut Told)) {
        change(&mut self.0.lock().unwrap());
    }

    fn get(&self) -> Told {
        self.0.lock().unwrap().clone()
    }
}

fn files_under(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .flat_map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files_under(&path)
            } else {
                vec![path.file_name().unwrap().to_string_lossy().into_owned()]
            }
        })
        .collect();
    names.sort();
    names
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// It is killed: what was written stands.
    Kill,
    /// The power fails: what was not made safe is gone.
    PowerCut,
}

/// Runs a story that stops at its N-th step; returns the step's name, or `None` when the story
/// has fewer steps.
fn check_stop(
    house: &House<'_>,
    story: Story,
    pass_count: usize,
    end: End,
) -> Option<&'static str> {
    let clock = Clock::movable(START);
    let told = Shared::default();
    let first = runtime();
    let stopped = first.block_on(async {
        let (db, uploads) = house.open(&clock).await;
        let stopped = stops::after(pass_count);
        tokio::select! {
            step = stopped => Some(step.unwrap()),
            () = house.tell(story, &uploads, &clock, &told) => { db.close().await; None }
        }
    });
    // Everything in flight is dropped where it stands, as a kill would leave it.
    drop(first);
    if end == End::PowerCut {
        power::cut(&house.folder.path().join("media"));
    }
    told.update(|told| told.has_restarted = true);
    let second = runtime();
    second.block_on(async {
        let (db, uploads) = house.open(&clock).await;
        house.check_sums(&db).await;
        if stopped.is_some() {
            house.tell(story, &uploads, &clock, &told).await;
        }
        house.run_jobs(&db).await;
        uploads.sweep(house.tenant).await.unwrap();
        house.check_no_orphans(&db, story).await;
        db.close().await;
    });
    stopped
}

#[test]
fn a_stop_between_any_two_steps_of_an_upload_loses_nothing() {
    let [sqlite, postgres] = TestDatabase::on_each_engine();
    let (steps, twin) = std::thread::scope(|scope| {
        let sqlite = scope.spawn(|| stop_everywhere(&sqlite, End::Kill));
        let postgres = scope.spawn(|| stop_everywhere(&postgres, End::Kill));
        (sqlite.join().unwrap(), postgres.join().unwrap())
    });
    assert_eq!(steps, twin);
    let expected = [
        "clip.rejected_kept",
        "clip.rejected_removed",
        "clip.stored_kept",
        "upload.create_kept",
        "upload.create_part_made",
        "upload.end_kept",
        "upload.end_part_removed",
        "upload.mismatch_emptied",
        "upload.mismatch_kept",
        "upload.part_removed",
        "upload.patch_kept",
        "upload.patch_synced",
        "upload.patch_written",
        "upload.whole_kept",
        "upload.whole_placed",
    ];
    assert_eq!(steps.into_iter().collect::<Vec<_>>(), expected);
}

/// The database's own durability is the engine's; this is about the bytes in the folder.
#[test]
fn a_power_cut_between_any_two_steps_of_an_upload_loses_nothing_that_was_acknowledged() {
    let steps = stop_everywhere(&TestDatabase::sqlite(), End::PowerCut);
    assert_eq!(steps.len(), 15, "{steps:?}");
}

/// Stops each story at each of its steps; returns the steps' names.
fn stop_everywhere(database: &TestDatabase, end: End) -> BTreeSet<&'static str> {
    let mut steps = BTreeSet::new();
    for story in STORIES {
        for pass_count in 0.. {
            let house = runtime().block_on(new_house(database));
            match check_stop(&house, story, pass_count, end) {
                Some(step) => steps.insert(step),
                None => break,
            };
        }
    }
    steps
}

/// A tenant of its own in a database that other cases use too.
async fn new_house(database: &TestDatabase) -> House<'_> {
    let db = testing::open(database).await;
    let tenant = TenantId::new_at(START);
    let mut tx = db.tenant_tx(tenant).await.unwrap();
    tx.execute(
        "INSERT INTO tenant (id, name, change_seq, storage_bytes_max, created_at_ms)
         VALUES ($1, 'T', 0, $2, 0)",
        (tenant, LIMIT_BYTES),
    )
    .await
    .unwrap();
    tx.execute(
        "INSERT INTO unit (tenant_id, id, name, serial, hardware, key_id, enrolled_at_ms, version,
                           change_seq)
         VALUES ($1, $2, 'U', 's', 'h', 'k', 0, 1, 1)",
        (tenant, UNIT),
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    db.close().await;
    let folder = tempfile::tempdir().unwrap();
    House { database, folder, tenant, visit: VisitId::from_bytes([2; 16]) }
}
