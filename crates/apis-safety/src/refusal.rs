//! Why the interlock says no: faults, which latch, and refusals, which pass by themselves.
//!
//! The order of the variants is the order of authority: when several hold at once, the first
//! one is named.

/// What must be repaired, and acknowledged by a person, before the unit may be armed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The kill switch was pressed.
    KillSwitch,
    /// Time ran backwards between two steps.
    ClockBackwards,
    /// The driver is lit although no order has been given for longer than the one-shot holds.
    DriverStuck,
    /// The body that carries the pins is gone.
    BodyLost,
    /// The camera failed, stalled or ended.
    CameraFailed,
    /// The supply is under its least voltage.
    SupplyLow,
    /// The laser is too hot.
    TooHot,
    /// The servo is stuck, slipped or wired the wrong way round.
    ServoStuck,
    /// A reading that an armed unit needs is missing.
    Unknown,
}

impl Fault {
    /// Every fault, in order of authority.
    pub const ALL: [Fault; 9] = [
        Fault::KillSwitch,
        Fault::ClockBackwards,
        Fault::DriverStuck,
        Fault::BodyLost,
        Fault::CameraFailed,
        Fault::SupplyLow,
        Fault::TooHot,
        Fault::ServoStuck,
        Fault::Unknown,
    ];

    /// The stable name in records, metrics and status.
    pub const fn code(self) -> &'static str {
        match self {
            Fault::KillSwitch => "kill_switch",
            Fault::ClockBackwards => "clock_backwards",
            Fault::DriverStuck => "driver_stuck",
            Fault::BodyLost => "body_lost",
            Fault::CameraFailed => "camera_failed",
            Fault::SupplyLow => "supply_low",
            Fault::TooHot => "too_hot",
            Fault::ServoStuck => "servo_stuck",
            Fault::Unknown => "reading_unknown",
        }
    }
}

/// Why no order is given at this step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// A fault is latched; this is its first cause.
    Faulted(Fault),
    /// Nobody armed the unit, or somebody disarmed it.
    Disarmed,
    /// The first 60 s after the boot, or after a gap in the guard's time, are dark.
    FirstMinute,
    /// The guard came back later than the one-shot holds: the emission ended without it.
    Lapsed,
    /// The beam has been on, with no real pause, for as long as it ever may.
    Continuous,
    /// The 30 s of any 60 s are used up.
    DutyBudget,
    /// This emission reached its 5 s.
    EmissionLength,
    /// The 2 s of rest after an emission are not over.
    Rest,
    /// The eyes have no hornet (or say that it left).
    NoTarget,
    /// The newest verdict is too old, or claims to be from the future.
    StaleVerdict,
    /// The aim is outside the allowed cone. It is refused, never clamped.
    OutsideCone,
    /// The line's upper end would not stay below the horizontal.
    AboveHorizontal,
    /// There is no steady aim yet, or the servo has not had the time to arrive.
    ServoMoving,
    /// The servo is not where it should be.
    ServoAstray,
}

impl Refusal {
    /// The stable name in records, metrics and status; a latched fault answers by its own.
    pub const fn code(self) -> &'static str {
        match self {
            Refusal::Faulted(fault) => fault.code(),
            Refusal::Disarmed => "disarmed",
            Refusal::FirstMinute => "first_minute",
            Refusal::Lapsed => "lapsed",
            Refusal::Continuous => "continuous",
            Refusal::DutyBudget => "duty_budget",
            Refusal::EmissionLength => "emission_length",
            Refusal::Rest => "rest",
            Refusal::NoTarget => "no_target",
            Refusal::StaleVerdict => "stale_verdict",
            Refusal::OutsideCone => "outside_cone",
            Refusal::AboveHorizontal => "above_horizontal",
            Refusal::ServoMoving => "servo_moving",
            Refusal::ServoAstray => "servo_astray",
        }
    }
}
