//! Where frames come from: the raw-frame pipe of a camera program, a FIFO or standard input, a
//! video file through `ffmpeg`, a folder of JPEG files.
//!
//! A source that ends, stalls or changes says so once with a stable code; what can begin again
//! begins again. A source that does not open is a fault, never a picture of something else.
//!
//! ```text
//! Closed ──opens──▶ Open ──ends, stalls, garbage──▶ Closed (with a pause) or Over
//! ```

mod fault;
mod folder;
mod pipe;
mod spec;
mod stream;

use std::process::Command;
use std::time::Duration;

use apis_units::Uptime;

pub use fault::SourceFault;
pub use spec::{SourceSpec, Speed};
pub use stream::Rate;

use self::folder::Folder;
use self::pipe::Pipe;
use self::stream::RawPicture;
use crate::clock::{Clock, monotonic_micros, random_bytes};
use crate::picture::{Picture, SIZE_MAX, Size};

/// Shortest pause before a source is started again, in microseconds.
const RETRY_MICROS_MIN: u64 = 500_000;

/// Longest pause before a source is started again: a camera that comes back is seen within it.
const RETRY_MICROS_MAX: u64 = 30_000_000;

/// A source that ran this long was sound, and the next pause is the shortest again.
const SOUND_MICROS: u64 = 10_000_000;

/// The rate of a replay whose stream states none.
const RATE_DEFAULT: Rate = Rate { frames: 10, seconds: 1 };

/// What to read and how.
#[derive(Debug, Clone)]
pub struct SourceSettings {
    /// Where the frames come from.
    pub spec: SourceSpec,
    /// The size of a raw pipe without headers.
    pub size: Option<Size>,
    /// The rate of a folder, and of a video file in place of its own.
    pub rate: Option<Rate>,
    /// As the camera saw it, or as fast as the eyes can.
    pub speed: Speed,
    /// The longest time without a frame before it is a fault.
    pub stall: Duration,
    /// Whether a camera program that ended is started again.
    pub restart: bool,
}

/// What one wait for a frame gave.
#[derive(Debug)]
pub enum Arrival {
    /// A frame.
    Picture(Picture),
    /// None within the time given.
    Nothing,
    /// None, and why; said once for each cause. Frames may come again.
    Fault(SourceFault),
    /// There will be none any more.
    Over,
}

/// A source of frames, opened when it is first asked.
#[derive(Debug)]
pub struct Source {
    settings: SourceSettings,
    clock: Clock,
    state: State,
    /// Frames so far, over all restarts: a film's time is reckoned by it.
    frame_count: u64,
    last_size: Option<Size>,
    last_captured: Uptime,
    /// A picture that waits until the change of size before it has been told.
    resized: Option<RawPicture>,
    pause_micros: u64,
}

#[derive(Debug)]
enum State {
    /// To be opened at `retry_at` of `CLOCK_MONOTONIC`.
    Closed { retry_at: u64 },
    /// Being read. `last_frame_at` is the opening until a frame comes.
    Open { reader: Reader, opened_at: u64, last_frame_at: u64, stalled: bool },
    /// Never again.
    Over,
}

#[derive(Debug)]
enum Reader {
    Pipe(Pipe),
    /// `due_at` is when the next picture is to be shown, by `CLOCK_MONOTONIC`.
    Folder {
        folder: Folder,
        due_at: u64,
    },
}

impl Source {
    /// A source by `settings`, whose capture times are on `clock`.
    pub fn new(settings: SourceSettings, clock: Clock) -> Source {
        Source {
            settings,
            clock,
            state: State::Closed { retry_at: 0 },
            frame_count: 0,
            last_size: None,
            last_captured: Uptime::ZERO,
            resized: None,
            pause_micros: RETRY_MICROS_MIN,
        }
    }

    /// The next frame, or what happened instead within about `longest`.
    pub fn next(&mut self, longest: Duration) -> Arrival {
        if let Some(raw) = self.resized.take() {
            return Arrival::Picture(self.picture(raw));
        }
        let now = monotonic_micros();
        match &mut self.state {
            State::Over => {
                std::thread::park_timeout(longest);
                Arrival::Over
            }
            State::Closed { retry_at } if now < *retry_at => {
                let pause = Duration::from_micros(*retry_at - now);
                std::thread::park_timeout(pause.min(longest));
                Arrival::Nothing
            }
            State::Closed { .. } => self.open(now),
            State::Open { reader, .. } => match reader.next(longest, &self.settings) {
                Ok(Some(raw)) => self.arrived(raw),
                Ok(None) => self.waited(),
                Err(fault) => self.failed(fault),
            },
        }
    }

    fn open(&mut self, now: u64) -> Arrival {
        match Reader::open(&self.settings, now) {
            Ok(reader) => {
                let opened_at = now;
                self.state = State::Open { reader, opened_at, last_frame_at: now, stalled: false };
                Arrival::Nothing
            }
            Err(fault) => self.failed(fault),
        }
    }

    fn arrived(&mut self, raw: RawPicture) -> Arrival {
        let now = monotonic_micros();
        if let State::Open { last_frame_at, stalled, opened_at, .. } = &mut self.state {
            (*last_frame_at, *stalled) = (now, false);
            if SOUND_MICROS <= now.saturating_sub(*opened_at) {
                self.pause_micros = RETRY_MICROS_MIN;
            }
        }
        let to = raw.size;
        match self.last_size.replace(to) {
            Some(from) if from != to => {
                self.resized = Some(raw);
                Arrival::Fault(SourceFault::Resized { from, to })
            }
            Some(_) | None => Arrival::Picture(self.picture(raw)),
        }
    }

