//! The checkout's files as the rules read them.

use crate::tools;
use anyhow::{Context, Result};
use std::path::Path;
use std::process::Command;

/// One file of the checkout: those git tracks, and new ones it does not ignore.
pub struct File {
    /// Path from the top of the checkout, with `/`.
    pub path: String,
    /// Its text; empty when it is not UTF-8.
    pub text: String,
    /// Its size in bytes.
    pub bytes: u64,
}

impl File {
    /// The crate the file belongs to, when it is one's.
    pub fn crate_name(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.split('/').next()
    }

    /// Whether the file is Rust.
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether the file is Rust that ships: not a test, not a benchmark.
    pub fn is_shipped_rust(&self) -> bool {
        let is_test = ["/tests/", "/benches/"].iter().any(|part| self.path.contains(part))
            || self.path.ends_with("/tests.rs");
        self.is_rust() && !is_test
    }

    /// Lines with their number, up to the tests that close the file.
    pub fn shipped_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(index, line)| (index + 1, line));
        lines.take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
    }
}

/// Every file of the checkout, by path.
pub fn tracked(root: &Path) -> Result<Vec<File>> {
    let listed = tools::output(Command::new("git").current_dir(root).args([
        "ls-files",
        "-co",
        "--exclude-standard",
    ]))?;
    let mut files = Vec::new();
    for path in listed.lines() {
        let full = root.join(path);
        // A file deleted but not yet committed is still listed.
        if !full.is_file() {
            continue;
        }
        let content = std::fs::read(&full).with_context(|| format!("read {path}"))?;
        let bytes = content.len() as u64;
        let text = String::from_utf8(content).unwrap_or_default();
        files.push(File { path: path.to_owned(), text, bytes });
    }
    Ok(files)
}
