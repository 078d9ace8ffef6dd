//! `apis-sim bench-drive`: how long the guard takes from a target to the drive.
//!
//! The whole way through the brain: aim, slew model, interlock, order, facts. No socket and no
//! thread: what a platform adds on both sides is measured there.

use std::hint::black_box;

use apis_unit::guard::{Button, Deterrent, Guard, GuardInput, GuardOutput, Light, Mount, Switch};
use apis_units::{PanTilt, Uptime};
use clap::Args;

use super::bare::hornet;
use crate::clock::monotonic_ns;

/// Measures the time from a target handed to the guard to the drive it gives.
#[derive(Debug, Args)]
pub struct BenchDriveArgs {
    /// How many targets.
    #[arg(long, default_value_t = 200_000)]
    targets: u32,
    /// Print one JSON object instead of a line.
    #[arg(long)]
    json: bool,
}

/// `apis-sim bench-drive`.
///
/// Errors: fewer targets than percentiles need.
pub fn run(args: &BenchDriveArgs) -> anyhow::Result<()> {
    anyhow::ensure!(args.targets >= 1_000, "at least 1000 targets make a 99th percentile");
    let Measured { mut nanos, lit_count } = measure(args.targets);
    nanos.sort_unstable();
    let at = |part: usize| nanos[(nanos.len() - 1) * part / 1_000];
    let (p50, p99, most) = (at(500), at(990), at(1_000));
    if args.json {
        let found = serde_json::json!({
            "bench": "target_to_drive", "targets": args.targets, "lit": lit_count,
            "p50_ns": p50, "p99_ns": p99, "max_ns": most,
        });
        println!("{found}");
    } else {
        println!("target to drive: p50 {p50} ns, p99 {p99} ns, most {most} ns ({lit_count} lit)");
    }
    Ok(())
}

struct Measured {
    nanos: Vec<u64>,
    lit_count: u32,
}

/// Steps of 20 ms from uptime 61 s on, armed, one target each.
fn measure(targets: u32) -> Measured {
    let mut guard = Guard::new(Deterrent::Fitted(Mount::REFERENCE));
    let mut measured = Measured { nanos: Vec::new(), lit_count: 0 };
    let mut servo = Mount::REFERENCE.aim(hornet(Uptime::ZERO).point).unwrap_or_default();
    for step in 0..targets {
        let now = Uptime::from_millis(61_000 + u64::from(step) * 20);
        if step == 10 {
            guard.handle(GuardInput::Button(Button::Pressed), now);
        }
        read(&mut guard, servo, now);
        let from = monotonic_ns();
        guard.handle(black_box(GuardInput::Target(hornet(now))), now);
        let drive = guard.next_output();
        let nanos = monotonic_ns() - from;
        if let Some(GuardOutput::Drive(drive)) = black_box(drive) {
            measured.nanos.push(nanos);
            measured.lit_count += u32::from(drive.beam.is_some());
            servo = drive.aim.unwrap_or(servo);
        }
        while guard.next_output().is_some() {}
    }
    measured
}

/// Every reading, all well, and the servo where the drive before sent it.
fn read(guard: &mut Guard, servo: PanTilt, now: Uptime) {
    for input in [
        GuardInput::BodyPresent,
        GuardInput::CameraOk,
        GuardInput::ServoAt(servo),
        GuardInput::KillSwitch(Switch::Clear),
        GuardInput::Supply { mv: 5_000 },
        GuardInput::Temperature { degrees_c: 25 },
        GuardInput::Beam(Light::Dark),
    ] {
        guard.handle(input, now);
        while guard.next_output().is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bench_measures_drives_that_are_lit_as_often_as_the_limits_allow() {
        let Measured { nanos, lit_count } = measure(3_000);
        assert_eq!(nanos.len(), 3_000);
        // 30 s of 60 at most; a cycle of 5 s and 2 s reaches it.
        assert!((1_200..=1_550).contains(&lit_count), "{lit_count}");
    }
}
