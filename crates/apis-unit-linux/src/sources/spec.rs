//! How a person names a source: `exec:CMD`, `pipe:-`, `pipe:FIFO`, `video:FILE`, `folder:DIR`.

use std::path::PathBuf;
use std::str::FromStr;

/// Where frames come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceSpec {
    /// The standard output of a command, run by the shell: `rpicam-vid …`, `apis-sim scene …`.
    Exec(String),
    /// The program's own standard input.
    StandardInput,
    /// A named pipe that some other program writes.
    Fifo(PathBuf),
    /// A video file, read through the `ffmpeg` program.
    Video(PathBuf),
    /// A folder of JPEG files.
    Folder(PathBuf),
}

impl SourceSpec {
    /// What is opened, for an error message.
    pub fn opens(&self) -> String {
        match self {
            SourceSpec::Exec(command) => format!("sh -c '{command}'"),
            SourceSpec::StandardInput => "standard input".to_owned(),
            SourceSpec::Video(_) => "the ffmpeg program".to_owned(),
            SourceSpec::Fifo(path) | SourceSpec::Folder(path) => path.display().to_string(),
        }
    }
}

impl FromStr for SourceSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<SourceSpec, String> {
        let Some((kind, rest)) = text.split_once(':') else {
            return Err("a source is exec:CMD, pipe:-, pipe:FIFO, video:FILE or folder:DIR".into());
        };
        if rest.is_empty() {
            return Err(format!("nothing follows `{kind}:`"));
        }
        match kind {
            "exec" => Ok(SourceSpec::Exec(rest.to_owned())),
            "pipe" if rest == "-" => Ok(SourceSpec::StandardInput),
            "pipe" => Ok(SourceSpec::Fifo(rest.into())),
            "video" => Ok(SourceSpec::Video(rest.into())),
            "folder" => Ok(SourceSpec::Folder(rest.into())),
            _ => Err(format!("no kind of source `{kind}`: it is exec, pipe, video or folder")),
        }
    }
}

/// How fast a source is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speed {
    /// As the camera saw it.
    Real,
    /// As fast as the eyes can; time is then the film's.
    Full,
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Speed, String> {
        match text {
            "real" => Ok(Speed::Real),
            "full" => Ok(Speed::Full),
            _ => Err("a speed is `real` or `full`".to_owned()),
        }
    }
}
