//! What a server may answer, and what it may never do to the spool.

use super::server::problem;
use super::world::World;
use super::*;
use apis_protocol::problem::Code;
use apis_protocol::upload::UploadKind;
use core::time::Duration;

#[test]
fn a_record_that_the_server_refuses_is_parked_counted_and_shown() {
    for refuses_whole in [false, true] {
        let mut world = calm_story();
        world.server.refuses = Some("number 2");
        world.server.refuses_whole = refuses_whole;
        world.begin();
        let mut world = tell(world, "one refused");
        let status = world.keeper.status(world.now());
        assert_eq!((status.parked_records, status.report.parked_count), (1, 1));
        let requests = world.server.requests;
        // It is not sent again, and the rest goes on.
        let tick = world.tick + 100;
        run_to(&mut world, tick);
        assert_eq!(world.keeper.spool.records.values().filter(|it| it.parked.is_some()).count(), 1);
        assert!(world.server.requests > requests);
        world.restart(super::disk::Cut::Kill);
        let tick = world.tick + 10;
        run_to(&mut world, tick);
        assert_eq!(world.keeper.status(world.now()).parked_records, 1);
    }
}

#[test]
fn a_unit_that_is_turned_away_keeps_everything_and_goes_on_when_it_may() {
    let outdated = crate::keeper::Reply {
        status: 403,
        code: Some("firmware_outdated".into()),
        ..Reply::default()
    };
    for reply in [
        outdated,
        problem(Code::UnitReleased),
        problem(Code::SignatureInvalid),
        problem(Code::SignatureTime),
        problem(Code::NotFound),
        problem(Code::Internal),
        problem(Code::QuotaExceeded),
    ] {
        let mut world = calm_story();
        world.server.closed = Some(reply.clone());
        world.begin();
        run_to(&mut world, 400);
        let status = world.keeper.status(world.now());
        assert_eq!(status.report.parked_count, 0, "{reply:?}");
        assert_eq!(status.report.evicted_count, 0, "{reply:?}");
        assert_eq!(status.last_refusal, reply.code, "{reply:?}");
        world.server.closed = None;
        world.settle();
        oracle::check(&world, "turned away for a while");
    }
}

#[test]
fn retry_after_is_obeyed_and_waits_grow_without_it() {
    let mut world = calm_story();
    world.server.closed =
        Some(Reply { retry_after: Some(Duration::from_secs(30)), ..problem(Code::RateLimited) });
    world.begin();
    run_to(&mut world, 25);
    let first = world.server.requests;
    assert_eq!(first, 1);
    run_to(&mut world, 300);
    assert_eq!(world.server.requests, first, "30 s are not over");
    run_to(&mut world, 360);
    assert_eq!(world.server.requests, first + 1);

    let mut world = calm_story();
    world.server.closed = Some(problem(Code::Internal));
    world.begin();
    run_to(&mut world, 6_000);
    // Ten minutes of full jitter from 1 s: some ten attempts, never hundreds.
    assert!((5..60).contains(&world.server.requests), "{}", world.server.requests);
}

#[test]
fn what_waits_goes_on_at_once_when_a_server_that_was_away_is_heard_again() {
    let reached = || KeeperInput::Reached { draw: u64::MAX };
    let mut world = calm_story();
    world.server.is_away = true;
    world.begin();
    run_to(&mut world, 3_000);
    world.server.is_away = false;
    let requests = world.server.requests;
    run_to(&mut world, 3_010);
    assert_eq!(world.server.requests, requests, "after minutes of failures the waits are long");
    world.give(reached());
    run_to(&mut world, 3_025);
    assert!(world.server.requests > requests);
    world.settle();
    oracle::check(&world, "away for five minutes");

    // What the server itself asked for stands.
    let mut world = calm_story();
    world.server.closed =
        Some(Reply { retry_after: Some(Duration::from_secs(30)), ..problem(Code::Overloaded) });
    world.begin();
    run_to(&mut world, 25);
    world.give(reached());
    run_to(&mut world, 200);
    assert_eq!(world.server.requests, 1);
}

#[test]
fn a_clip_that_the_server_rejects_is_parked_and_never_sent_again() {
    let mut world = calm_story();
    world.server.rejects_clips = true;
    world.begin();
    let mut world = tell(world, "all clips rejected");
    let status = world.keeper.status(world.now());
    assert_eq!((status.parked_clips, status.report.upload_count), (3, 0));
    let is_told = |clip: &KeptClip| clip.parked.as_deref() == Some("not_an_avi");
    assert!(world.keeper.clips().iter().all(is_told));
    assert_eq!(world.server.verified(UploadKind::Sidecar).len(), 3);
    world.restart(super::disk::Cut::Kill);
    let uploads = world.server.uploads.len();
    world.settle();
    assert_eq!(world.server.uploads.len(), uploads);
}

#[test]
fn a_clip_that_was_damaged_on_the_disk_is_parked_as_a_mismatch() {
    let mut world = calm_story();
    world.link = ServerLink::None;
    world.begin();
    run_to(&mut world, 140);
    let visit = world.keeper.spool.clips[1].visit;
    world.disk.damage(SpoolFile::Clip(visit), 1_000);
    world.give(KeeperInput::Server(ServerLink::Enrolled));
    world.settle();
    let parked = world.keeper.spool.clip(visit).and_then(|clip| clip.parked.clone());
    assert_eq!(parked.as_deref(), Some("object_mismatch"));
    assert_eq!(world.server.verified(UploadKind::Clip).len(), 2);
}

#[test]
fn a_unit_on_its_own_keeps_and_sends_nothing() {
    let mut world = calm_story();
    world.link = ServerLink::None;
    world.begin();
    run_to(&mut world, 400);
    assert_eq!(world.server.requests, 0);
    assert_eq!(world.keeper.clips().len(), 3);
}

#[test]
fn a_clip_goes_only_after_the_records_of_its_visit() {
    let mut world = calm_story();
    world.server.refuses = None;
    world.begin();
    while world.tick < 140 {
        world.step();
        for upload in world.server.uploads.values() {
            let visit = upload.metadata.visit_id;
            let records = world.server.records.values().filter(|(_, record)| {
                use apis_protocol::records::Fact;
                match &record.fact {
                    Fact::VisitOpened(opened) => opened.visit_id == visit,
                    Fact::VisitClosed(closed) => closed.visit_id == visit,
                    Fact::Watch(_) | Fact::Fault(_) => false,
                }
            });
            assert_eq!(records.count(), 2, "{visit}");
        }
    }
    assert!(!world.server.uploads.is_empty());
}

#[test]
fn an_hour_of_watching_is_told_once() {
    use apis_protocol::records::Fact;
    let mut world = World::new(&[], limits(), 3);
    world.begin();
    for _ in 0..3_700 {
        world.give(KeeperInput::Watched(Watched {
            watched_ms: 1_000,
            frame_count: 12,
            insect_count: 1,
            ..Watched::default()
        }));
        world.wait();
    }
    world.settle();
    let watches: alloc::vec::Vec<_> = world
        .server
        .records
        .values()
        .filter_map(|(_, record)| match &record.fact {
            Fact::Watch(watch) => Some(watch.clone()),
            Fact::VisitOpened(_) | Fact::VisitClosed(_) | Fact::Fault(_) => None,
        })
        .collect();
    assert_eq!(watches.len(), 1);
    assert_eq!((watches[0].frames_per_ks, watches[0].insect_count), (12_000, 3_600));
}
