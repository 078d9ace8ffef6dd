//! The interlock's tests: timelines a person can read, every limit alone, every reachable state of
//! a small model, and random sequences against an oracle that knows only what was lit.

mod timeline;

mod vectors;

mod edges;

mod oracle;

mod alone;

mod model;

mod properties;

use apis_units::{Angle, Uptime};

use crate::{BeamSense, Body, Camera, Inputs, KillSwitch, Line, Person, Servo, Supply, Target};
use crate::{Fault, Refusal, Temperature};

/// Everything is well, there is a fresh target in front of a servo in place, nobody asks.
fn well(now: Uptime) -> Inputs {
    Inputs {
        person: Person::Silent,
        kill_switch: KillSwitch::Clear,
        body: Body::Present,
        beam: BeamSense::Dark,
        camera: Camera::Working,
        supply: Supply::Millivolts(5_000),
        temperature: Temperature::Celsius(25),
        servo: Servo::InPlace,
        target: Target::Seen { captured_at: now },
        line: Line::Aimed { tilt: Angle::from_degrees(-25) },
    }
}

/// Every refusal that inputs can cause by themselves, as inputs that break this rule and no other.
fn breaches(now: Uptime) -> [(Refusal, Inputs); 14] {
    let well = well(now);
    let old = Uptime::from_micros(now.micros().saturating_sub(400_001));
    [
        (fault(Fault::KillSwitch), Inputs { kill_switch: KillSwitch::Pressed, ..well }),
        (fault(Fault::DriverStuck), Inputs { beam: BeamSense::LitWithoutOrder, ..well }),
        (fault(Fault::BodyLost), Inputs { body: Body::Lost, ..well }),
        (fault(Fault::CameraFailed), Inputs { camera: Camera::Failed, ..well }),
        (fault(Fault::SupplyLow), Inputs { supply: Supply::Millivolts(4_599), ..well }),
        (fault(Fault::TooHot), Inputs { temperature: Temperature::Celsius(71), ..well }),
        (fault(Fault::Unknown), Inputs { supply: Supply::Unknown, ..well }),
        (fault(Fault::Unknown), Inputs { camera: Camera::Unknown, ..well }),
        (Refusal::NoTarget, Inputs { target: Target::None, ..well }),
        (Refusal::StaleVerdict, Inputs { target: Target::Seen { captured_at: old }, ..well }),
        (Refusal::OutsideCone, Inputs { line: Line::OutsideCone, ..well }),
        (Refusal::AboveHorizontal, Inputs { line: aimed_at(-5_000), ..well }),
        (Refusal::ServoMoving, Inputs { servo: Servo::Moving, ..well }),
        (Refusal::ServoAstray, Inputs { servo: Servo::Astray, ..well }),
    ]
}

fn fault(fault: Fault) -> Refusal {
    Refusal::Faulted(fault)
}

fn aimed_at(millidegrees: i32) -> Line {
    Line::Aimed { tilt: Angle::from_millidegrees(millidegrees) }
}
