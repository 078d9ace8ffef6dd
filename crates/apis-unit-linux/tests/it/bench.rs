//! `apis-unit bench`, as an owner runs it to learn what a board can do.

use crate::unit::{ended, program};

use apis_bench::{FRAME_BYTES, FRAMES, Tally, config, draw, frame};
use apis_vision::Vision;
use serde_json::Value;

#[test]
fn every_frame_is_timed_and_the_sum_is_that_of_any_other_board() {
    let (status, told, errors) = ended(program().args(["--json", "bench", "--rounds", "2"]));
    assert!(status.success(), "{errors}");
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["frames"], 2 * FRAMES);
    assert!(told["p50_us"].as_u64().unwrap() <= told["p95_us"].as_u64().unwrap());
    assert!(told["fps"].as_f64().unwrap() > 1.0);
    assert!(told["memory_kib"].as_u64().unwrap() > 1_000);

    let mut luma = vec![0; FRAME_BYTES];
    let (mut vision, mut tally) = (Vision::new(config()), Tally::new());
    for number in 0..FRAMES {
        draw(&mut luma, number);
        tally.take(vision.step(&frame(&luma, number).unwrap()));
    }
    assert_eq!(told["sum"], format!("{:016x}", tally.sum()));
    assert_eq!(told["verdicts"], tally.verdicts());
}

#[test]
fn it_tells_a_person_the_same_in_words_and_refuses_no_rounds() {
    let (status, told, _) = ended(program().args(["bench", "--rounds", "1"]));
    assert!(status.success());
    for word in ["a frame of 320 × 240:", "frames a second", "memory:", "seen: sum "] {
        assert!(told.contains(word), "{told}");
    }
    assert!(!ended(program().args(["bench", "--rounds", "0"])).0.success());
}
