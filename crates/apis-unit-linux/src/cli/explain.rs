//! `explain`: why a clip's track was called a hornet, by the evidence that was recorded with it.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use crate::explain::{Clip, as_json, as_text, draw, rerun};
use crate::failure::{Coded, Failure};
use crate::run::SPOOL;

/// What to explain, and how.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The clip's file, with its sidecar beside it, or the id of a visit in the unit's spool.
    #[arg(value_name = "CLIP")]
    clip: String,
    /// Draw the frame of each verdict with box, way and evidence.
    #[arg(long, value_name = "FILE.svg", value_parser = svg_file)]
    draw: Option<PathBuf>,
    /// Also show the clip to this program's eyes, and say what they make of it.
    #[arg(long)]
    rerun: bool,
}

/// A file for a drawing: its form is said by its name, and there is one.
fn svg_file(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    let is_svg = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("svg"));
    if is_svg { Ok(path) } else { Err("a drawing is an SVG: name it FILE.svg".to_owned()) }
}

/// Prints the recorded evidence of a clip.
pub fn explain(data: &Path, args: &ExplainArgs, json: bool) -> Result<(), Failure> {
    let clip = Clip::read(&args.clip, &data.join(SPOOL))?;
    let again = args.rerun.then(|| rerun(&clip));
    if let Some(path) = &args.draw {
        fs::write(path, draw(&clip))
            .with_context(|| format!("write {}", path.display()))
            .coded("output_not_writable")?;
    }
    let told = if json {
        format!("{}\n", as_json(&clip, again.as_ref()))
    } else {
        as_text(&clip, again.as_ref())
    };
    // Whoever reads may have read enough: `apis-unit explain … | head`.
    drop(std::io::stdout().write_all(told.as_bytes()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_is_an_svg() {
        assert!(svg_file("why.svg").is_ok() && svg_file("WHY.SVG").is_ok());
        assert!(svg_file("why.png").is_err() && svg_file("why").is_err());
    }
}
