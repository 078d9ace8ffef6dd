//! The outputs of one `handle`, in order; a ring that never grows.

use alloc::boxed::Box;
use alloc::vec;

use apis_vision::TRACKS_MAX;

use super::EyesOutput;

/// Most outputs that one `handle` can leave.
///
/// Per track a target, an opening or joining and a point; per visit a closing; of the check its end
/// and the beginning of the next; one report.
const OUTPUTS_MAX: usize = 4 * TRACKS_MAX + 3;

/// What is still to be drained.
#[derive(Debug)]
pub(super) struct OutputQueue {
    /// On the heap from the start: a board's stack is too small for it.
    ring: Box<[Option<EyesOutput>]>,
    first: usize,
    count: usize,
}

impl OutputQueue {
    pub fn new() -> OutputQueue {
        OutputQueue { ring: vec![None; OUTPUTS_MAX].into_boxed_slice(), first: 0, count: 0 }
    }

    /// Appends; what was not drained before a full round is overwritten, oldest first.
    pub fn push(&mut self, output: EyesOutput) {
        let slot = (self.first + self.count) % OUTPUTS_MAX;
        if let Some(place) = self.ring.get_mut(slot) {
            *place = Some(output);
        }
        if self.count == OUTPUTS_MAX {
            self.first = (self.first + 1) % OUTPUTS_MAX;
        } else {
            self.count += 1;
        }
    }

    pub fn pop(&mut self) -> Option<EyesOutput> {
        if self.count == 0 {
            return None;
        }
        let output = self.ring.get_mut(self.first).and_then(Option::take);
        self.first = (self.first + 1) % OUTPUTS_MAX;
        self.count -= 1;
        output
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eyes::PictureReport;
    use apis_units::Uptime;
    use apis_vision::{Counters, PictureFacts};

    fn report(millis: u64) -> EyesOutput {
        EyesOutput::Picture(PictureReport {
            captured_at: Uptime::from_millis(millis),
            facts: PictureFacts::default(),
            counters: Counters::default(),
        })
    }

    #[test]
    fn outputs_come_in_order_and_the_oldest_give_way() {
        let mut queue = OutputQueue::new();
        assert_eq!(queue.pop(), None);
        for millis in 0..OUTPUTS_MAX as u64 + 2 {
            queue.push(report(millis));
        }
        assert_eq!(queue.pop(), Some(report(2)));
        assert_eq!(queue.pop(), Some(report(3)));
    }
}
