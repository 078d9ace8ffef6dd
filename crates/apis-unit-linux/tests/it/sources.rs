//! Sources that end, stall, change and lie.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::unit::{PATIENCE, Unit, frames};

/// Waits until the eyes have looked at so many frames.
fn await_frames(unit: &Unit, count: u64) {
    let begun = Instant::now();
    while unit.status()["eyes"]["frames"] != count {
        assert!(begun.elapsed() < PATIENCE, "{}", unit.status()["eyes"]);
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Runs a shell command to its end.
fn shell(command: &str) {
    assert!(Command::new("sh").args(["-c", command]).status().unwrap().success(), "{command}");
}

fn path_of(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_named_pipe_is_opened_again_when_its_writer_goes() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("frames");
    shell(&format!("mkfifo {}", fifo.display()));
    let unit = Unit::standalone(&["--source", &format!("pipe:{}", fifo.display())]);
    unit.tells("started");
    shell(&format!("({}) > {}", frames("64x48", 4), fifo.display()));
    unit.faults("source_ended");
    await_frames(&unit, 4);
    shell(&format!("({}) > {}", frames("64x48", 3), fifo.display()));
    unit.tells_that("fault_over", |line| line["code"] == "source_ended");
    await_frames(&unit, 7);
    assert!(unit.terminate().success());
}

#[test]
fn standard_input_is_raw_pictures_of_the_size_that_is_given() {
    let raw = "for n in 1 2 3 4 5; do head -c 4608 /dev/zero; sleep 0.1; done";
    let unit = Unit::fed_by(raw, &["--size", "64x48"]);
    unit.faults("source_ended");
    unit.tells("source_over");
    await_frames(&unit, 5);

    let half = "head -c 4608 /dev/zero; head -c 100 /dev/zero";
    let unit = Unit::fed_by(half, &["--size", "64x48"]);
    let told = unit.faults("source_truncated");
    assert!(told["detail"].as_str().unwrap().contains("100 of 4608"), "{told}");
    await_frames(&unit, 1);

    let unit = Unit::fed_by(raw, &[]);
    let told = unit.faults("source_garbage");
    assert!(told["detail"].as_str().unwrap().contains("size"), "{told}");
}

#[test]
fn a_folder_is_watched_in_the_order_of_its_numbers_and_a_bad_file_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    for (name, grey) in [("2", 20), ("10", 30), ("1", 10)] {
        let mut jpeg = Vec::new();
        let encoder = jpeg_encoder::Encoder::new(&mut jpeg, 90);
        let pixels = vec![grey; 64 * 48];
        encoder.encode(&pixels, 64, 48, jpeg_encoder::ColorType::Luma).unwrap();
        std::fs::write(folder.path().join(name).with_extension("jpg"), jpeg).unwrap();
    }
    std::fs::write(folder.path().join("3.jpg"), b"no picture").unwrap();
    let source = format!("folder:{}", folder.path().display());
    let unit = Unit::standalone(&["--source", &source, "--rate", "5"]);
    let told = unit.faults("source_garbage");
    assert!(told["detail"].as_str().unwrap().contains("3.jpg"), "{told}");
    unit.faults("source_ended");
    unit.tells("source_over");
    await_frames(&unit, 3);
    // The newest picture is that of the greatest number.
    let picture = folder.path().join("newest.jpg");
    let saved = unit.command(&["snapshot", "--out", path_of(&picture)]).output().unwrap();
    assert!(saved.status.success());
    let bytes = std::fs::read(&picture).unwrap();
    let mut decoder = zune_jpeg::JpegDecoder::new(std::io::Cursor::new(bytes));
    let pixels = decoder.decode().unwrap();
    assert!((28..=32).contains(&pixels[0]), "grey {}", pixels[0]);
}

#[test]
fn a_film_is_watched_at_its_own_speed_or_as_fast_as_the_eyes_can() {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("film.avi");
    let source = "testsrc=size=64x48:rate=10:duration=2";
    let made = Command::new("ffmpeg")
        .args(["-loglevel", "error", "-f", "lavfi", "-i", source, "-c:v", "mjpeg"])
        .arg(&film)
        .status();
    assert!(made.unwrap().success());
    let source = format!("video:{}", film.display());
    let watch = |speed: &str| {
        let unit = Unit::standalone(&["--source", &source, "--speed", speed]);
        unit.tells("started");
        let begun = Instant::now();
        unit.tells("source_over");
        await_frames(&unit, 20);
        begun.elapsed()
    };
    let (real, full) = (watch("real"), watch("full"));
    assert!(Duration::from_millis(1_500) < real, "two seconds took {real:?}");
    assert!(full < real, "{full:?} at full speed, {real:?} at its own");
}

#[test]
fn a_source_that_ends_is_told_counted_and_survived() {
    let source = format!("exec:{}", frames("64x48", 5));
    let unit = Unit::standalone(&["--source", &source, "--no-restart"]);
    unit.faults("source_ended");
    unit.tells("source_over");
    let status = unit.status();
    assert_eq!(status["errors"]["source_ended"], 1);
    assert_eq!(status["faults"][0], "source_ended");
    assert_eq!(status["eyes"]["frames"], 5);
    assert!(unit.terminate().success());
}

#[test]
fn a_camera_that_stalls_is_started_again_and_the_fault_is_over_with_its_first_picture() {
    let source = format!("exec:{}; sleep 1000", frames("64x48", 3));
    let unit = Unit::standalone(&["--source", &source, "--stall-s", "1"]);
    unit.faults("source_stalled");
    unit.tells_that("fault_over", |line| line["code"] == "source_stalled");
    assert!(unit.terminate().success());
}

#[test]
fn a_camera_that_comes_back_with_another_size_is_told_and_watched_on() {
    let folder = tempfile::tempdir().unwrap();
    let marker = folder.path().join("second");
    let (marker, first, second) = (marker.display(), frames("64x48", 3), frames("96x64", 1_000));
    let source =
        format!("exec:if [ -e {marker} ]; then {second}; else touch {marker}; {first}; fi");
    let unit = Unit::standalone(&["--source", &source]);
    let told = unit.faults("source_resized");
    assert!(told["detail"].as_str().unwrap().contains("from 64x48 to 96x64"), "{told}");
    unit.tells_that("fault_over", |line| line["code"] == "source_resized");
    assert_eq!(unit.status()["errors"]["source_resized"], 1);
}

#[test]
fn what_is_no_picture_stream_is_told_with_the_reason() {
    let unit = Unit::standalone(&["--source", "exec:echo RIFF....AVI", "--no-restart"]);
    let told = unit.faults("source_garbage");
    assert!(told["detail"].as_str().unwrap().contains("YUV4MPEG2"), "{told}");
}

#[test]
fn alone_with_a_film_that_is_not_there_it_ends_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    for source in ["video:/no/such/film.mp4", "folder:/no/such/folder"] {
        let mut unit = Command::new(env!("CARGO_BIN_EXE_apis-unit"));
        unit.arg("--data").arg(folder.path()).args(["run", "--standalone", "--source", source]);
        let ended = unit.output().unwrap();
        let told = String::from_utf8_lossy(&ended.stderr);
        assert!(!ended.status.success());
        for part in ["config_refused", source, "there is no /no/such/"] {
            assert!(told.contains(part), "{told}");
        }
    }
}

#[test]
fn what_cannot_be_opened_is_a_fault_and_never_another_picture() {
    let unit = Unit::standalone(&["--source", "pipe:/no/such/fifo"]);
    unit.faults("source_failed");
    let status = unit.status();
    assert_eq!(status["eyes"]["frames"], 0);
    assert_eq!(status["guard"]["is_armed"], false);
}
