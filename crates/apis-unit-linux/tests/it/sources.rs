//! Sources that end, stall, change and lie.

use crate::unit::{Unit, frames};

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
fn a_film_that_is_not_there_is_a_fault_and_never_another_picture() {
    let unit = Unit::standalone(&["--source", "video:/no/such/film.mp4"]);
    unit.faults("source_failed");
    let status = unit.status();
    assert_eq!(status["eyes"]["frames"], 0);
    assert_eq!(status["guard"]["is_armed"], false);
}
