//! `apis-sim guard`: the real guard before the simulated body, without camera, disk or network.
//!
//! A hornet hovers in the middle of the picture for ever; the arm button, pressed with
//! `apis-sim press arm`, does the rest. It shows the body at work, and it is the program that the
//! tests stop and kill. It starts with 61 s of uptime, which nothing but the simulated body may.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use anyhow::Context;
use apis_unit::eyes::{Target, VisitNumber};
use apis_unit::guard::{
    Button, Deterrent, Guard, GuardFact, GuardInput, GuardOutput, LedPattern, Light, Mount, Switch,
};
use apis_units::{Angle, Fraction, PanTilt, PicturePoint, Uptime};
use apis_vision::TrackId;
use clap::Args;

use super::wire::{Drive, FromUnit, ToUnit};
use crate::clock::{monotonic_us, wait_until_us};

/// Uptime spent before the start, in microseconds: just past the dark first minute.
const SPENT_US: u64 = 61_000_000;

/// Microseconds between two frames of the hornet.
const FRAME_US: u64 = 66_000;

/// Runs the guard alone before a simulated body.
#[derive(Debug, Args)]
pub struct GuardArgs {
    /// The body's socket.
    #[arg(long)]
    socket: PathBuf,
}

/// `apis-sim guard`: until the body is gone.
///
/// Errors: no body at the socket, or it went away.
pub fn run(args: &GuardArgs) -> anyhow::Result<()> {
    // As the unit's guard does: with the right to it, before other work.
    let _ = rustix::process::setpriority_process(None, -15);
    let mut bare = Bare::before(&args.socket)?;
    println!("guard: ready");
    bare.give(GuardInput::BodyPresent)?;
    bare.give(GuardInput::CameraOk)?;
    let mut frame_due_us = 0;
    loop {
        for input in bare.inputs()? {
            bare.give(input)?;
        }
        if frame_due_us <= monotonic_us() {
            frame_due_us = monotonic_us() + FRAME_US;
            let target = hornet(bare.now());
            bare.give(GuardInput::Target(target))?;
        }
        if bare.guard.wake_at() <= bare.now() {
            bare.give(GuardInput::Tick)?;
        }
        let wake_us = bare.guard.wake_at().micros() + bare.started_us - SPENT_US;
        wait_until_us(wake_us.min(frame_due_us));
    }
}

/// The hornet, in a frame that was taken now.
pub fn hornet(captured_at: Uptime) -> Target {
    let middle = Fraction::of(1, 2);
    let point = PicturePoint { x: middle, y: middle };
    Target { visit: VisitNumber(1), track: TrackId(1), point, captured_at }
}

struct Bare {
    guard: Guard,
    started_us: u64,
    reader: BufReader<UnixStream>,
    stream: UnixStream,
    line: String,
}

impl Bare {
    fn before(socket: &Path) -> anyhow::Result<Bare> {
        let stream = UnixStream::connect(socket)
            .with_context(|| format!("reach the body at {}", socket.display()))?;
        stream.set_nonblocking(true).context("make the socket non-blocking")?;
        let reader = BufReader::new(stream.try_clone().context("share the socket")?);
        let guard = Guard::new(Deterrent::Fitted(Mount::REFERENCE));
        Ok(Bare { guard, started_us: monotonic_us(), reader, stream, line: String::new() })
    }

    fn now(&self) -> Uptime {
        Uptime::from_micros(monotonic_us() - self.started_us + SPENT_US)
    }

    /// Hands `input` over and does what the guard says.
    fn give(&mut self, input: GuardInput) -> anyhow::Result<()> {
        let now = self.now();
        self.guard.handle(input, now);
        while let Some(output) = self.guard.next_output() {
            let pin_time = Uptime::from_micros(monotonic_us() - self.started_us + SPENT_US);
            let message = match output {
                GuardOutput::Drive(drive) => FromUnit::Drive(Drive {
                    aim: drive.aim.map(|to| (to.pan.millidegrees(), to.tilt.millidegrees())),
                    beam: drive.beam.is_some_and(|order| order.is_valid(pin_time)),
                    toggle: drive.toggle,
                }),
                GuardOutput::Led(led) => FromUnit::Led { pattern: name(led.pattern).to_owned() },
                GuardOutput::Fact(fact) => {
                    tell(fact);
                    continue;
                }
            };
            self.stream.write_all(format!("{message}\n").as_bytes()).context("drive the body")?;
        }
        Ok(())
    }

    /// What the body says, without waiting.
    fn inputs(&mut self) -> anyhow::Result<Vec<GuardInput>> {
        let mut inputs = Vec::new();
        loop {
            match self.reader.read_line(&mut self.line) {
                Ok(0) => anyhow::bail!("the body is gone"),
                Ok(_) if self.line.ends_with('\n') => {
                    let line = std::mem::take(&mut self.line);
                    let message: ToUnit = line
                        .parse()
                        .map_err(|_| anyhow::anyhow!("the body said \"{}\"", line.trim_end()))?;
                    inputs.extend(inputs_of(&message));
                }
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(inputs),
                Err(error) => return Err(error).context("hear the body"),
            }
        }
    }
}

fn inputs_of(message: &ToUnit) -> Vec<GuardInput> {
    match *message {
        ToUnit::ServoAt { pan, tilt } => {
            let angle = Angle::from_millidegrees;
            vec![GuardInput::ServoAt(PanTilt { pan: angle(pan), tilt: angle(tilt) })]
        }
        ToUnit::Readings { kill_pressed, supply_mv, temperature_c, lit } => vec![
            GuardInput::KillSwitch(if kill_pressed { Switch::Pressed } else { Switch::Clear }),
            GuardInput::Supply { mv: supply_mv },
            GuardInput::Temperature { degrees_c: temperature_c },
            GuardInput::Beam(if lit { Light::Lit } else { Light::Dark }),
        ],
        ToUnit::Button { pressed: true } => vec![GuardInput::Button(Button::Pressed)],
        ToUnit::Button { pressed: false } => vec![GuardInput::Button(Button::Released)],
    }
}

fn name(pattern: LedPattern) -> &'static str {
    match pattern {
        LedPattern::Disarmed => "disarmed",
        LedPattern::Armed => "armed",
        LedPattern::Emitting => "emitting",
        LedPattern::Faulted => "faulted",
        LedPattern::Locating => "locating",
    }
}

fn tell(fact: GuardFact) {
    match fact {
        GuardFact::EmissionBegan { .. } => println!("guard: lit"),
        GuardFact::EmissionEnded(emission) => {
            let length = emission.ended.since(emission.began).as_millis();
            println!("guard: dark after {length} ms ({})", emission.ended_by.code());
        }
        GuardFact::Refused { reason, .. } => println!("guard: refused ({})", reason.code()),
        GuardFact::ArmChanged { state, .. } => println!("guard: {state:?}"),
        GuardFact::PressRefused { answer, .. } => println!("guard: not armed ({answer:?})"),
        GuardFact::CommandAnswered { answer, .. } => println!("guard: {}", answer.code()),
    }
}
