//! The timelines of `testdata/safety`, all of them.

use std::path::Path;

use super::timeline;

#[test]
fn every_timeline_of_testdata_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/safety");
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "txt") {
            let text = std::fs::read_to_string(&path).unwrap();
            timeline::check(&path.file_name().unwrap().to_string_lossy(), &text);
            count += 1;
        }
    }
    assert!(count >= 12, "only {count} timelines were found");
}
