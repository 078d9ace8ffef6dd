//! What is kept to know what the eyes miss: a near miss reaches the server with its clip, counts
//! nowhere, and gives the guard nothing to aim at.

use crate::server::{Engine, Server};
use crate::stage;
use crate::unit::{Unit, is_event, wait_until};
use apis_unit::eyes::{Eyes, EyesInput, EyesOutput};
use apis_units::{PictureBox, Uptime};
use apis_vision::{Config, Frame};
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

const WIDTH: usize = 320;
const HEIGHT: usize = 240;
const FPS: u64 = 15;
const FRAMES: u64 = 240;

/// When the body hovers, in frames.
const HOVER: std::ops::Range<i32> = 75..135;

const PATIENCE: Duration = Duration::from_secs(60);

/// A body that may be a hornet.
#[derive(Clone, Copy)]
struct Hoverer {
    /// Pixels.
    length: i32,
    /// How far it sways, in quarters.
    wide: i32,
}

/// A frame of mottled ground with bees of 12 px, and a body that hovers for a while.
fn draw(number: u64, hoverer: Hoverer) -> Vec<u8> {
    let ground = |index: usize| 110 + (index % WIDTH / 7 * 31 + index / WIDTH / 5 * 17) % 40;
    let mut luma: Vec<u8> = (0..WIDTH * HEIGHT).map(|index| ground(index) as u8).collect();
    for lane in 0..4 {
        let x = (number * 9 + lane * 90) % 420;
        body(&mut luma, (x as i32 - 40, 30 + 50 * lane as i32), 12);
    }
    if let Some(place) = hover(number, hoverer.wide) {
        body(&mut luma, place, hoverer.length);
    }
    luma
}

/// It flies in from the left, hovers, and flies on to the right.
fn hover(number: u64, wide: i32) -> Option<(i32, i32)> {
    let now = number as i32;
    let sway = [0, 2, 4, 5, 4, 1, -2, -4, -5, -3, -1, 2, 3, 1, -2, -3, 0][number as usize / 3 % 17]
        * wide
        / 4;
    match now {
        _ if !(HOVER.start - 15..HOVER.end + 15).contains(&now) => None,
        _ if now < HOVER.start => Some((160 - (HOVER.start - now) * 12, 105)),
        _ if now < HOVER.end => Some((160 + sway, 105 + sway * sway / 4 - 3)),
        _ => Some((160 + (now - HOVER.end) * 14, 105)),
    }
}

fn body(luma: &mut [u8], (x, y): (i32, i32), length: i32) {
    let (along, across) = (length / 2, length / 4);
    for dy in -across..=across {
        for dx in -along..=along {
            let is_inside = dx * dx * across * across + dy * dy * along * along
                <= along * along * across * across;
            let (px, py) = (x + dx, y + dy);
            if is_inside && (0..WIDTH as i32).contains(&px) && (0..HEIGHT as i32).contains(&py) {
                luma[py as usize * WIDTH + px as usize] = 30;
            }
        }
    }
}

/// Whether the eyes call the body a near miss, and nothing more.
fn is_near_miss(hoverer: Hoverer) -> bool {
    let mut eyes = Eyes::new(Config::default());
    let (mut checks, mut visits) = (0, 0);
    for number in 0..FRAMES {
        let luma = draw(number, hoverer);
        let at = Uptime::from_micros(1 + number * 1_000_000 / FPS);
        let size = (WIDTH as u16, HEIGHT as u16);
        let frame = Frame::new(&luma, size, WIDTH, at, PictureBox::FULL).unwrap();
        eyes.handle(EyesInput::Frame(frame), at);
        while let Some(output) = eyes.next_output() {
            checks += usize::from(matches!(output, EyesOutput::CheckOpened(_)));
            visits += usize::from(matches!(output, EyesOutput::VisitOpened(_)));
        }
    }
    (checks, visits) == (1, 0)
}

fn write_film(path: &Path, hoverer: Hoverer) {
    let mut film = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    writeln!(film, "YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FPS}:1 C420jpeg").unwrap();
    for number in 0..FRAMES {
        film.write_all(b"FRAME\n").unwrap();
        film.write_all(&draw(number, hoverer)).unwrap();
        film.write_all(&[128; WIDTH * HEIGHT / 2]).unwrap();
    }
}

#[test]
fn a_near_miss_is_kept_and_counts_nowhere_and_is_nothing_to_aim_at() {
    let _stage = stage();
    let folder = crate::Folder::new();
    let mut hoverers = (13..24).flat_map(|length| (3..8).map(move |wide| Hoverer { length, wide }));
    let hoverer = hoverers.find(|hoverer| is_near_miss(*hoverer));
    let film = folder.path().join("film.y4m");
    write_film(&film, hoverer.expect("a body between a bee and a hornet is a near miss"));
    let mut server = Server::within(Engine::Sqlite, folder.path());
    server.start(None);
    let mut unit = Unit::new("check", &folder.path().join("unit"));
    unit.enrol(&server.claim());
    unit.start_before_video(&film);
    let over = unit.running().line(PATIENCE, |line| is_event(line, "source_over"));
    over.unwrap_or_else(|why| panic!("the film goes on: {why}"));
    let is_safe = || 2 <= unit.events("upload_verified").len();
    wait_until(|| format!("the check is safe: {}", unit.account()), PATIENCE, is_safe);

    let told = unit.events("check_opened");
    assert_eq!((told.len(), &*told[0]["kind"].to_string()), (1, "\"near_miss\""));
    // A guard that knew of it would refuse: there is no deterrent at all.
    for event in ["visit_opened", "visit_closed", "emission_began", "refused"] {
        assert!(unit.events(event).is_empty(), "{event}: {}", unit.account());
    }
    let person = server.owner();
    assert!(server.all(&person, "/api/v1/visits").is_empty(), "it does not count");
    let held = server.all(&person, "/api/v1/visits?kind=near_miss");
    let [check] = &held[..] else { panic!("{held:?}") };
    assert_eq!((&check["id"], &check["is_opened"]), (&told[0]["visit_id"], &true.into()));
    assert!(!check["closed_at"].is_null() && check["emissions"].as_array().unwrap().is_empty());
    let stored = check["clips"].as_array().unwrap().iter();
    assert_eq!(stored.filter(|clip| clip["state"] == "stored").count(), 2, "{check}");

    let told = unit.ask(&["explain", check["id"].as_str().unwrap()]);
    let moment = &told["recorded"]["verdicts"][0];
    assert_eq!(told["kind"], "near_miss");
    assert!(!moment["way"].as_array().unwrap().is_empty(), "its way was kept: {told}");
    assert!(moment["evidence"]["terms"].as_array().unwrap().len() > 10, "{told}");
    unit.terminate();
}
