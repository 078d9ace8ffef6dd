//! `bench --target`: what a frame costs each board's processor, by counting it in an emulator.
//!
//! The same eyes look at the same frames everywhere. What they see must be the same to the last
//! bit; what they did is counted exactly; only time is predicted, and says from what.

mod boards;

mod emulate;

mod tell;

pub mod xtensa;

pub use boards::Target;

use crate::tools::step;
use anyhow::{Context, Result, bail};
use boards::Core;
use serde_json::Value;

/// Most that a core's own counter may differ from the emulator's, as a share of 1,000.
const APART_MAX: u64 = 10;

/// Measures each target, one after the other, and prints a table of each and all as JSON.
pub fn run(targets: &[Target]) -> Result<()> {
    let mut found = Vec::new();
    for target in targets {
        let board = target.board();
        let measured = measure(*target).with_context(|| format!("target {}", board.name))?;
        print!("{}", tell::text(&measured)?);
        found.push(tell::json(&measured)?);
    }
    println!("{}", Value::Array(found));
    Ok(())
}

/// What was found for one board.
struct Measured {
    board: &'static boards::Board,
    said: emulate::Said,
    counted: emulate::Counted,
}

fn measure(target: Target) -> Result<Measured> {
    let board = target.board();
    let reference = reference()?;
    emulate::ensure(board.core, true)?;
    let mut program = None;
    step(&format!("build the eyes for {}", board.name), || {
        program = Some(emulate::build(board.core)?);
        Ok(())
    })?;
    let program = program.context("nothing was built")?;
    let plugin = emulate::build_plugin()?;
    let (mut said, counted) = emulate::count(board.core, &program, &plugin, &board.cache)?;
    must_be_same(board.name, &said, &reference)?;
    must_agree(&said, &counted)?;
    if board.core == Core::Host {
        // What was counted ran in an emulator, whose time means nothing.
        said = reference;
    }
    Ok(Measured { board, said, counted })
}

/// What this machine sees.
fn reference() -> Result<emulate::Said> {
    emulate::run(Core::Host, &emulate::build(Core::Host)?)
}

fn must_be_same(name: &str, said: &emulate::Said, reference: &emulate::Said) -> Result<()> {
    if !said.is_same(reference) {
        bail!("{name} saw something else than the host:\n  {said:?}\n  {reference:?}");
    }
    let grown = said.number("grown")?;
    if grown != 0 {
        bail!("on {name} the eyes took {grown} bytes of memory while they looked");
    }
    Ok(())
}

/// What the program says of itself holds the plugin to account: its frames, and where it can read
/// one, the core's own counter.
fn must_agree(said: &emulate::Said, counted: &emulate::Counted) -> Result<()> {
    if said.number("frames")? != counted.frames {
        bail!("{} frames were counted: {said:?}", counted.frames);
    }
    let Ok(retired) = said.number("retired") else { return Ok(()) };
    let all: u64 = counted.modules.iter().map(|(_, counts)| counts.instructions).sum();
    let mean = all / counted.frames;
    if retired.abs_diff(mean) * 1_000 > mean * APART_MAX {
        bail!("the core counted {retired} instructions a frame, the emulator {mean}");
    }
    Ok(())
}

/// Holds a 32-bit core to what this machine sees; the part of the bench that CI runs.
pub fn compare() -> Result<()> {
    let core = Core::Riscv32Imac;
    emulate::ensure(core, false)?;
    let said = emulate::run(core, &emulate::build(core)?)?;
    must_be_same("a 32-bit core", &said, &reference()?)
}