    /// No frame yet: too long is a stall, said once; a camera program is then started afresh.
    fn waited(&mut self) -> Arrival {
        let State::Open { last_frame_at, stalled, .. } = &mut self.state else {
            return Arrival::Nothing;
        };
        let silent = Duration::from_micros(monotonic_micros().saturating_sub(*last_frame_at));
        if *stalled || silent < self.settings.stall {
            return Arrival::Nothing;
        }
        *stalled = true;
        let fault = SourceFault::Stalled { seconds: silent.as_secs() };
        match self.settings.spec {
            SourceSpec::Exec(_) => self.failed(fault),
            SourceSpec::StandardInput
            | SourceSpec::Fifo(_)
            | SourceSpec::Video(_)
            | SourceSpec::Folder(_) => Arrival::Fault(fault),
        }
    }

    fn failed(&mut self, fault: SourceFault) -> Arrival {
        let again = match &self.settings.spec {
            SourceSpec::Exec(_) => self.settings.restart,
            SourceSpec::Fifo(_) => true,
            // A bad file is passed over; the end of the folder is its end.
            SourceSpec::Folder(_) => {
                if matches!(self.state, State::Open { .. }) && fault != SourceFault::Ended {
                    return Arrival::Fault(fault);
                }
                false
            }
            SourceSpec::StandardInput | SourceSpec::Video(_) => false,
        };
        self.state = if again { self.closed_for_a_while() } else { State::Over };
        Arrival::Fault(fault)
    }

    /// Decorrelated jitter: between the shortest pause and three times the last one.
    fn closed_for_a_while(&mut self) -> State {
        let span = (self.pause_micros * 3).min(RETRY_MICROS_MAX) - RETRY_MICROS_MIN;
        let draw = u64::from_le_bytes(random_bytes()) % (span + 1);
        self.pause_micros = RETRY_MICROS_MIN + draw;
        State::Closed { retry_at: monotonic_micros() + self.pause_micros }
    }

    fn picture(&mut self, raw: RawPicture) -> Picture {
        let captured = self.capture_time(&raw).max(self.last_captured);
        self.last_captured = captured;
        self.frame_count += 1;
        Picture { size: raw.size, bytes: raw.bytes, captured }
    }

    /// In a replay the frame's place in the film; else the time the writer stated, if it is past;
    /// else the arrival.
    fn capture_time(&self, raw: &RawPicture) -> Uptime {
        if self.clock.is_replay() {
            let stated = match &self.state {
                State::Open { reader: Reader::Pipe(pipe), .. } => pipe.rate(),
                State::Open { .. } | State::Closed { .. } | State::Over => None,
            };
            let rate = stated.or(self.settings.rate).unwrap_or(RATE_DEFAULT);
            return Uptime::from_micros(rate.micros_of(self.frame_count));
        }
        let now = monotonic_micros();
        self.clock.at_monotonic(raw.captured_monotonic.filter(|at| *at <= now).unwrap_or(now))
    }
}

impl Rate {
    /// When frame `index` is due, in microseconds from the first.
    fn micros_of(self, index: u64) -> u64 {
        index.saturating_mul(u64::from(self.seconds) * 1_000_000) / u64::from(self.frames)
    }
}

impl Reader {
    fn open(settings: &SourceSettings, now: u64) -> Result<Reader, SourceFault> {
        let pipe = match &settings.spec {
            SourceSpec::Exec(command) => {
                let mut shell = Command::new("sh");
                shell.args(["-c", command]);
                Pipe::child(shell, settings.size)
            }
            SourceSpec::StandardInput => Pipe::standard_input(settings.size),
            SourceSpec::Fifo(path) => Pipe::fifo(path, settings.size),
            SourceSpec::Video(path) => {
                // ffmpeg would only say so after it was started, and on its own output.
                std::fs::File::open(path)
                    .map_err(|e| SourceFault::Failed(format!("{}: {e}", path.display())))?;
                Pipe::child(ffmpeg(path, settings), None)
            }
            SourceSpec::Folder(path) => {
                return Ok(Reader::Folder { folder: Folder::open(path)?, due_at: now });
            }
        };
        pipe.map(Reader::Pipe)
            .map_err(|e| SourceFault::Failed(format!("{}: {e}", settings.spec.opens())))
    }

    fn next(
        &mut self,
        longest: Duration,
        settings: &SourceSettings,
    ) -> Result<Option<RawPicture>, SourceFault> {
        let (folder, due_at) = match self {
            Reader::Pipe(pipe) => return pipe.next(longest),
            Reader::Folder { folder, due_at } => (folder, due_at),
        };
        if settings.speed == Speed::Real {
            let now = monotonic_micros();
            if now < *due_at {
                std::thread::park_timeout(Duration::from_micros(*due_at - now).min(longest));
                return Ok(None);
            }
            *due_at += settings.rate.unwrap_or(RATE_DEFAULT).micros_of(1);
        }
        folder.next().map(Some)
    }
}

/// `ffmpeg` as a writer of Y4M, scaled down to what the eyes take, never up.
fn ffmpeg(path: &std::path::Path, settings: &SourceSettings) -> Command {
    let Size { width, height } = SIZE_MAX;
    let mut filter = format!(
        "scale=min({width}\\,iw):min({height}\\,ih)\
         :force_original_aspect_ratio=decrease:force_divisible_by=2"
    );
    if let Some(Rate { frames, seconds }) = settings.rate {
        filter = format!("fps={frames}/{seconds},{filter}");
    }
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-loglevel", "error"]);
    if settings.speed == Speed::Real {
        command.arg("-re");
    }
    command.arg("-i").arg(path).args(["-an", "-sn", "-vf"]).arg(filter);
    command.args(["-pix_fmt", "yuvj420p", "-strict", "-1", "-f", "yuv4mpegpipe", "-"]);
    command
}

#[cfg(test)]
mod tests;
