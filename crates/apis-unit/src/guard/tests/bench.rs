//! The bench: a guard at uptime 61 s, driven every control period, and everything it put out.

use alloc::vec::Vec;

use apis_aim::{Slew, SlewRate};
use apis_safety::CONTROL_PERIOD;
use apis_units::{Angle, Fraction, PanTilt, PicturePoint, Uptime};
use apis_vision::TrackId;

use crate::eyes::{Target, VisitNumber};
use crate::guard::{
    Button, CommandAnswer, CommandKind, CommandSource, Deterrent, Guard, GuardCommand, GuardFact,
    GuardInput, GuardOutput, Led, Light, Mount, Switch,
};

/// One drive as the pins saw it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Driven {
    pub at: Uptime,
    pub aim: Option<PanTilt>,
    pub is_lit: bool,
    pub toggle: bool,
}

/// How the bench's servo is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BenchServo {
    Sound,
    Stuck,
    Reversed,
    Silent,
}

pub(super) struct Bench {
    pub guard: Guard,
    pub now: Uptime,
    pub drives: Vec<Driven>,
    pub facts: Vec<GuardFact>,
    pub leds: Vec<Led>,
    pub servo_state: BenchServo,
    servo: Slew,
    /// Where the hornet is, as long as the eyes see it.
    pub hornet: Option<PicturePoint>,
    pub has_readings: bool,
    /// The driver is lit whatever it is told.
    pub stuck_light: bool,
}

impl Bench {
    /// Readings come, the body is there, the camera works, nobody armed.
    pub fn new() -> Bench {
        Bench::started(61_000)
    }

    /// The same, at another uptime.
    pub fn started(millis: u64) -> Bench {
        let mut bench = Bench::dark_at(Deterrent::Fitted(Mount::REFERENCE), millis);
        bench.has_readings = true;
        bench.give(GuardInput::BodyPresent);
        bench.give(GuardInput::CameraOk);
        bench.run_ms(100);
        bench
    }

    /// Nothing was read yet.
    pub fn dark(deterrent: Deterrent) -> Bench {
        Bench::dark_at(deterrent, 61_000)
    }

    fn dark_at(deterrent: Deterrent, millis: u64) -> Bench {
        let now = Uptime::from_millis(millis);
        let parked = PanTilt { pan: Angle::ZERO, tilt: Angle::from_degrees(-30) };
        let faster = SlewRate { degrees_per_second: 400, ..SlewRate::REFERENCE };
        Bench {
            guard: Guard::new(deterrent),
            now,
            drives: Vec::new(),
            facts: Vec::new(),
            leds: Vec::new(),
            servo_state: BenchServo::Sound,
            servo: Slew::standing_at(parked, faster, now),
            hornet: None,
            has_readings: false,
            stuck_light: false,
        }
    }

    /// Armed by the button, with a hornet in view.
    pub fn armed_with_hornet() -> Bench {
        let mut bench = Bench::new();
        bench.press();
        bench.hornet = Some(point(36_000, 30_000));
        bench
    }

    /// Emitting for half a second.
    pub fn emitting() -> Bench {
        let mut bench = Bench::armed_with_hornet();
        bench.run_ms(700);
        assert!(bench.is_lit(), "{:?}", bench.guard.refusal());
        bench
    }

    pub fn give(&mut self, input: GuardInput) {
        self.guard.handle(input, self.now);
        self.drain();
    }

    pub fn press(&mut self) {
        self.give(GuardInput::Button(Button::Pressed));
        self.give(GuardInput::Button(Button::Released));
    }

    pub fn command(&mut self, kind: CommandKind, source: CommandSource) -> CommandAnswer {
        self.command_until(kind, source, None)
    }

    pub fn command_until(
        &mut self,
        kind: CommandKind,
        source: CommandSource,
        expires_at: Option<Uptime>,
    ) -> CommandAnswer {
        let command = GuardCommand { number: 7, source, kind, expires_at };
        self.give(GuardInput::Command(command));
        let answers = self.facts.iter().rev().filter_map(|fact| match fact {
            GuardFact::CommandAnswered { command: answered, answer } => Some((*answered, *answer)),
            GuardFact::EmissionBegan { .. }
            | GuardFact::EmissionEnded(_)
            | GuardFact::Refused { .. }
            | GuardFact::ArmChanged { .. }
            | GuardFact::PressRefused { .. } => None,
        });
        let (answered, answer) = answers.take(1).last().expect("every command is answered");
        assert_eq!(answered, command);
        answer
    }

    pub fn run_ms(&mut self, millis: u64) {
        let end = self.now.millis() + millis;
        while self.now.millis() < end {
            self.period();
        }
    }

    /// One control period: measurements, a frame every 100 ms, and a tick when it is due.
    fn period(&mut self) {
        self.now = self.now + CONTROL_PERIOD;
        self.measure();
        if self.now.millis().is_multiple_of(100) {
            if self.has_readings {
                self.give(GuardInput::KillSwitch(Switch::Clear));
                self.give(GuardInput::Supply { mv: 5_000 });
                self.give(GuardInput::Temperature { degrees_c: 25 });
                let light =
                    if self.is_lit() || self.stuck_light { Light::Lit } else { Light::Dark };
                self.give(GuardInput::Beam(light));
            }
            if let Some(point) = self.hornet {
                self.give(GuardInput::Target(self.target(point)));
            }
        }
        if self.guard.wake_at() <= self.now {
            self.give(GuardInput::Tick);
        }
    }

    fn measure(&mut self) {
        let at = self.servo.position(self.now);
        let standing = PanTilt { pan: Angle::ZERO, tilt: Angle::from_degrees(-30) };
        let measured = match self.servo_state {
            BenchServo::Sound => at,
            BenchServo::Stuck => standing,
            BenchServo::Reversed => PanTilt { pan: -at.pan, tilt: at.tilt },
            BenchServo::Silent => return,
        };
        if self.has_readings {
            self.guard.handle(GuardInput::ServoAt(measured), self.now);
            self.drain();
        }
    }

    /// A target whose frame was taken 40 ms ago.
    pub fn target(&self, point: PicturePoint) -> Target {
        let captured_at = Uptime::from_millis(self.now.millis() - 40);
        Target { visit: VisitNumber(3), track: TrackId(5), point, captured_at }
    }

    fn drain(&mut self) {
        while let Some(output) = self.guard.next_output() {
            match output {
                GuardOutput::Drive(drive) => {
                    let is_lit = drive.beam.is_some_and(|order| order.is_valid(self.now));
                    if let Some(aim) = drive.aim {
                        self.servo.command(aim, self.now);
                    }
                    self.drives.push(Driven {
                        at: self.now,
                        aim: drive.aim,
                        is_lit,
                        toggle: drive.toggle,
                    });
                }
                GuardOutput::Led(led) => self.leds.push(led),
                GuardOutput::Fact(fact) => self.facts.push(fact),
            }
        }
    }

    pub fn is_lit(&self) -> bool {
        self.drives.last().is_some_and(|drive| drive.is_lit)
    }
}

pub(super) fn point(x: u16, y: u16) -> PicturePoint {
    PicturePoint { x: Fraction::from_raw(x), y: Fraction::from_raw(y) }
}
