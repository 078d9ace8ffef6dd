//! Full, read-only, failing, damaged and swapped disks.

use super::disk::Cut;
use super::world::World;
use super::*;
use alloc::vec::Vec;
use apis_protocol::records::{ClipFate, Fact, NoClipReason};

/// What became of the clips, in the order of the visits' records.
fn fates(world: &World) -> Vec<Option<NoClipReason>> {
    let fate = |fact: &Fact| match fact {
        Fact::VisitClosed(visit) => Some(match visit.clip {
            ClipFate::Kept(_) => None,
            ClipFate::NoClip(reason) => Some(reason),
        }),
        Fact::VisitOpened(_) | Fact::Watch(_) | Fact::Fault(_) => None,
    };
    world.server.records.values().filter_map(|(_, record)| fate(&record.fact)).collect()
}

#[test]
fn a_full_disk_is_told_until_a_reading_shows_room_although_short_lines_fit() {
    let mut world = calm_story();
    world.begin();
    world.may_lose_clips = true;
    let full = DiskSpace { total_bytes: 100_000, free_bytes: 0 };
    run_to(&mut world, 5);
    world.give(KeeperInput::Disk(full));
    // A line of the journal fits, a picture does not.
    world.disk.capacity = Some(world.disk.bytes() + 2_000);
    world.filler = 4_000;
    run_to(&mut world, 34);
    let trouble = |world: &World| world.keeper.status(world.now()).trouble;
    assert_eq!(trouble(&world), Some(StorageError::Full));
    world.disk.capacity = None;
    world.filler = 40;
    run_to(&mut world, 60);
    assert_eq!(trouble(&world), Some(StorageError::Full), "nobody has looked yet");
    world.give(KeeperInput::Disk(DiskSpace { free_bytes: 90_000, ..full }));
    assert_eq!(trouble(&world), None);
    tell(world, "after a full disk");
}

#[test]
fn a_disk_that_is_full_costs_the_clip_and_no_record() {
    let (mut kept_in_all, mut full_in_all) = (0, 0);
    // Before the server is there, so that nothing can be evicted for having been uploaded.
    for capacity in (1_200..16_000).step_by(400) {
        let mut world = World::new(&PLANS, Limits { high_confidence_kept: 9, ..limits() }, 5);
        world.link = ServerLink::None;
        world.disk.capacity = Some(capacity);
        world.may_lose_clips = true;
        world.begin();
        run_to(&mut world, 140);
        let status = world.keeper.status(world.now());
        // A clip that does not fit is given up for good: there is a server again and room, later.
        world.link = ServerLink::Enrolled;
        world.disk.capacity = None;
        world.give(KeeperInput::Server(ServerLink::Enrolled));
        world.settle();
        oracle::check(&world, &std::format!("capacity {capacity}"));
        let kept = fates(&world).iter().filter(|fate| fate.is_none()).count();
        let full =
            fates(&world).iter().filter(|fate| **fate == Some(NoClipReason::DiskFull)).count();
        assert_eq!(fates(&world).len(), 3, "capacity {capacity}");
        assert!(kept + full == 3, "capacity {capacity}: {:?}", fates(&world));
        assert!(status.storage_failures > 0 || capacity > 8_000, "capacity {capacity}");
        (kept_in_all, full_in_all) = (kept_in_all + kept, full_in_all + full);
    }
    assert!(kept_in_all > 20 && full_in_all > 20, "{kept_in_all} kept, {full_in_all} not");
}

#[test]
fn a_full_disk_and_a_kill_together_lose_no_record() {
    for after in 0..120 {
        let mut world = World::new(&PLANS, limits(), 5);
        world.disk.capacity = Some(6_000);
        world.may_lose_clips = true;
        let cut = if after % 2 == 0 { Cut::Kill } else { Cut::PowerTears(after as u64) };
        world.stops.push_back(super::world::Stop { after, cut, is_torn: true });
        world.begin();
        run_to(&mut world, 140);
        world.stops.clear();
        world.disk.capacity = None;
        world.settle();
        oracle::check(&world, &std::format!("full, stop after {after}"));
    }
}

#[test]
fn a_read_only_folder_is_told_and_what_waited_is_stored_when_it_can_be() {
    let mut world = calm_story();
    world.disk.failure = Some(StorageError::ReadOnly);
    world.begin();
    run_to(&mut world, 140);
    let status = world.keeper.status(world.now());
    assert_eq!(status.trouble, Some(StorageError::ReadOnly));
    assert_eq!(status.trouble.map(StorageError::code), Some("spool_read_only"));
    assert_eq!(status.boot, None, "no boot counts before it is durable");
    assert!(world.server.records.is_empty());
    world.disk.failure = None;
    world.settle();
    oracle::check(&world, "read-only at first");
    assert_eq!(world.keeper.status(world.now()).trouble, None);
    assert_eq!(fates(&world).len(), 3);
}

#[test]
fn a_disk_that_fails_for_a_while_loses_no_record() {
    for error in [StorageError::Device, StorageError::ReadOnly, StorageError::Full] {
        for from in [20, 31, 45, 55, 75, 100, 115] {
            let mut world = calm_story();
            world.may_lose_clips = true;
            world.begin();
            run_to(&mut world, from);
            world.disk.failure = Some(error);
            run_to(&mut world, from + 30);
            world.disk.failure = None;
            let world = tell(world, &std::format!("{error:?} from {from}"));
            assert_eq!(fates(&world).len(), 3, "{error:?} from {from}");
        }
    }
}

