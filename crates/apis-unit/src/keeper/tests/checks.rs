//! Checks: told of when they are over, few a day, gone without a trace when they are withdrawn.

use super::disk::Cut;
use super::world::{TICK, World};
use super::*;
use crate::eyes::{
    CheckKind, CheckOpened, Departure, TrackPoint, VisitClosed, VisitNumber, VisitOpened,
};
use apis_protocol::message::Message as _;
use apis_protocol::records::{CHECKS_A_DAY_MAX, Fact, Record, VisitKind};
use apis_protocol::sidecar::Sidecar;
use apis_units::{Fraction, PictureBox, PicturePoint};
use apis_vision::{Evidence, TrackId};

/// A unit that is on its own, after a second of frames.
fn alone() -> World {
    let limits = Limits { spool_bytes_max: 1 << 20, ..limits() };
    let mut world = World::new(&[], limits, 5);
    world.link = ServerLink::None;
    world.begin();
    run_to(&mut world, 10);
    world
}

fn id(number: u32) -> VisitId {
    let mut bytes = [0; 16];
    bytes[12..].copy_from_slice(&number.to_be_bytes());
    VisitId::from_bytes(bytes)
}

fn open(world: &mut World, number: u32) {
    let now = world.now();
    let opened = VisitOpened {
        visit: VisitNumber(number),
        track: TrackId(number),
        point: PicturePoint::default(),
        length: Fraction::from_raw(900),
        hover_since: now,
        captured_at: now,
        evidence: Evidence::of(&[]),
    };
    let check = CheckOpened { kind: CheckKind::NearMiss, opened };
    world.give(KeeperInput::CheckOpened { id: id(number), check });
}

fn close(world: &mut World, number: u32) {
    let closed = VisitClosed {
        visit: VisitNumber(number),
        last_seen_at: world.now(),
        point: PicturePoint::default(),
        departure: Departure::Left,
    };
    world.give(KeeperInput::VisitClosed(closed));
}

/// A check from its beginning until it is on the disk.
fn whole(world: &mut World, number: u32) {
    open(world, number);
    for _ in 0..8 {
        let point = TrackPoint {
            track: TrackId(number),
            visit: None,
            point: PicturePoint::default(),
            bounds: PictureBox::FULL,
            captured_at: world.now(),
        };
        world.give(KeeperInput::TrackPoint(point));
        world.step();
    }
    close(world, number);
    let tick = world.tick;
    run_to(world, tick + 30);
}

/// The kinds in the records of visits, opened and closed.
fn kinds(world: &World) -> (Vec<VisitKind>, Vec<VisitKind>) {
    let (mut opened, mut closed) = (Vec::new(), Vec::new());
    for record in world.keeper.spool.records.values() {
        match Record::read(record.text.as_bytes()).unwrap().fact {
            Fact::VisitOpened(visit) => opened.push(visit.kind),
            Fact::VisitClosed(visit) => closed.push(visit.kind),
            Fact::Watch(_) | Fact::Fault(_) => {}
        }
    }
    (opened, closed)
}

fn files_of(world: &World, number: u32) -> usize {
    let name = alloc::string::ToString::to_string(&id(number));
    world.disk.listing().iter().filter(|listed| listed.name.starts_with(&name)).count()
}

#[test]
fn a_check_is_told_of_when_it_is_over_with_its_kind_and_its_clip() {
    let mut world = alone();
    open(&mut world, 1);
    run_to(&mut world, 20);
    assert_eq!(kinds(&world), (Vec::new(), Vec::new()), "a verdict may still come");
    world.give(KeeperInput::CheckWithdrawn(VisitNumber(1)));
    whole(&mut world, 2);
    let near = Vec::from([VisitKind::NearMiss]);
    assert_eq!(kinds(&world), (near.clone(), near));
    let clip = world.keeper.spool.clip(id(2)).unwrap();
    assert_eq!(clip.confidence, evict::CHECK_CONFIDENCE);
    let sidecar = world.disk.content(SpoolFile::Sidecar(id(2))).unwrap();
    let sidecar = Sidecar::read(sidecar).unwrap();
    assert_eq!(sidecar.kind, VisitKind::NearMiss);
    assert!(!sidecar.track.is_empty() && sidecar.track.iter().all(|point| point.track == 2));
}

#[test]
fn a_check_that_is_withdrawn_or_cut_short_leaves_nothing() {
    let mut world = alone();
    open(&mut world, 1);
    run_to(&mut world, 20);
    assert_eq!(files_of(&world, 1), 1);
    world.give(KeeperInput::CheckWithdrawn(VisitNumber(1)));
    run_to(&mut world, 30);
    assert_eq!(files_of(&world, 1), 0);
    assert_eq!(world.keeper.spool.checks.len(), 0, "it does not count against the day");

    open(&mut world, 2);
    run_to(&mut world, 40);
    world.restart(Cut::Kill);
    run_to(&mut world, 50);
    assert_eq!(files_of(&world, 2), 0);
    assert_eq!(kinds(&world), (Vec::new(), Vec::new()));
}

#[test]
fn a_day_has_three_checks_whatever_is_started_anew() {
    let mut world = alone();
    for number in 1..=5 {
        whole(&mut world, number);
        if number == 2 {
            world.restart(Cut::Kill);
            let tick = world.tick;
            run_to(&mut world, tick + 10);
        }
    }
    assert_eq!(kinds(&world).1.len(), CHECKS_A_DAY_MAX);
    // A day on there is room for more.
    let day = core::time::Duration::from_secs(24 * 3_600).as_millis() / TICK.as_millis();
    world.tick += u32::try_from(day).unwrap();
    world.give(KeeperInput::Tick);
    whole(&mut world, 6);
    assert_eq!(kinds(&world).1.len(), CHECKS_A_DAY_MAX + 1);
}

#[test]
fn one_check_is_under_way_at_once_and_takes_no_clip_from_a_visit() {
    let mut world = alone();
    open(&mut world, 1);
    open(&mut world, 2);
    assert_eq!(world.keeper.live.len(), 1);
    let most = world.limits.recordings_max;
    for number in 0..most as u32 {
        let opened = VisitOpened {
            visit: VisitNumber(10 + number),
            track: TrackId(10 + number),
            point: PicturePoint::default(),
            length: Fraction::from_raw(900),
            hover_since: world.now(),
            captured_at: world.now(),
            evidence: Evidence::of(&[]),
        };
        world.give(KeeperInput::VisitOpened { id: id(10 + number), opened });
    }
    let visits = world.keeper.live.values().filter(|live| !live.is_check());
    assert!(visits.clone().count() == most && visits.clone().all(|live| live.clip.is_ok()));
}
