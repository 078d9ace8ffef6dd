//! A raw-frame pipe as the kernel has it: standard input, a FIFO, or the output of a child process.
//!
//! Reading waits at most as long as it is told, so a camera that hangs cannot hang the eyes' thread.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal};

use super::fault::SourceFault;
use super::stream::{Rate, RawPicture, RawStream};
use crate::picture::Size;

/// Bytes read at once: a VGA picture takes seven reads.
const READ_BYTES: usize = 64 * 1024;

/// An open raw-frame pipe.
#[derive(Debug)]
pub struct Pipe {
    file: File,
    /// The process that writes, when we started it; killed when the pipe is dropped.
    _writer: Option<Writer>,
    stream: RawStream,
    chunk: Vec<u8>,
    /// The part of `chunk` not yet given to the parser.
    unread: std::ops::Range<usize>,
}

/// A child process in a process group of its own, so that what a shell started ends with it.
#[derive(Debug)]
struct Writer(Child);

impl Drop for Writer {
    fn drop(&mut self) {
        if let Some(group) = Pid::from_raw(self.0.id().cast_signed()) {
            // It may have ended by itself; then there is no group left to end.
            rustix::process::kill_process_group(group, Signal::KILL).ok();
        }
        drop(self.0.wait());
    }
}

impl Pipe {
    /// The program's own standard input.
    ///
    /// Errors: when it is closed.
    pub fn standard_input(headerless: Option<Size>) -> io::Result<Pipe> {
        let input = io::stdin().as_fd().try_clone_to_owned()?;
        Ok(Pipe::over(input, None, headerless))
    }

    /// The FIFO at `path`, opened without waiting for a writer.
    ///
    /// Errors: what opening gave, or that `path` is no FIFO and would run at the disk's speed.
    pub fn fifo(path: &Path, headerless: Option<Size>) -> io::Result<Pipe> {
        use std::os::unix::fs::FileTypeExt;
        if !std::fs::metadata(path)?.file_type().is_fifo() {
            return Err(io::Error::other("not a FIFO; play a file with video:FILE"));
        }
        let nonblock = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        let file = File::options().read(true).custom_flags(nonblock).open(path)?;
        Ok(Pipe::over(file.into(), None, headerless))
    }

    /// The standard output of `command`, which is started.
    ///
    /// Errors: when the program cannot be started.
    pub fn child(mut command: Command, headerless: Option<Size>) -> io::Result<Pipe> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).process_group(0);
        let mut child = command.spawn()?;
        let output = child.stdout.take().expect("the output was asked to be a pipe");
        Ok(Pipe::over(output.into(), Some(Writer(child)), headerless))
    }

    fn over(fd: OwnedFd, writer: Option<Writer>, headerless: Option<Size>) -> Pipe {
        Pipe {
            file: File::from(fd),
            _writer: writer,
            stream: RawStream::new(headerless),
            chunk: vec![0; READ_BYTES],
            unread: 0..0,
        }
    }

    /// The frame rate that the stream's header states.
    pub fn rate(&self) -> Option<Rate> {
        self.stream.rate()
    }

    /// The next picture; `None` when none was whole within about `longest`.
    ///
    /// Errors: the fault that ended the stream.
    pub fn next(&mut self, longest: Duration) -> Result<Option<RawPicture>, SourceFault> {
        loop {
            while !self.unread.is_empty() {
                let bytes = self.chunk.get(self.unread.clone()).unwrap_or_default();
                let (used, picture) = self.stream.accept(bytes)?;
                self.unread.start += used;
                if picture.is_some() {
                    return Ok(picture);
                }
            }
            if !self.is_readable_within(longest)? {
                return Ok(None);
            }
            match self.file.read(&mut self.chunk) {
                Ok(0) => return Err(self.stream.at_end()),
                Ok(count) => self.unread = 0..count,
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(SourceFault::Failed(e.to_string())),
            }
        }
    }

    fn is_readable_within(&self, longest: Duration) -> Result<bool, SourceFault> {
        let timeout = Timespec::try_from(longest).unwrap_or(Timespec { tv_sec: 1, tv_nsec: 0 });
        let mut polled = [PollFd::new(&self.file, PollFlags::IN)];
        match poll(&mut polled, Some(&timeout)) {
            Ok(count) => Ok(count != 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(e) => Err(SourceFault::Failed(e.to_string())),
        }
    }
}
