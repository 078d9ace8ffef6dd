//! The mixture of Gaussians of `OpenCV` (MOG2) and its contours, in a Python program beside this one.

use super::blobs::Blob;
use super::hover::Hovers;
use crate::eval::detector::{Detector, Shown, Sighting};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

const PROGRAM: &str = include_str!("mog2.py");

/// Whether Python finds `OpenCV` here.
pub fn is_installed() -> bool {
    let probe =
        Command::new("python3").args(["-c", "import cv2, numpy"]).stderr(Stdio::null()).status();
    probe.is_ok_and(|status| status.success())
}

/// The program, once the first frame said how large pictures are.
#[derive(Debug, Default)]
pub struct Mog2 {
    program: Option<Program>,
    hovers: Hovers,
}

#[derive(Debug)]
struct Program {
    child: Child,
    frames: ChildStdin,
    blobs: BufReader<ChildStdout>,
}

impl Mog2 {
    /// At the start of a clip.
    pub fn new() -> Mog2 {
        Mog2::default()
    }
}

impl Detector for Mog2 {
    fn look(&mut self, shown: Shown<'_>, found: &mut Vec<Sighting>) {
        let program = self.program.get_or_insert_with(|| Program::start(shown.size));
        let blobs = program.blobs_in(shown.luma);
        self.hovers.take(&blobs, shown.size.0, shown.at_us, found);
    }
}

impl Program {
    fn start((width, height): (usize, usize)) -> Program {
        let mut child = Command::new("python3")
            .args(["-c", PROGRAM])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 was there when it was looked for");
        let mut frames = child.stdin.take().expect("its input is a pipe");
        let blobs = BufReader::new(child.stdout.take().expect("its output is a pipe"));
        writeln!(frames, "{width} {height}").expect("it reads");
        Program { child, frames, blobs }
    }

    fn blobs_in(&mut self, luma: &[u8]) -> Vec<Blob> {
        self.frames.write_all(luma).and_then(|()| self.frames.flush()).expect("it reads");
        let mut line = String::new();
        self.blobs.read_line(&mut line).expect("it answers each frame");
        let numbers: Vec<f32> = line.split_whitespace().flat_map(str::parse).collect();
        let blob = |triple: &[f32]| match *triple {
            [x, y, length_px] => Some(Blob { px: (x, y), length_px }),
            _ => None,
        };
        numbers.chunks(3).filter_map(blob).collect()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Ended already, or nobody shows it more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
