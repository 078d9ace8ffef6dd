//! The simulated body: pins, one-shot, servo and laser as a process of their own.
//!
//! It stands in for the hardware that goes on when the unit's program does not: a unit that is
//! stopped, killed or wedged stops sending edges, and this process reckons the laser dark 50 ms
//! after the last edge it *received*, by its own reading of `CLOCK_MONOTONIC`. It knows nothing
//! of the guard's rules and decides nothing; it writes down what was lit.
//!
//! The unit speaks to it over a Unix socket in lines of text ([`wire`]); tests press the button
//! and break parts through a second socket ([`control`]). The log is one JSON object a line, each
//! with `us` (microseconds of `CLOCK_MONOTONIC`) and `event`:
//!
//! | event | with | when |
//! | --- | --- | --- |
//! | `start` | `one_shot_us`, `line_half_mdeg` | once |
//! | `unit` | `connected` | a unit connects or is gone |
//! | `lit` | `pan_mdeg`, `tilt_mdeg` | the laser comes on |
//! | `line` | `pan_mdeg`, `tilt_mdeg`, `top_mdeg`, `bottom_mdeg` | every 20 ms while lit, and as it goes dark |
//! | `dark` | `cause` (`beam_pin`, `one_shot`), `lit_us` | the laser goes off |
//! | `arm_button`, `kill_switch` | `pressed` | pressed or released |
//! | `led` | `pattern` | the status lamp says something else |
//! | `control` | `words` | somebody set or broke something |
//!
//! Angles are millidegrees: pan to the right, tilt from the horizontal upwards.
//!
//! Tour: [`servo`], [`laser`] (the physics), [`model`] (pins and parts together, given the time),
//! [`wire`], [`control`], [`serve`] (sockets and clock), [`command`]; and in front of it [`bare`] (the
//! real guard without a unit around it) and [`mod@bench`] (how long that takes).

pub mod servo;

pub mod laser;

pub mod model;

pub mod wire;

pub mod control;

pub mod serve;

pub mod command;

pub mod bare;

pub mod bench;
