//! An export as one JSON document, written piece by piece.

use super::source::Page;

/// The pieces of one document, in their order.
#[derive(Default)]
pub struct Document {
    /// The list that was begun: 1 the visits, 2 the watching.
    list: u8,
}

impl Document {
    /// What a page adds to it.
    pub fn piece(&mut self, page: &Page) -> Vec<u8> {
        let mut out = Vec::new();
        match page {
            Page::Visits(visits) => {
                for visit in visits {
                    out.extend(self.before(1));
                    serde_json::to_writer(&mut out, visit).expect("a visit is JSON");
                }
            }
            Page::Watched(watched) => {
                for span in watched {
                    out.extend(self.before(2));
                    serde_json::to_writer(&mut out, span).expect("a span is JSON");
                }
            }
            Page::End => {
                // Empty lists are lists.
                for list in self.list + 1..=2 {
                    out.extend(self.before(list));
                }
                out.extend(b"]}\n");
            }
        }
        out
    }

    /// What stands before an item of a list.
    fn before(&mut self, list: u8) -> Vec<u8> {
        if self.list == list {
            return b",\n".to_vec();
        }
        let mut out = Vec::new();
        for begun in self.list + 1..=list {
            out.extend(if begun == 1 { &b"{\"visits\":["[..] } else { &b"],\"watched\":["[..] });
        }
        self.list = list;
        out
    }
}