#[test]
fn a_card_restored_from_an_old_image_stores_its_records_under_higher_boots() {
    for image_at in [3, 15, 40, 60, 100, 130] {
        let mut world = calm_story();
        world.begin();
        run_to(&mut world, image_at);
        let image = world.disk.image();
        run_to(&mut world, 140);
        // Some boots more, so that the numbers of the image lie far behind.
        for _ in 0..9 {
            world.restart(Cut::Kill);
            let tick = world.tick + 30;
            run_to(&mut world, tick);
        }
        world.settle();
        let before = world.stored().len();
        world.disk = image;
        world.restart(Cut::Kill);
        let tick = world.tick + 60;
        run_to(&mut world, tick);
        world.settle();

        let stored = world.stored();
        let distinct: alloc::collections::BTreeSet<_> = stored.iter().collect();
        assert_eq!(distinct.len(), stored.len(), "image at {image_at}");
        assert!(stored.len() > before, "image at {image_at}");
        assert!(world.server.conflicts > 0, "image at {image_at}");
        for promised in &world.promised {
            assert!(distinct.contains(promised), "lost: {promised}; image at {image_at}");
        }
    }
}

#[test]
fn a_damaged_line_of_the_journal_costs_that_line() {
    let mut world = calm_story();
    world.link = ServerLink::None;
    world.begin();
    run_to(&mut world, 140);
    let journal = world.disk.files().find(|file| matches!(file, SpoolFile::Journal(_))).unwrap();
    let lines = |world: &World| {
        let bytes = world.disk.content(journal).unwrap();
        bytes.iter().filter(|byte| **byte == b'\n').count()
    };
    let (records, line_count) = (world.keeper.spool.records.len(), lines(&world));
    assert!(line_count > 8);
    let clips = world.keeper.spool.clips.len();
    world.disk.damage(journal, 700);
    world.restart(Cut::Kill);
    let tick = world.tick + 5;
    run_to(&mut world, tick);
    assert!(world.keeper.spool.records.len() >= records - 1);
    assert_eq!(world.keeper.spool.clips.len(), clips);
}

#[test]
fn a_lost_journal_is_made_anew_from_the_files() {
    let mut world = calm_story();
    world.link = ServerLink::None;
    world.begin();
    run_to(&mut world, 140);
    assert_eq!(world.keeper.spool.clips.len(), 3);
    world.disk.remove_where(|file| matches!(file, SpoolFile::Journal(_)));
    world.restart(Cut::Kill);
    world.link = ServerLink::Enrolled;
    world.give(KeeperInput::Server(ServerLink::Enrolled));
    world.settle();
    use apis_protocol::upload::UploadKind;
    assert_eq!(world.server.verified(UploadKind::Clip).len(), 3);
    assert_eq!(world.server.verified(UploadKind::Sidecar).len(), 3);
}

#[test]
fn clips_go_while_the_disk_is_fuller_than_it_may_be() {
    let mut world = calm_story();
    world.link = ServerLink::None;
    world.begin();
    run_to(&mut world, 140);
    let space = |free_bytes| KeeperInput::Disk(DiskSpace { total_bytes: 1_000, free_bytes });
    world.give(space(201));
    assert_eq!(world.keeper.spool.clips.len(), 3);
    // One for each reading, and not the one of high confidence that is kept to the end.
    for left in [2, 1, 1] {
        world.give(space(190));
        assert_eq!(world.keeper.spool.clips.len(), left);
    }
    assert_eq!(world.keeper.spool.clips[0].confidence, 9_000);
    assert_eq!(world.keeper.status(world.now()).report.evicted_count, 2);
}

#[test]
fn records_beyond_their_bound_go_least_telling_first_and_are_counted() {
    let limits = Limits { record_count_max: 6, spool_bytes_max: 1 << 20, ..limits() };
    let mut world = World::new(&PLANS, limits, 3);
    world.link = ServerLink::None;
    world.begin();
    run_to(&mut world, 400);
    let spool = &world.keeper.spool;
    assert_eq!(spool.records.len(), 6);
    assert!(spool.records.values().all(|record| record.role.visit().is_some()));
    assert_eq!(spool.dropped.records, 16);
    assert_eq!(world.keeper.status(world.now()).report.evicted_count, 16);
}

#[test]
fn the_journal_stays_short_however_much_passes_through_it() {
    let mut world = World::new(&[], limits(), 3);
    world.begin();
    let mut longest = 0;
    for number in 0..3_000_u32 {
        let change = apis_protocol::records::FaultChange {
            fault: apis_protocol::bounded::Token::new("flood").unwrap(),
            is_present: true,
            detail: std::format!("number {number}"),
        };
        world.give(KeeperInput::Fault(change));
        world.wait();
        longest = longest.max(world.disk.bytes());
    }
    world.settle();
    assert_eq!(world.server.records.len(), 3_000);
    assert!(longest < 300_000, "{longest} bytes");
}
