//! The unit's own eyes as a detector: a verdict is a visit that they open.

use super::detector::{Detector, Shown, Sighting, line};
use apis_unit::eyes::{Eyes, EyesInput, EyesOutput};
use apis_units::{PictureBox, PicturePoint, Uptime};
use apis_vision::{Config, Frame};

/// Eyes, and why their newest visit was opened.
pub struct EyesDetector {
    eyes: Eyes,
    evidence: String,
}

impl EyesDetector {
    /// Eyes for frames up to VGA, told their scale where it is known.
    pub fn new(mm_per_px: Option<f32>) -> EyesDetector {
        let um_per_px = mm_per_px.map(|mm| (mm * 1_000.0).clamp(1.0, 65_535.0) as u16);
        let config = Config { um_per_px, ..Config::default() };
        EyesDetector { eyes: Eyes::new(config), evidence: String::new() }
    }
}

impl Detector for EyesDetector {
    fn look(&mut self, shown: Shown<'_>, found: &mut Vec<Sighting>) {
        // Time begins a little after the start: a frame at no time at all came before none.
        let at = Uptime::from_micros(shown.at_us + 1);
        let side = |pixels: usize| u16::try_from(pixels).unwrap_or(u16::MAX);
        let size = (side(shown.size.0), side(shown.size.1));
        // A frame that the eyes cannot take at all counts as one without findings.
        if let Ok(frame) = Frame::new(shown.luma, size, shown.size.0, at, PictureBox::FULL) {
            self.eyes.handle(EyesInput::Frame(frame), at);
        }
        let mut opened = None;
        while let Some(output) = self.eyes.next_output() {
            match output {
                EyesOutput::Verdict(target) => found.push(Sighting {
                    track: target.track.0,
                    verdict: target.visit.0,
                    px: pixels(target.point, shown.size),
                }),
                EyesOutput::VisitOpened(visit) => {
                    self.evidence = line(visit.evidence.terms());
                    let px = pixels(visit.point, shown.size);
                    let (track, verdict) = (visit.track.0, visit.visit.0);
                    opened = Some(Sighting { track, verdict, px });
                }
                EyesOutput::VisitRejoined(_)
                | EyesOutput::VisitClosed(_)
                | EyesOutput::CheckOpened(_)
                | EyesOutput::CheckClosed(_)
                | EyesOutput::CheckWithdrawn(_)
                | EyesOutput::Track(_)
                | EyesOutput::Picture(_) => {}
            }
        }
        // A verdict on a body that is on its way has no target yet.
        found.extend(opened.filter(|opened| found.iter().all(|one| one.verdict != opened.verdict)));
    }

    fn evidence(&self) -> String {
        self.evidence.clone()
    }
}

fn pixels(point: PicturePoint, (width, height): (usize, usize)) -> (f32, f32) {
    let px = |raw: u16, whole: usize| f32::from(raw) * whole as f32 / 65_536.0;
    (px(point.x.raw(), width), px(point.y.raw(), height))
}
