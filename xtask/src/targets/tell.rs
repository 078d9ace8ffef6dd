//! What was counted, as a table for a person and as JSON, with each prediction beside what it
//! assumes.

use super::Measured;
use super::boards::{Memory, Pace};
use super::emulate::{Counted, Counts};
use anyhow::Result;
use serde_json::{Value, json};
use std::fmt::Write;

/// The stages of a frame, and the modules of the eyes that each is made of. A module that is not
/// listed is told under its own name.
const STAGES: [(&str, &[&str]); 7] = [
    ("cells", &["grid", "frame"]),
    ("light", &["gain"]),
    ("shake", &["shift"]),
    ("background", &["background"]),
    ("blobs", &["blobs"]),
    ("tracks", &["tracks", "association", "body", "flight", "lost", "history"]),
    ("verdict", &["judge", "verdict", "weights", "motion", "bees", "places", "evidence"]),
];

/// What every stage did, in the order of a frame's way, and what could not be told apart from the
/// function that calls them.
fn stages(counted: &Counted) -> Vec<(String, Counts)> {
    let mut stages: Vec<(String, Counts)> =
        STAGES.iter().map(|(name, _)| ((*name).to_owned(), Counts::default())).collect();
    for (module, counts) in &counted.modules {
        let stage = STAGES.iter().find(|(_, modules)| modules.contains(&module.as_str()));
        let name = stage.map_or(module.as_str(), |(name, _)| name);
        match stages.iter_mut().find(|(known, _)| known == name) {
            Some((_, sum)) => sum.add(*counts),
            None => stages.push((name.to_owned(), *counts)),
        }
    }
    stages.retain(|(_, counts)| counts.instructions > 0);
    stages
}

fn total(counted: &Counted) -> Counts {
    let mut total = Counts::default();
    counted.modules.iter().for_each(|(_, counts)| total.add(*counts));
    total
}

/// Bytes that must be in memory at once.
fn needed_bytes(measured: &Measured) -> Result<u64> {
    let said = &measured.said;
    Ok(said.number("eyes")? + said.number("frame")? + said.number("stack")?)
}

/// Frames a second that are predicted.
struct Predicted {
    /// With everything in memory that is reached at once.
    inside: f64,
    /// The same for the frame that takes most instructions.
    inside_slowest: f64,
    /// With the eyes and the frame in memory beside the chip, if there can be any.
    outside: Option<f64>,
}

fn predict(pace: &Pace, memory: Option<&Memory>, counted: &Counted) -> Predicted {
    let frames = counted.frames as f64;
    let total = total(counted);
    let seconds = |instructions: f64| instructions * pace.cycles / (pace.mhz * 1e6);
    let mean = seconds(total.instructions as f64 / frames);
    let traffic = total.traffic_bytes() as f64 / frames;
    Predicted {
        inside: 1.0 / mean,
        inside_slowest: 1.0 / seconds(counted.instructions_max as f64),
        outside: memory
            .and_then(|memory| memory.outside.as_ref())
            .map(|outside| 1.0 / (mean + traffic / (outside.mb_per_s * 1e6))),
    }
}

/// A table for one board.
pub fn text(measured: &Measured) -> Result<String> {
    let Measured { board, said, counted } = measured;
    let mut text = String::new();
    writeln!(text, "{}: {}", board.name, board.processor)?;
    writeln!(
        text,
        "  saw what the host sees: sum {}, {} frames, {} tracks, {} verdicts",
        said.sum(),
        said.number("frames")?,
        said.number("tracks")?,
        said.number("verdicts")?
    )?;
    tell_stages(counted, &mut text)?;
    writeln!(text, "  the slowest frame: {} instructions", counted.instructions_max)?;
    let cache = &board.cache;
    writeln!(
        text,
        "  fetched and written back: a data cache of {} KiB, {} ways, lines of {} bytes",
        cache.bytes >> 10,
        cache.ways,
        cache.line
    )?;
    tell_memory(measured, &mut text)?;
    tell_time(measured, &mut text)?;
    Ok(text)
}

fn tell_stages(counted: &Counted, text: &mut String) -> Result<()> {
    writeln!(
        text,
        "  {:<12}{:>14}{:>14}{:>14}{:>14}{:>14}",
        "a frame", "instructions", "bytes loaded", "stored", "fetched", "written back"
    )?;
    let in_all = ("in all".to_owned(), total(counted));
    for (name, counts) in stages(counted).into_iter().chain([in_all]) {
        let each = |sum: u64| sum / counted.frames;
        writeln!(
            text,
            "  {name:<12}{:>14}{:>14}{:>14}{:>14}{:>14}",
            each(counts.instructions),
            each(counts.load_bytes),
            each(counts.store_bytes),
            each(counts.fill_bytes),
            each(counts.write_back_bytes)
        )?;
    }
    Ok(())
}

/// What must be in memory, and whether the chip has as much.
fn tell_memory(measured: &Measured, text: &mut String) -> Result<()> {
    let Measured { board, said, .. } = measured;
    let kib = |bytes: u64| bytes as f64 / 1024.0;
    writeln!(
        text,
        "  memory: eyes {:.1} KiB, a frame {:.1} KiB, stack {}",
        kib(said.number("eyes")?),
        kib(said.number("frame")?),
        match said.number("stack")? {
            0 => "not measured".to_owned(),
            bytes => format!("{:.1} KiB", kib(bytes)),
        }
    )?;
    let Some(memory) = &board.memory else { return Ok(()) };
    let (needed, left) = (needed_bytes(measured)?, memory.left_bytes());
    let mut inside = format!("{} KiB ({})", memory.inside, memory.source);
    if !memory.rest.is_empty() {
        let rest: Vec<String> =
            memory.rest.iter().map(|(what, kib)| format!("{what} {kib}")).collect();
        write!(inside, ", less {}, leaves {} KiB", rest.join(", "), left >> 10)?;
    }
    let word = if needed <= left { "fit" } else { "do not fit" };
    writeln!(text, "  inside the chip: {inside}: {} KiB {word}", needed.div_ceil(1024))?;
    Ok(())
}

