//! Clips that the real keeper wrote on a real folder, and what is wrong with others.

use std::fs;
use std::path::Path;
use std::time::Duration;

use apis_protocol::VisitId;
use apis_unit::eyes::{Departure, TrackPoint, VisitClosed, VisitNumber, VisitOpened};
use apis_unit::keeper::{JpegFrame, Keeper, KeeperInput, KeeperOutput, Limits, SpoolFile};
use apis_units::{Fraction, PictureBox, PicturePoint, Uptime};
use apis_vision::{Evidence, Term, TermCode, TrackId};

use super::*;
use crate::disk::Disk;
use crate::picture::{Picture, Size};

const VISIT: VisitId = VisitId::from_bytes([7; 16]);

fn evidence(hover_ms: i32) -> Evidence {
    let terms = [
        (TermCode::Total, 7_012),
        (TermCode::LengthPx16, 16 * 16),
        (TermCode::BeeLengthPx16, 8 * 16),
        (TermCode::HoverRadius, 128),
        (TermCode::HoverMs, hover_ms),
    ];
    Evidence::of(&terms.map(|(code, value)| Term { code, value }))
}

/// A keeper on a folder, given four seconds of pictures with a hornet that is decided on after two,
/// lost, and found again as another track after three.
pub fn kept(folder: &Path) -> Clip {
    let disk = Disk::open(folder).unwrap();
    let limits = Limits { post_roll: Duration::ZERO, ..Limits::default() };
    let mut keeper = Keeper::new(limits);
    let mut give = |input: KeeperInput, millis: u64| {
        let mut next = Some(input);
        while let Some(input) = next.take() {
            keeper.handle(input, Uptime::from_millis(millis));
            while let Some(output) = keeper.next_output() {
                let KeeperOutput::Store(operation) = output else { panic!("there is no server") };
                next = Some(KeeperInput::StorageDone(disk.perform(&operation).unwrap()));
            }
        }
    };
    give(KeeperInput::Start(disk.listing().unwrap()), 0);
    let decided = |track: u32, millis: u64| VisitOpened {
        visit: VisitNumber(1),
        track: TrackId(track),
        point: PicturePoint::default(),
        length: Fraction::from_raw(900),
        hover_since: Uptime::from_millis(millis - 1_600),
        captured_at: Uptime::from_millis(millis),
        evidence: evidence(1_600),
    };
    for frame in 0..40_u16 {
        let millis = 10_000 + u64::from(frame) * 100;
        let track = TrackId(if frame < 25 { 3 } else { 4 });
        let x = Fraction::from_raw(10_000 + 500 * frame.min(20));
        let point = TrackPoint {
            track,
            visit: (20 <= frame).then_some(VisitNumber(1)),
            point: PicturePoint { x, y: Fraction::from_raw(30_000) },
            bounds: PictureBox {
                left_top: PicturePoint::default(),
                width: Fraction::from_raw(16_384),
                height: Fraction::from_raw(8_192),
            },
            captured_at: Uptime::from_millis(millis),
        };
        let captured_at = Uptime::from_millis(millis);
        let bytes = jpeg(frame as u8);
        give(KeeperInput::Frame(JpegFrame { captured_at, width: 64, height: 48, bytes }), millis);
        if frame == 20 {
            give(KeeperInput::VisitOpened { id: VISIT, opened: decided(3, millis) }, millis);
        }
        if frame == 30 {
            give(KeeperInput::VisitRejoined(decided(4, millis)), millis);
        }
        if !(25..30).contains(&frame) {
            give(KeeperInput::TrackPoint(point), millis);
        }
    }
    let closed = VisitClosed {
        visit: VisitNumber(1),
        last_seen_at: Uptime::from_millis(13_900),
        point: PicturePoint::default(),
        departure: Departure::Left,
    };
    give(KeeperInput::VisitClosed(closed), 14_000);
    give(KeeperInput::Tick, 14_100);
    Clip::read(&VISIT.to_string(), folder).unwrap()
}

fn jpeg(value: u8) -> Vec<u8> {
    let size = Size::new(64, 48).unwrap();
    let bytes = [vec![100 + value; 64 * 48], vec![128; 32 * 24 * 2]].concat();
    Picture { size, bytes, captured: Uptime::ZERO }.to_jpeg(80).unwrap()
}

fn file(folder: &Path, file: SpoolFile) -> PathBuf {
    folder.join(file.to_string())
}

fn refusal(named: &Path, folder: &Path) -> (&'static str, String) {
    let failure = Clip::read(named.to_str().unwrap(), folder).unwrap_err();
    (failure.code, failure.to_string())
}

