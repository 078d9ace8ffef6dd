//! The client of `apis-sim body`: lines of text over a Unix socket, non-blocking throughout.
//!
//! ```text
//! drive PAN TILT BEAM TOGGLE     to the body; angles in millidegrees or `-`, levels 0 or 1
//! led PATTERN LEVEL              to the body
//! servo PAN TILT                 from the body, measured
//! readings KILL MV CELSIUS LIT   from the body
//! button LEVEL                   from the body
//! ```

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use apis_unit::guard::{Button, Drive, GuardInput, Led, LedPattern, Light, Switch};
use apis_units::{Angle, PanTilt, Uptime};

use super::Inputs;

/// Time between two attempts to reach a body that is gone, 1 s.
const RETRY: Duration = Duration::from_secs(1);

/// Longest line that is accepted, in bytes; a body that sends more is not ours.
const LINE_BYTES_MAX: usize = 200;

/// The connection to the model process, or the want of one.
#[derive(Debug)]
pub struct Simulated {
    socket: PathBuf,
    link: Link,
    /// The level of the one-shot's pin.
    toggle: bool,
    inputs: Inputs,
}

#[derive(Debug)]
enum Link {
    Up { stream: UnixStream, bytes: Vec<u8> },
    Down { retry_at: Uptime, is_told: bool },
}

impl Simulated {
    pub(super) fn at(socket: PathBuf) -> Simulated {
        let link = Link::Down { retry_at: Uptime::ZERO, is_told: false };
        Simulated { socket, link, toggle: false, inputs: Inputs::new() }
    }

    pub(super) fn drive(&mut self, drive: &Drive<'_>, now: Uptime) {
        let is_lit = drive.beam.is_some_and(|order| order.is_valid(now));
        let aim = drive.aim.map_or_else(
            || "- -".to_owned(),
            |aim| format!("{} {}", aim.pan.millidegrees(), aim.tilt.millidegrees()),
        );
        if is_lit {
            self.toggle = drive.toggle;
        }
        // Without a living order the one-shot's pin keeps its level: no edge, no light.
        self.send(&format!("drive {aim} {} {}\n", u8::from(is_lit), u8::from(self.toggle)));
    }

    pub(super) fn show(&mut self, led: Led) {
        let pattern = match led.pattern {
            LedPattern::Disarmed => "disarmed",
            LedPattern::Armed => "armed",
            LedPattern::Emitting => "emitting",
            LedPattern::Faulted => "faulted",
            LedPattern::Locating => "locating",
        };
        self.send(&format!("led {pattern} {}\n", u8::from(led.is_lit)));
    }

    pub(super) fn next_input(&mut self, now: Uptime) -> Option<GuardInput> {
        if self.inputs.is_empty() {
            self.connect_when_due(now);
            self.read();
            self.tell_a_loss(now);
        }
        self.inputs.pop_front()
    }

    fn connect_when_due(&mut self, now: Uptime) {
        let Link::Down { retry_at, .. } = &mut self.link else { return };
        if now < *retry_at {
            return;
        }
        *retry_at = now + RETRY;
        let reached = UnixStream::connect(&self.socket)
            .and_then(|stream| stream.set_nonblocking(true).map(|()| stream));
        if let Ok(stream) = reached {
            self.link = Link::Up { stream, bytes: Vec::new() };
            self.inputs.push_back(GuardInput::BodyPresent);
        }
    }

    fn read(&mut self) {
        let Link::Up { stream, bytes } = &mut self.link else { return };
        let mut chunk = [0; 4_096];
        let is_whole = loop {
            match stream.read(&mut chunk) {
                Ok(0) => break false,
                Ok(count) => bytes.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break true,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break false,
            }
        };
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = bytes.drain(..=end).collect();
            if !take_line(&String::from_utf8_lossy(&line), &mut self.inputs) {
                self.link = DOWN;
                return;
            }
        }
        if !is_whole || LINE_BYTES_MAX < bytes.len() {
            self.link = DOWN;
        }
    }

    fn send(&mut self, line: &str) {
        let Link::Up { stream, .. } = &mut self.link else { return };
        // A body that does not read any more is as good as gone: half a line would garble the
        // next one, and waiting would make the guard late.
        if stream.write_all(line.as_bytes()).is_err() {
            self.link = DOWN;
        }
    }

    fn tell_a_loss(&mut self, now: Uptime) {
        if let Link::Down { is_told, retry_at } = &mut self.link
            && !*is_told
        {
            *is_told = true;
            *retry_at = now + RETRY;
            self.inputs.push_back(GuardInput::BodyLost);
        }
    }
}

/// A link whose loss nobody was told yet.
const DOWN: Link = Link::Down { retry_at: Uptime::ZERO, is_told: false };

/// Puts what `line` says into `inputs`; false when it says nothing that is known.
fn take_line(line: &str, inputs: &mut Inputs) -> bool {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let read = match words.as_slice() {
        ["servo", pan, tilt] => servo(pan, tilt).map(|input| vec![input]),
        ["readings", kill, mv, celsius, lit] => readings(kill, mv, celsius, lit),
        ["button", "1"] => Some(vec![GuardInput::Button(Button::Pressed)]),
        ["button", "0"] => Some(vec![GuardInput::Button(Button::Released)]),
        _ => None,
    };
    let is_known = read.is_some();
    inputs.extend(read.unwrap_or_default());
    is_known
}

fn servo(pan: &str, tilt: &str) -> Option<GuardInput> {
    let angle = |word: &str| word.parse().ok().map(Angle::from_millidegrees);
    Some(GuardInput::ServoAt(PanTilt { pan: angle(pan)?, tilt: angle(tilt)? }))
}

