//! One page without anything from elsewhere: the tables, and a strip of frames for what was missed
//! or false.

use super::{strip, text};
use crate::eval::clip::Clip;
use crate::eval::run::Column;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use std::fmt::Write as _;

/// Strips shown at most for one contender.
const STRIPS: usize = 60;

/// The page.
///
/// Errors: a clip that cannot be shown again.
pub fn page(columns: &[Column], clips: &[Clip]) -> anyhow::Result<String> {
    let mut page = String::from(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Evaluation of the eyes</title>\
         <style>body{font:14px/1.5 system-ui;margin:2rem;max-width:1400px}\
         pre{overflow-x:auto;background:#f6f2ea;padding:1rem}img{max-width:100%;display:block}\
         figure{margin:1rem 0}</style><h1>Evaluation of the eyes</h1>\
         <p>White boxes are where a hornet truly was.</p>",
    );
    for column in columns {
        let _ = write!(page, "<h2>{}</h2>", escaped(&column.contender.name()));
        let _ = write!(page, "<pre>{}</pre>", escaped(&text::tables(column)));
        if column.contender != columns[0].contender {
            continue;
        }
        let remarks = column.results.iter().flat_map(|result| {
            result.count.remarks.iter().map(move |(frame, remark)| (result, *frame, remark))
        });
        for (result, frame, remark) in remarks.take(STRIPS) {
            let Some(clip) = clips.get(result.clip) else { continue };
            let seconds = (result.count.length_us as f64 / 1e6).max(0.1);
            let fps = result.count.frames as f64 / seconds;
            let jpeg = BASE64_STANDARD.encode(strip::jpeg(clip, frame, fps)?);
            let _ = write!(
                page,
                "<figure><img alt=\"\" src=\"data:image/jpeg;base64,{jpeg}\">\
                 <figcaption>{}: {}</figcaption></figure>",
                escaped(&result.name),
                escaped(remark),
            );
        }
    }
    page.push_str("</html>\n");
    Ok(page)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
