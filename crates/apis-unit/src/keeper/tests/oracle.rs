//! What must be true once everything was sent.

use super::player;
use super::world::World;
use crate::keeper::SpoolFile;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use apis_protocol::VisitId;
use apis_protocol::message::Message as _;
use apis_protocol::records::{ClipFate, Fact, VisitClosed};
use apis_protocol::sidecar::Sidecar;
use apis_protocol::upload::UploadKind;

/// Checks everything; panics with `about` in the text.
pub fn check(world: &World, about: &str) {
    let stored = world.stored();
    let distinct: BTreeSet<&String> = stored.iter().collect();
    assert_eq!(distinct.len(), stored.len(), "a record is stored twice; {about}");
    let parked = world.keeper.spool.records.values().map(|record| record.text.as_str());
    let parked: Vec<&str> = parked.collect();
    for promised in &world.promised {
        let is_there =
            distinct.contains(promised) || parked.iter().any(|it| it.contains(&**promised));
        let may_be_gone = world.keeper.spool.dropped.records > 0;
        assert!(is_there || may_be_gone, "lost: {promised}; {about}");
    }
    for (place, texts) in &world.server.sent {
        assert_eq!(texts.len(), 1, "{place:?} names two contents; {about}");
    }
    let closed = check_visits(world, about);
    check_clips(world, &closed, about);
    check_folder(world, about);
    let rising = world.boots.windows(2).all(|pair| pair[0] < pair[1]);
    assert!(rising, "boots {:?}; {about}", world.boots);
}

/// Each visit has one opening and one closing.
fn check_visits(world: &World, about: &str) -> BTreeMap<VisitId, VisitClosed> {
    let mut opened = BTreeSet::new();
    let mut closed = BTreeMap::new();
    for (_, record) in world.server.records.values() {
        match &record.fact {
            Fact::VisitOpened(visit) => {
                assert!(opened.insert(visit.visit_id), "opened twice; {about}");
            }
            Fact::VisitClosed(visit) => {
                let before = closed.insert(visit.visit_id, visit.clone());
                assert!(before.is_none(), "closed twice: {before:?} {visit:?}; {about}");
            }
            Fact::Watch(_) | Fact::Fault(_) => {}
        }
    }
    let both: BTreeSet<VisitId> = closed.keys().copied().collect();
    assert_eq!(opened, both, "opened and closed differ; {about}");
    for visit in closed.values() {
        let span = visit.end.uptime >= visit.start.uptime;
        assert!(span && visit.start.boot == visit.end.boot, "{visit:?}; {about}");
    }
    closed
}

/// Each clip that was told of is on the server, or its loss was told; it plays, and its sidecar
/// says when each frame was taken.
fn check_clips(world: &World, closed: &BTreeMap<VisitId, VisitClosed>, about: &str) {
    let clips = world.server.verified(UploadKind::Clip);
    let sidecars = world.server.verified(UploadKind::Sidecar);
    let told_lost = |visit: &VisitId| {
        world.server.records.values().any(|(_, record)| match &record.fact {
            Fact::Fault(fault) => fault.detail == alloc::format!("visit {visit}"),
            Fact::Watch(_) | Fact::VisitOpened(_) | Fact::VisitClosed(_) => false,
        })
    };
    for (visit, record) in closed {
        let ClipFate::Kept(digests) = record.clip else {
            assert!(!clips.contains_key(visit), "a clip of {visit} that has none; {about}");
            continue;
        };
        let Some(clip) = clips.get(visit) else {
            let is_parked = world.keeper.spool.clip(*visit).is_some_and(|it| it.parked.is_some());
            let is_rejected = is_parked && world.server.rejects_clips;
            let is_lost = told_lost(visit) && world.may_lose_clips;
            assert!(is_lost || is_rejected, "the clip of {visit} is missing; {about}");
            continue;
        };
        assert_eq!(clip.metadata.sha256, digests.sha256, "{about}");
        assert_eq!(clip.length, digests.clip_bytes, "{about}");
        let sidecar = sidecars.get(visit);
        let sidecar = sidecar.unwrap_or_else(|| panic!("no sidecar of {visit}; {about}"));
        assert_eq!(Some(sidecar.metadata.sha256), digests.sidecar_sha256, "{about}");
        check_frames(&clip.bytes, &Sidecar::read(&sidecar.bytes).unwrap(), about);
    }
}

fn check_frames(clip: &[u8], sidecar: &Sidecar, about: &str) {
    let frames = player::frames(clip).unwrap_or_else(|| panic!("the clip does not play; {about}"));
    assert_eq!(frames.len(), sidecar.frames.len(), "{about}");
    assert!(frames.iter().any(Option::is_some), "{about}");
    for (frame, time) in frames.iter().zip(&sidecar.frames) {
        if let Some(frame) = frame {
            assert_eq!(player::taken_at(frame), time.0, "{about}");
        }
    }
    assert!(sidecar.frames.is_sorted(), "{about}");
    for point in &sidecar.track {
        assert!(frames[point.frame as usize].is_some(), "a point at an empty slot; {about}");
    }
}

/// Nothing is left over in the folder, and it is within its bounds.
fn check_folder(world: &World, about: &str) {
    let mut journals = 0;
    for file in world.disk.files() {
        match file {
            SpoolFile::Journal(_) => journals += 1,
            SpoolFile::JournalDraft(_) | SpoolFile::Part(_) => panic!("{file} is left; {about}"),
            SpoolFile::Clip(visit) | SpoolFile::Sidecar(visit) => {
                let is_known = world.keeper.spool.clip(visit).is_some();
                assert!(is_known, "{file} is left and not known; {about}");
            }
        }
    }
    assert_eq!(journals, 1, "{about}");
    let bound = usize::try_from(world.limits.spool_bytes_max).unwrap();
    // A recording ends at the bound; its index and its sidecar come on top.
    let slack = world.limits.recordings_max * 6_000;
    assert!(world.most_bytes <= bound + slack, "{} bytes; {about}", world.most_bytes);
    assert!(world.keeper.spool.clips.len() <= world.limits.clip_count_max, "{about}");
}
