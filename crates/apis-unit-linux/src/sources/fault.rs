//! What can be wrong with a picture source, each with the stable code under which it is reported.

use crate::picture::Size;

/// Why no frame, or no frame of the kind before, comes from the source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceFault {
    /// It could not be opened or started.
    #[error("the source does not open: {0}")]
    Failed(String),
    /// It came to its end between two frames.
    #[error("the source ended")]
    Ended,
    /// It came to its end within a frame; the part is thrown away.
    #[error("the source ended within a frame, after {got} of {want} bytes")]
    Truncated {
        /// Bytes of the frame that came.
        got: usize,
        /// Bytes of a whole frame.
        want: usize,
    },
    /// It gave no frame for longer than the configured time.
    #[error("no frame for {seconds} s")]
    Stalled {
        /// How long, in whole seconds.
        seconds: u64,
    },
    /// It began again with pictures of another size.
    #[error("the pictures changed from {from} to {to}")]
    Resized {
        /// The size before.
        from: Size,
        /// The size now.
        to: Size,
    },
    /// What it sends is not the raw-frame pipe or not a JPEG.
    #[error("not a picture stream: {0}")]
    Garbage(String),
}

impl SourceFault {
    /// The stable code: what `fault` records, status and metrics call it.
    pub fn code(&self) -> &'static str {
        match self {
            SourceFault::Failed(_) => "source_failed",
            SourceFault::Ended => "source_ended",
            SourceFault::Truncated { .. } => "source_truncated",
            SourceFault::Stalled { .. } => "source_stalled",
            SourceFault::Resized { .. } => "source_resized",
            SourceFault::Garbage(_) => "source_garbage",
        }
    }
}