/// Frames a second: predicted, or of this machine measured.
fn tell_time(measured: &Measured, text: &mut String) -> Result<()> {
    let Measured { board, said, counted } = measured;
    let Some(pace) = &board.pace else {
        let micros = said.number("nanoseconds")? as f64 / 1_000.0;
        writeln!(text, "  measured: {micros:.0} µs a frame, {:.0} a second", 1e6 / micros)?;
        return Ok(());
    };
    let predicted = predict(pace, board.memory.as_ref(), counted);
    writeln!(
        text,
        "  predicted, data inside: {:.1} frames a second, {:.1} in the slowest frame \
         ({} cycles per instruction, {} MHz; {})",
        predicted.inside, predicted.inside_slowest, pace.cycles, pace.mhz, pace.source
    )?;
    let outside = board.memory.as_ref().and_then(|memory| memory.outside.as_ref());
    if let (Some(fps), Some(outside)) = (predicted.outside, outside) {
        writeln!(
            text,
            "  predicted, data outside: {fps:.1} frames a second ({} MB/s; {})",
            outside.mb_per_s, outside.source
        )?;
    }
    Ok(())
}

/// The same as JSON.
pub fn json(measured: &Measured) -> Result<Value> {
    let Measured { board, said, counted } = measured;
    let each = |sum: u64| sum / counted.frames;
    let counts = |counts: &Counts| {
        json!({
            "instructions": each(counts.instructions),
            "load_bytes": each(counts.load_bytes),
            "store_bytes": each(counts.store_bytes),
            "fill_bytes": each(counts.fill_bytes),
            "write_back_bytes": each(counts.write_back_bytes),
        })
    };
    let stages: serde_json::Map<String, Value> =
        stages(counted).iter().map(|(name, sum)| (name.clone(), counts(sum))).collect();
    let rounded = |fps: f64| (fps * 10.0).round() / 10.0;
    let predicted = board.pace.as_ref().map(|pace| {
        let predicted = predict(pace, board.memory.as_ref(), counted);
        json!({
            "mhz": pace.mhz,
            "cycles_per_instruction": pace.cycles,
            "fps_inside": rounded(predicted.inside),
            "fps_inside_slowest": rounded(predicted.inside_slowest),
            "fps_outside": predicted.outside.map(rounded),
        })
    });
    let needed = needed_bytes(measured)?;
    Ok(json!({
        "target": board.name,
        "sum": said.sum(),
        "frames": counted.frames,
        "tracks": said.number("tracks")?,
        "verdicts": said.number("verdicts")?,
        "frame": counts(&total(counted)),
        "instructions_max": counted.instructions_max,
        "stages": stages,
        "eyes_bytes": said.number("eyes")?,
        "frame_bytes": said.number("frame")?,
        "stack_bytes": said.number("stack")?,
        "left_bytes": board.memory.as_ref().map(Memory::left_bytes),
        "fits_inside": board.memory.as_ref().map(|memory| needed <= memory.left_bytes()),
        "predicted": predicted,
        "measured_ns": said.number("nanoseconds").ok().filter(|_| board.pace.is_none()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(modules: &[(&str, u64)]) -> Counted {
        let counts = |instructions| Counts { instructions, fill_bytes: 5_000, ..Counts::default() };
        Counted {
            frames: 10,
            instructions_max: 4_000_000,
            modules: modules.iter().map(|(name, all)| ((*name).to_owned(), counts(*all))).collect(),
        }
    }

    #[test]
    fn modules_are_told_as_the_stage_they_belong_to() {
        let counted = counted(&[("weights", 2), ("vision", 7), ("gain", 5), ("judge", 1)]);
        let told: Vec<(String, u64)> = stages(&counted)
            .into_iter()
            .map(|(name, counts)| (name, counts.instructions))
            .collect();
        let expected = [("light", 5), ("verdict", 3), ("vision", 7)];
        assert_eq!(told, expected.map(|(name, all)| (name.to_owned(), all)));
    }

    #[test]
    fn a_prediction_is_cycles_and_where_it_must_be_the_bus() {
        let pace = Pace { mhz: 200.0, cycles: 2.0, source: "" };
        let outside = Some(super::super::boards::Outside { mb_per_s: 1.0, source: "" });
        let memory = Memory { inside: 9, source: "", rest: &[("Wi-Fi", 5)], outside };
        let predicted = predict(&pace, Some(&memory), &counted(&[("gain", 20_000_000)]));
        // Two million instructions, two cycles each, are 20 ms; 500 bytes at 1 MB/s are 0.5 ms.
        assert!((predicted.inside - 50.0).abs() < 1e-6);
        assert!((predicted.inside_slowest - 25.0).abs() < 1e-6);
        assert!((predicted.outside.unwrap() - 1.0 / 0.0205).abs() < 1e-6);
        assert_eq!(memory.left_bytes(), 4 << 10);
    }
}
