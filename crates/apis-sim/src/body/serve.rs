//! Sockets and clock around the model: one thread, one poll, nothing that waits for anybody.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::control::Control;
use super::model::Model;
use super::wire::{FromUnit, LINE_BYTES_MAX};
use crate::clock::monotonic_us;

/// Most control connections at a time; a further one is closed at once.
const CONTROLS_MAX: usize = 16;

/// Where the body listens and writes.
#[derive(Debug, Clone)]
pub struct Places {
    /// The unit's socket.
    pub socket: PathBuf,
    /// The log.
    pub log: PathBuf,
    /// The control socket, if any.
    pub control: Option<PathBuf>,
}

/// Runs the body until the process is ended; prints `body: ready` when it listens.
///
/// Errors: a socket path in use by a living process or that cannot be bound, a log that cannot be
/// written.
pub fn serve(places: &Places) -> anyhow::Result<()> {
    // Hardware waits for no scheduler. Without the right to say so, a busy machine makes this
    // process read edges late, and what it reckons from them is late by as much.
    let _ = rustix::process::setpriority_process(None, -20);
    let mut doors = Doors::open(places)?;
    let mut log = File::create(&places.log)
        .with_context(|| format!("open the log {}", places.log.display()))?;
    let mut model = Model::new(monotonic_us());
    println!("body: ready");
    loop {
        for entry in model.take_log() {
            // One write a line, unbuffered: a reader sees whole lines and at once.
            log.write_all(format!("{entry}\n").as_bytes()).context("write the log")?;
        }
        doors.wait(model.next_due_us())?;
        model.advance(monotonic_us());
        doors.take_unit(&mut model);
        doors.take_controls(&mut model);
        while let Some(line) = model.next_to_unit() {
            doors.tell_unit(&line.to_string());
        }
    }
}

/// The sockets.
struct Doors {
    unit_door: UnixListener,
    control_door: Option<UnixListener>,
    unit: Option<Lines>,
    controls: Vec<Lines>,
}

impl Doors {
    fn open(places: &Places) -> anyhow::Result<Doors> {
        let unit_door = listen(&places.socket)?;
        let control_door = places.control.as_deref().map(listen).transpose()?;
        Ok(Doors { unit_door, control_door, unit: None, controls: Vec::new() })
    }

    /// Sleeps until a socket has something or `due_us` comes.
    fn wait(&self, due_us: Option<u64>) -> anyhow::Result<()> {
        let mut waited: Vec<PollFd<'_>> = vec![PollFd::new(&self.unit_door, PollFlags::IN)];
        waited.extend(self.control_door.iter().map(|door| PollFd::new(door, PollFlags::IN)));
        let open = self.unit.iter().chain(&self.controls);
        waited.extend(open.map(|lines| PollFd::new(&lines.stream, PollFlags::IN)));
        let timeout = due_us.map(|due_us| {
            let left_us = due_us.saturating_sub(monotonic_us());
            let nanos = i64::try_from(left_us % 1_000_000).unwrap_or(0) * 1_000;
            let seconds = i64::try_from(left_us / 1_000_000).unwrap_or(i64::MAX);
            Timespec { tv_sec: seconds, tv_nsec: nanos }
        });
        match poll(&mut waited, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error).context("wait for the sockets"),
        }
    }

    /// Takes a new connection, the newest winning, and every line that is there.
    fn take_unit(&mut self, model: &mut Model) {
        while let Ok((stream, _)) = self.unit_door.accept() {
            if stream.set_nonblocking(true).is_ok() {
                self.unit = Some(Lines::of(stream));
                model.unit_is(true);
            }
        }
        let Some(unit) = &mut self.unit else { return };
        let is_open = unit.fill();
        while let Some(line) = unit.next_line() {
            match line.parse::<FromUnit>() {
                Ok(message) => model.receive(message),
                Err(_) => eprintln!("body: not a line: {line}"),
            }
        }
        if !is_open {
            self.unit = None;
            model.unit_is(false);
        }
    }

    fn tell_unit(&mut self, line: &str) {
        // A unit that is stopped does not read; what it misses are readings, which age.
        if let Some(unit) = &mut self.unit {
            let _ = unit.stream.write_all(format!("{line}\n").as_bytes());
        }
    }

    fn take_controls(&mut self, model: &mut Model) {
        let Some(door) = &self.control_door else { return };
        while let Ok((stream, _)) = door.accept() {
            if self.controls.len() < CONTROLS_MAX && stream.set_nonblocking(true).is_ok() {
                self.controls.push(Lines::of(stream));
            }
        }
        self.controls.retain_mut(|asker| {
            let is_open = asker.fill();
            while let Some(line) = asker.next_line() {
                let answer: &[u8] = match Control::parse(&line) {
                    Ok(controls) => {
                        controls.into_iter().for_each(|control| model.control(control));
                        b"ok\n"
                    }
                    Err(_) => b"not a control\n",
                };
                let _ = asker.stream.write_all(answer);
            }
            is_open
        });
    }
}

/// A stream cut into lines.
struct Lines {
    stream: UnixStream,
    bytes: Vec<u8>,
}

impl Lines {
    fn of(stream: UnixStream) -> Lines {
        Lines { stream, bytes: Vec::new() }
    }

    /// Reads what is there; false when the other side is gone or sends lines without end.
    fn fill(&mut self) -> bool {
        let mut chunk = [0; 4_096];
        loop {
            match self.stream.read(&mut chunk) {
                Ok(0) => return false,
                Ok(count) => self.bytes.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
        let unfinished = self.bytes.iter().rev().take_while(|byte| **byte != b'\n').count();
        unfinished <= LINE_BYTES_MAX
    }

    fn next_line(&mut self) -> Option<String> {
        let end = self.bytes.iter().position(|byte| *byte == b'\n')?;
        let line: Vec<u8> = self.bytes.drain(..=end).collect();
        Some(String::from_utf8_lossy(&line[..end]).into_owned())
    }
}

/// Listens at `path`, taking the place of a socket whose process is gone.
fn listen(path: &Path) -> anyhow::Result<UnixListener> {
    if path.exists() {
        if UnixStream::connect(path).is_ok() {
            bail!("{} is in use by another body", path.display());
        }
        std::fs::remove_file(path).with_context(|| format!("remove {}", path.display()))?;
    }
    let listener =
        UnixListener::bind(path).with_context(|| format!("listen at {}", path.display()))?;
    listener.set_nonblocking(true).context("make a socket non-blocking")?;
    Ok(listener)
}