#[test]
fn each_verdict_is_read_with_its_moment_its_track_and_its_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let clip = kept(folder.path());
    let verdicts = clip.verdicts();
    let told: Vec<_> = verdicts
        .iter()
        .map(|verdict| {
            let moments = verdict.moments.unwrap();
            let decided = clip.seconds(moments.decided);
            (verdict.track, (decided * 10.0).round() as i32, verdict.evidence.score_mnat)
        })
        .collect();
    assert_eq!(told, [(Some(3), 20, 7_012), (Some(4), 30, 7_012)]);
    assert_eq!(clip.picture_count(), 40);
    let (frame, picture) = clip.picture_at(clip.moment_of(&verdicts[0])).unwrap();
    assert_eq!((frame, picture), (20, &jpeg(20)[..]));
    assert_eq!((clip.way(3).count(), clip.way(4).count()), (25, 10));
    // The same by its file, and by its sidecar's.
    for named in [SpoolFile::Clip(VISIT), SpoolFile::Sidecar(VISIT)] {
        let path = file(folder.path(), named);
        let again = Clip::read(path.to_str().unwrap(), Path::new("/nowhere")).unwrap();
        assert_eq!(again.sidecar, clip.sidecar);
    }
}

#[test]
fn a_clip_that_keeps_no_moment_shows_the_middle_of_its_longest_track() {
    let folder = tempfile::tempdir().unwrap();
    let clip = kept(folder.path());
    let old = Sidecar { verdicts: Vec::new(), ..clip.sidecar };
    fs::write(file(folder.path(), SpoolFile::Sidecar(VISIT)), old.write()).unwrap();
    let clip = Clip::read(&VISIT.to_string(), folder.path()).unwrap();
    let [verdict] = clip.verdicts()[..] else { panic!("{:?}", clip.verdicts()) };
    assert!(verdict.moments.is_none());
    assert_eq!(verdict.track, Some(3));
    assert_eq!(clip.picture_at(clip.moment_of(&verdict)).unwrap().0, 12);
}

#[test]
fn a_check_is_not_called_a_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let clip = kept(folder.path());
    assert_eq!(clip.noun(), "verdict");
    for kind in [VisitKind::NearMiss, VisitKind::Sample] {
        let check = Sidecar { kind, ..clip.sidecar.clone() };
        fs::write(file(folder.path(), SpoolFile::Sidecar(VISIT)), check.write()).unwrap();
        let clip = Clip::read(&VISIT.to_string(), folder.path()).unwrap();
        assert!(clip.noun().ends_with("no verdict") && draw(&clip).contains(clip.noun()));
    }
}

#[test]
fn what_is_no_clip_or_has_no_sidecar_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let whole = kept(folder);
    let (clip, sidecar) =
        (file(folder, SpoolFile::Clip(VISIT)), file(folder, SpoolFile::Sidecar(VISIT)));
    let told = fs::read(&sidecar).unwrap();

    assert_eq!(refusal(&folder.join("none.avi"), folder).0, "clip_missing");
    let other = VisitId::from_bytes([8; 16]);
    assert_eq!(refusal(Path::new(&other.to_string()), folder).0, "clip_missing");
    fs::write(file(folder, SpoolFile::Part(other)), b"RIFF").unwrap();
    let (code, text) = refusal(Path::new(&other.to_string()), folder);
    assert!(code == "clip_missing" && text.contains("still being recorded"), "{text}");

    let foreign = folder.join("foreign.avi");
    let bytes = [b"RIFF\0\0\0\0AVI LIST".to_vec(), vec![0; 500]].concat();
    for content in [b"no film".to_vec(), bytes, Vec::new()] {
        fs::write(&foreign, content).unwrap();
        assert_eq!(refusal(&foreign, folder).0, "clip_unreadable");
    }
    assert_eq!(refusal(folder, folder).0, "clip_unreadable", "a folder is none");

    // Whole pictures, and fewer than the sidecar tells of.
    fs::write(&clip, &whole.bytes[..whole.bytes.len() / 2]).unwrap();
    assert_eq!(refusal(&clip, folder).0, "clip_mismatch");
    fs::write(&clip, &whole.bytes).unwrap();
    let late = whole
        .sidecar
        .frames
        .iter()
        .map(|time| apis_protocol::sidecar::CaptureTime(time.0 + Duration::from_millis(1)));
    let late = Sidecar { frames: late.collect(), ..whole.sidecar.clone() };
    fs::write(&sidecar, late.write()).unwrap();
    assert_eq!(refusal(&clip, folder).0, "clip_mismatch");

    for broken in [&told[..told.len() - 1], b"", b"{}"] {
        fs::write(&sidecar, broken).unwrap();
        assert_eq!(refusal(&clip, folder).0, "sidecar_unreadable");
    }
    fs::remove_file(&sidecar).unwrap();
    let (code, text) = refusal(&clip, folder);
    assert!(code == "sidecar_missing" && text.contains(".json"), "{text}");
}

#[test]
fn a_rerun_looks_at_every_picture_and_leaves_the_record_alone() {
    let folder = tempfile::tempdir().unwrap();
    let clip = kept(folder.path());
    let again = rerun(&clip);
    assert_eq!((again.picture_count, again.unreadable_count), (40, 0));
    assert!(again.verdicts.is_empty(), "nothing flies in it: {:?}", again.verdicts);
    assert_eq!(clip.verdicts().len(), 2);
}
