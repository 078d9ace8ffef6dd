//! The eyes, watching: every frame through them, and what they gave.

use apis_unit::eyes::{Eyes, EyesInput, EyesOutput, VisitClosed, VisitOpened};
use apis_units::{PictureBox, PicturePoint, Uptime};
use apis_vision::{Config, Frame};

/// A visit as the eyes opened it.
#[derive(Debug, Clone, Copy)]
pub struct Opened {
    /// Number of the frame.
    pub frame: usize,
    /// What was said.
    pub visit: VisitOpened,
    /// Where, in pixels of the frame.
    pub px: (f32, f32),
}

/// Eyes and their findings so far.
pub struct Watch {
    eyes: Eyes,
    /// Visits in order of their opening.
    pub opened: Vec<Opened>,
    /// Visits in order of their end.
    pub closed: Vec<VisitClosed>,
    /// Per frame: capture time in µs, and the targets given, in pixels of the frame.
    pub frames: Vec<(u64, Vec<(f32, f32)>)>,
}

impl Default for Watch {
    fn default() -> Watch {
        Watch::new()
    }
}

impl Watch {
    /// Eyes for frames up to VGA.
    pub fn new() -> Watch {
        Watch {
            eyes: Eyes::new(Config::default()),
            opened: Vec::new(),
            closed: Vec::new(),
            frames: Vec::new(),
        }
    }

    /// Shows one frame of `size` pixels, which is the whole sensor picture.
    ///
    /// A frame that the eyes cannot take at all counts as one without findings.
    pub fn see(&mut self, luma: &[u8], size: (usize, usize), at_us: u64) {
        let number = self.frames.len();
        let mut targets = Vec::new();
        // Time begins a little after the start: a frame at no time at all came before none.
        let at = Uptime::from_micros(at_us + 1);
        let side = |pixels: usize| u16::try_from(pixels).unwrap_or(u16::MAX);
        let (width, height) = (side(size.0), side(size.1));
        if let Ok(frame) = Frame::new(luma, (width, height), size.0, at, PictureBox::FULL) {
            self.eyes.handle(EyesInput::Frame(frame), at);
        }
        while let Some(output) = self.eyes.next_output() {
            match output {
                EyesOutput::Verdict(target) => targets.push(pixels(target.point, size)),
                EyesOutput::VisitOpened(visit) => {
                    let px = pixels(visit.point, size);
                    self.opened.push(Opened { frame: number, visit, px });
                }
                EyesOutput::VisitClosed(visit) => self.closed.push(visit),
                EyesOutput::Track(_) | EyesOutput::Picture(_) => {}
            }
        }
        self.frames.push((at_us, targets));
    }
}

fn pixels(point: PicturePoint, (width, height): (usize, usize)) -> (f32, f32) {
    let px = |raw: u16, whole: usize| f32::from(raw) * whole as f32 / 65_536.0;
    (px(point.x.raw(), width), px(point.y.raw(), height))
}
