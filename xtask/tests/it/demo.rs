//! `cargo xtask demo`: what the README promises of it, with the built programs.
//!
//! They watch in real time, so one test goes after the other.

use crate::started::{Demo, Ended};
use serde_json::Value;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Held by the test that runs programs in real time.
fn stage() -> MutexGuard<'static, ()> {
    static STAGE: Mutex<()> = Mutex::new(());
    STAGE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn free_port() -> String {
    apis_testkit::ports::free_port().to_string()
}

#[test]
fn two_demos_side_by_side_each_bring_a_visit_and_its_clip_to_their_server() {
    let _stage = stage();
    let folder = tempfile::tempdir().unwrap();
    // Longer than a socket's path may be, and with a space: a folder is named as people like.
    let data = folder.path().join(format!("my data {}", "x".repeat(100)));
    let data = data.to_str().unwrap();
    let film = folder.path().join("a film.avi");
    draw_film(&film);

    let drawn = Demo::start(&["--check", "--port", &free_port(), "--data", data]);
    let film = ["--check", "--keep", "--port", &free_port(), "--video", film.to_str().unwrap()];
    let filmed = Demo::start(&film);
    let (drawn, filmed) = (drawn.ended(), filmed.ended());

    let first = visit_of(&drawn);
    visit_of(&filmed);
    drawn.assert_nothing_left();
    assert_eq!(filmed.still_running(), Vec::<String>::new(), "{filmed}");
    let [kept] = &filmed.left_behind()[..] else { panic!("--keep leaves one folder\n{filmed}") };
    assert!(kept.join("server").is_dir() && kept.join("unit").is_dir());
    assert!(filmed.said(&format!("data kept in {}", kept.display())), "{filmed}");

    // The same folder again: the unit is enrolled, and the visit told is this run's own.
    let again = Demo::start(&["--check", "--port", &free_port(), "--data", data]).ended();
    let second = visit_of(&again);
    assert!(again.said("enrolled already"), "{again}");
    // With the machine to itself: within a minute a hornet has come and its clip is there.
    assert!(again.summary()["clip_after_seconds"].as_u64() <= Some(60), "{again}");
    assert_eq!(second["unit_id"], first["unit_id"]);
    assert_ne!(second["id"], first["id"]);
    assert!(Path::new(data).join("server").is_dir());
    again.assert_nothing_left();
}

/// The visit in the summary of a check that went well.
fn visit_of(demo: &Ended) -> Value {
    assert!(demo.status.success(), "{demo}");
    assert!(demo.said("61s of uptime"), "{demo}");
    let summary = demo.summary();
    let visit = summary["visit"].clone();
    let clips = visit["clips"].as_array().unwrap_or_else(|| panic!("{demo}"));
    let clip = clips.iter().find(|clip| clip["kind"] == "clip").unwrap();
    assert_eq!(clip["state"], "stored", "{demo}");
    assert_eq!(clip["bytes"], summary["clip_bytes"], "{demo}");
    assert!(summary["emissions"].as_u64() >= Some(1), "{demo}");
    assert!(summary["records_stored"].as_u64() >= Some(1), "{demo}");
    assert!(!summary["evidence"].as_array().unwrap().is_empty(), "{demo}");
    visit
}

/// A hornet that hovers from the fourth to the ninth second, as a compressed film.
fn draw_film(path: &Path) {
    let programs = Path::new(env!("CARGO_BIN_EXE_xtask")).parent().unwrap();
    let mut scene = Command::new(programs.join("apis-sim"))
        .args(["scene", "--raw", "--full-speed", "--seconds", "14", "--seed", "3"])
        .args(["--hornets", "hover@4+5"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let film = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "640x480"])
        .args(["-r", "12", "-i", "-", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "2"])
        .arg(path)
        .stdin(scene.stdout.take().unwrap())
        .status()
        .unwrap();
    assert!(scene.wait().unwrap().success() && film.success());
}

#[test]
fn a_film_without_a_hornet_ends_the_check_with_a_clear_word() {
    let _stage = stage();
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("grey.avi");
    let source = "color=gray:size=320x240:rate=10:duration=1";
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", source, "-c:v", "mjpeg"])
        .arg(&film)
        .status();
    assert!(made.unwrap().success());
    let film = film.to_str().unwrap();
    let demo = Demo::start(&["--check", "--port", &free_port(), "--video", film]).ended();
    assert!(!demo.status.success());
    assert!(demo.said("no hornet hovered"), "{demo}");
    demo.assert_nothing_left();
}

#[test]
fn a_busy_port_and_a_missing_film_are_said_at_once() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = holder.local_addr().unwrap().port().to_string();
    let busy = Demo::start(&["--check", "--port", &port]).ended();
    assert!(!busy.status.success());
    assert!(busy.said(&format!("port {port} is busy")) && busy.said("--port"), "{busy}");
    busy.assert_nothing_left();

    let missing = Demo::start(&["--video", "no-such-film.mp4"]).ended();
    assert!(!missing.status.success());
    assert!(missing.said("no video file at no-such-film.mp4"), "{missing}");
}

#[test]
fn ctrl_c_and_a_closed_terminal_end_every_program_and_remove_the_folder() {
    let _stage = stage();
    // Early, while the server and the unit are being set up, and late, while it is told.
    for (moment, signal) in
        [("server ready", "-INT"), ("arm button", "-INT"), ("arm button", "-HUP")]
    {
        let mut demo = Demo::start(&["--port", &free_port()]);
        demo.wait_for(moment);
        demo.signal(signal);
        let demo = demo.ended();
        assert!(demo.status.success(), "{signal} after {moment:?}: {demo}");
        demo.assert_nothing_left();
    }
}

#[test]
fn a_check_that_is_broken_off_is_no_success() {
    let _stage = stage();
    let mut demo = Demo::start(&["--check", "--port", &free_port()]);
    demo.wait_for("arm button");
    demo.signal("-TERM");
    let demo = demo.ended();
    assert!(!demo.status.success());
    assert!(demo.said("ended before a visit"), "{demo}");
    demo.assert_nothing_left();
}

#[test]
fn when_nobody_reads_its_output_the_demo_ends_its_programs() {
    let _stage = stage();
    let mut demo = Demo::start(&["--port", &free_port()]);
    demo.wait_for("server ready");
    demo.close_output();
    let demo = demo.ended();
    assert!(!demo.status.success());
    assert!(demo.said("tell the story") && !demo.said("panicked"), "{demo}");
    demo.assert_nothing_left();
}
