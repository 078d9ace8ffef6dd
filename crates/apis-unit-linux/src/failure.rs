//! An error that ends a command, with the stable code by which scripts know it.

use std::fmt;

/// Why a command did not do what it was asked to.
#[derive(Debug)]
pub struct Failure {
    /// Stable, for scripts; docs/ref/unit-cli.md lists them.
    pub code: &'static str,
    /// For a person, with everything beneath it.
    pub cause: anyhow::Error,
}

impl Failure {
    /// A failure whose text is its own cause.
    pub fn new(code: &'static str, message: impl fmt::Display) -> Failure {
        Failure { code, cause: anyhow::anyhow!("{message}") }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The chain, once, at the edge.
        write!(f, "{:#}", self.cause)
    }
}

/// Gives an error its code.
pub trait Coded<T> {
    /// The error as a failure of `code`.
    fn coded(self, code: &'static str) -> Result<T, Failure>;
}

impl<T, E: Into<anyhow::Error>> Coded<T> for Result<T, E> {
    fn coded(self, code: &'static str) -> Result<T, Failure> {
        self.map_err(|cause| Failure { code, cause: cause.into() })
    }
}
