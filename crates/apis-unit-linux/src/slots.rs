//! Where the machines' threads meet: a slot that keeps the newest value, and a bounded queue that
//! counts what it had to drop. Neither ever makes a writer wait.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A slot for the newest value: a writer replaces what was not taken, a reader takes it once.
#[derive(Debug)]
pub struct Latest<T> {
    shared: Arc<Shared<Slot<T>>>,
}

#[derive(Debug)]
struct Slot<T> {
    value: Option<T>,
    replaced: u64,
}

#[derive(Debug)]
struct Shared<S> {
    state: Mutex<S>,
    changed: Condvar,
}

/// The state of a slot is whole between any two statements, so a panic elsewhere spoils nothing.
fn lock<S>(state: &Mutex<S>) -> MutexGuard<'_, S> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T> Clone for Latest<T> {
    fn clone(&self) -> Latest<T> {
        Latest { shared: Arc::clone(&self.shared) }
    }
}

impl<T> Default for Latest<T> {
    fn default() -> Latest<T> {
        let slot = Mutex::new(Slot { value: None, replaced: 0 });
        Latest { shared: Arc::new(Shared { state: slot, changed: Condvar::new() }) }
    }
}

impl<T> Latest<T> {
    /// Puts `value`; one that nobody took is dropped and counted.
    pub fn put(&self, value: T) {
        let mut slot = lock(&self.shared.state);
        if slot.value.replace(value).is_some() {
            slot.replaced += 1;
        }
        drop(slot);
        self.shared.changed.notify_one();
    }

    /// Takes the newest value, waiting for one at most `longest`.
    pub fn wait(&self, longest: Duration) -> Option<T> {
        let slot = lock(&self.shared.state);
        let waited = self.shared.changed.wait_timeout_while(slot, longest, |s| s.value.is_none());
        waited.unwrap_or_else(PoisonError::into_inner).0.value.take()
    }

    /// Whether a value waits to be taken.
    pub fn is_full(&self) -> bool {
        lock(&self.shared.state).value.is_some()
    }

    /// How many values were replaced before anyone took them.
    pub fn replaced(&self) -> u64 {
        lock(&self.shared.state).replaced
    }
}

/// A bounded queue of facts for one reader; when it is full the newest fact is dropped and counted.
///
/// The oldest are kept because a fact explains those after it: an emission's end without its
/// beginning says less than the beginning alone.
#[derive(Debug)]
pub struct FactQueue<T> {
    shared: Arc<Shared<Queue<T>>>,
}

#[derive(Debug)]
struct Queue<T> {
    facts: VecDeque<T>,
    length_max: usize,
    dropped: u64,
    /// Set by [`FactQueue::wake`], for a reader that must look at something else.
    woken: bool,
}

impl<T> Clone for FactQueue<T> {
    fn clone(&self) -> FactQueue<T> {
        FactQueue { shared: Arc::clone(&self.shared) }
    }
}

impl<T> FactQueue<T> {
    /// A queue of at most `length_max` facts.
    pub fn new(length_max: usize) -> FactQueue<T> {
        let queue = Queue { facts: VecDeque::new(), length_max, dropped: 0, woken: false };
        FactQueue { shared: Arc::new(Shared { state: Mutex::new(queue), changed: Condvar::new() }) }
    }

    /// Adds a fact, or drops and counts it when the queue is full; says whether it was kept.
    pub fn push(&self, fact: T) -> bool {
        self.push_below(fact, usize::MAX)
    }

    /// Adds a fact of less worth: dropped and counted when `length` facts wait already, so that
    /// there is room for those of more.
    pub fn push_below(&self, fact: T, length: usize) -> bool {
        let mut queue = lock(&self.shared.state);
        let kept = queue.facts.len() < queue.length_max.min(length);
        if kept {
            queue.facts.push_back(fact);
        } else {
            queue.dropped += 1;
        }
        drop(queue);
        self.shared.changed.notify_one();
        kept
    }

    /// Makes the next [`FactQueue::wait`] return at once.
    pub fn wake(&self) {
        lock(&self.shared.state).woken = true;
        self.shared.changed.notify_one();
    }

    /// The oldest fact, without waiting.
    pub fn take(&self) -> Option<T> {
        lock(&self.shared.state).facts.pop_front()
    }

    /// The oldest fact; `None` after `longest`, or when somebody called [`FactQueue::wake`].
    pub fn wait(&self, longest: Duration) -> Option<T> {
        let queue = lock(&self.shared.state);
        let idle = |queue: &mut Queue<T>| queue.facts.is_empty() && !queue.woken;
        let waited = self.shared.changed.wait_timeout_while(queue, longest, idle);
        let mut queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        queue.woken = false;
        queue.facts.pop_front()
    }

    /// Whether [`FactQueue::push`] would keep a fact now.
    pub fn has_room(&self) -> bool {
        let queue = lock(&self.shared.state);
        queue.facts.len() < queue.length_max
    }

    /// How many facts wait.
    pub fn length(&self) -> usize {
        lock(&self.shared.state).facts.len()
    }

    /// How many facts were dropped because the queue was full.
    pub fn dropped(&self) -> u64 {
        lock(&self.shared.state).dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_keeps_the_newest_and_counts_what_it_replaced() {
        let slot = Latest::default();
        slot.put(1);
        slot.put(2);
        assert!(slot.is_full());
        let now = Duration::ZERO;
        assert_eq!((slot.wait(now), slot.wait(now), slot.replaced()), (Some(2), None, 1));
    }

    #[test]
    fn a_full_queue_keeps_the_oldest_and_counts_the_rest() {
        let queue = FactQueue::new(2);
        let kept: Vec<bool> = (0..4).map(|fact| queue.push(fact)).collect();
        assert_eq!(kept, [true, true, false, false]);
        assert_eq!((queue.take(), queue.take(), queue.take()), (Some(0), Some(1), None));
        assert_eq!(queue.dropped(), 2);
    }

    #[test]
    fn facts_of_less_worth_leave_room_for_the_others() {
        let queue = FactQueue::new(3);
        assert!(queue.push_below("frame", 1));
        assert!(!queue.push_below("frame", 1));
        assert!(queue.push("visit"));
        assert_eq!((queue.length(), queue.dropped()), (2, 1));
    }

    #[test]
    fn a_woken_reader_returns_without_a_fact() {
        let queue: FactQueue<u8> = FactQueue::new(1);
        queue.wake();
        assert_eq!(queue.wait(Duration::from_secs(60)), None);
    }

    #[test]
    fn a_reader_waits_for_a_writer_on_another_thread() {
        let slot = Latest::default();
        let writer = slot.clone();
        let thread = std::thread::spawn(move || writer.put(7));
        assert_eq!(slot.wait(Duration::from_secs(60)), Some(7));
        thread.join().unwrap();
    }
}