fn readings(kill: &str, mv: &str, celsius: &str, lit: &str) -> Option<Vec<GuardInput>> {
    let kill = match kill {
        "0" => Switch::Clear,
        "1" => Switch::Pressed,
        _ => return None,
    };
    let light = match lit {
        "0" => Light::Dark,
        "1" => Light::Lit,
        _ => return None,
    };
    Some(vec![
        GuardInput::KillSwitch(kill),
        GuardInput::Supply { mv: mv.parse().ok()? },
        GuardInput::Temperature { degrees_c: celsius.parse().ok()? },
        GuardInput::Beam(light),
    ])
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use apis_safety::{
        BeamSense, Camera, Interlock, KillSwitch, Line, Person, Servo, Supply, Target, Temperature,
    };
    use apis_unit::guard::Guard;

    use super::super::Body;
    use super::*;

    fn at(millis: u64) -> Uptime {
        Uptime::from_millis(millis)
    }

    fn all(body: &mut Body, now: Uptime) -> Vec<GuardInput> {
        std::iter::from_fn(|| body.next_input(now)).collect()
    }

    #[test]
    fn a_body_that_cannot_be_opened_is_lost_and_never_mocked() {
        let folder = tempfile::tempdir().unwrap();
        let mut body = Body::simulated(folder.path().join("nobody"));
        assert_eq!(all(&mut body, at(0)), [GuardInput::BodyLost]);
        assert_eq!(all(&mut body, at(500)), [], "told once");
    }

    #[test]
    fn a_lost_connection_is_told_at_once_and_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("body");
        let listener = UnixListener::bind(&socket).unwrap();
        let mut body = Body::simulated(socket);
        assert_eq!(all(&mut body, at(0)), [GuardInput::BodyPresent]);
        drop(listener.accept().unwrap());
        assert_eq!(all(&mut body, at(20)), [GuardInput::BodyLost]);
        assert_eq!(all(&mut body, at(1_020)), [GuardInput::BodyPresent]);
    }

    #[test]
    fn readings_become_inputs_and_nonsense_a_lost_body() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("body");
        let listener = UnixListener::bind(&socket).unwrap();
        let mut body = Body::simulated(socket);
        body.next_input(at(0));
        let mut model = listener.accept().unwrap().0;
        model.write_all(b"servo -1500 -30000\nreadings 0 5080 24 0\nbut").unwrap();
        let servo =
            PanTilt { pan: Angle::from_millidegrees(-1_500), tilt: Angle::from_degrees(-30) };
        let want = [
            GuardInput::ServoAt(servo),
            GuardInput::KillSwitch(Switch::Clear),
            GuardInput::Supply { mv: 5_080 },
            GuardInput::Temperature { degrees_c: 24 },
            GuardInput::Beam(Light::Dark),
        ];
        assert_eq!(all(&mut body, at(20)), want);
        model.write_all(b"ton 1\n").unwrap();
        assert_eq!(all(&mut body, at(40)), [GuardInput::Button(Button::Pressed)]);
        model.write_all(b"beam me up\n").unwrap();
        assert_eq!(all(&mut body, at(60)), [GuardInput::BodyLost]);
    }

    /// An interlock that emits since `millis`, with everything well.
    fn emitting_at(millis: u64) -> Interlock {
        let mut interlock = Interlock::new();
        for step in 0..2 {
            let now = at(millis - 20 + step * 20);
            let well = apis_safety::Inputs {
                person: if step == 0 { Person::Arm } else { Person::Silent },
                kill_switch: KillSwitch::Clear,
                body: apis_safety::Body::Present,
                beam: BeamSense::Dark,
                camera: Camera::Working,
                supply: Supply::Millivolts(5_000),
                temperature: Temperature::Celsius(25),
                servo: Servo::InPlace,
                target: Target::Seen { captured_at: now },
                line: Line::Aimed { tilt: Angle::from_degrees(-25) },
            };
            interlock.step(&well, now);
        }
        interlock
    }

    /// The guard may be held up between its order and the pins: then the pins decide.
    #[test]
    fn an_order_that_is_over_when_it_comes_to_the_pins_leaves_them_dark_and_untoggled() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("body");
        let listener = UnixListener::bind(&socket).unwrap();
        let mut body = Body::simulated(socket);
        body.next_input(at(0));
        let mut model = listener.accept().unwrap().0;
        let interlock = emitting_at(70_000);
        let order = interlock.order(at(70_000)).expect("the interlock emits");
        let lit = Drive { aim: None, beam: Some(order), toggle: true };
        body.drive(&lit, Uptime::from_micros(70_019_999));
        body.drive(&Drive { toggle: false, ..lit }, at(70_020));
        body.drive(&Drive { toggle: false, ..lit }, at(69_999));
        drop(body);
        let mut sent = String::new();
        model.read_to_string(&mut sent).unwrap();
        assert_eq!(sent, "drive - - 1 1\ndrive - - 0 1\ndrive - - 0 1\n");
    }

    #[test]
    fn a_drive_without_an_order_leaves_the_beam_pin_low() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("body");
        let listener = UnixListener::bind(&socket).unwrap();
        let mut body = Body::simulated(socket);
        body.next_input(at(0));
        let mut model = listener.accept().unwrap().0;
        let mut guard = Guard::new(body.deterrent());
        guard.handle(GuardInput::Tick, at(0));
        while let Some(output) = guard.next_output() {
            if let apis_unit::guard::GuardOutput::Drive(drive) = output {
                body.drive(&drive, at(0));
            }
        }
        drop(body);
        let mut sent = String::new();
        model.read_to_string(&mut sent).unwrap();
        assert_eq!(sent, "drive - - 0 0\n");
    }
}
