//! Who may touch an upload: the newest request, at once.
//!
//! A connection that died without a word leaves its request running for minutes, and a unit that
//! comes back must not wait for it. So a newer request does not queue behind an older one: it
//! asks the older to stop, which saves what it has and lets go.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, Weak};

use tokio::sync::{Mutex as TurnLock, OwnedMutexGuard, watch};

/// The turns of all uploads that somebody is touching.
#[derive(Debug)]
pub struct Turns<K> {
    slots: Mutex<HashMap<K, Weak<Slot>>>,
}

#[derive(Debug)]
struct Slot {
    /// Counts the requests that ever asked for this upload.
    newest: watch::Sender<u64>,
    lock: Arc<TurnLock<()>>,
}

/// The right to touch one upload, until dropped.
#[derive(Debug)]
pub struct Turn {
    mine: u64,
    newest: watch::Receiver<u64>,
    _held: OwnedMutexGuard<()>,
    /// Keeps the slot alive for as long as somebody holds or waits for it.
    _slot: Arc<Slot>,
}

/// A newer request came while this one was still waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a newer request for the same upload came")]
pub struct Superseded;

impl<K: Eq + Hash> Default for Turns<K> {
    fn default() -> Turns<K> {
        Turns { slots: Mutex::new(HashMap::new()) }
    }
}

impl<K: Eq + Hash + Clone> Turns<K> {
    /// Asks whoever holds `key` to stop, and waits until it has.
    ///
    /// Errors: `Superseded` when a still newer request asked meanwhile.
    pub async fn take(&self, key: &K) -> Result<Turn, Superseded> {
        let slot = self.slot(key);
        let mut mine = 0;
        slot.newest.send_modify(|newest| {
            *newest += 1;
            mine = *newest;
        });
        let newest = slot.newest.subscribe();
        let held = slot.lock.clone().lock_owned().await;
        let turn = Turn { mine, newest, _held: held, _slot: slot };
        if turn.is_over() { Err(Superseded) } else { Ok(turn) }
    }

    fn slot(&self, key: &K) -> Arc<Slot> {
        let mut slots = self.slots.lock().expect("nobody panics while holding the turns");
        slots.retain(|_, slot| slot.strong_count() != 0);
        if let Some(slot) = slots.get(key).and_then(Weak::upgrade) {
            return slot;
        }
        let slot = Arc::new(Slot { newest: watch::Sender::new(0), lock: Arc::default() });
        slots.insert(key.clone(), Arc::downgrade(&slot));
        slot
    }
}

impl Turn {
    /// True once a newer request has asked.
    #[must_use]
    pub fn is_over(&self) -> bool {
        *self.newest.borrow() != self.mine
    }

    /// Waits until a newer request asks. May be cancelled and called again.
    pub async fn until_over(&mut self) {
        let mine = self.mine;
        // The sender lives in the slot that this turn keeps alive.
        let _ = self.newest.wait_for(|newest| *newest != mine).await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_newer_request_ends_the_older_at_once() {
        let turns = Arc::new(Turns::default());
        let mut first = turns.take(&"upload").await.unwrap();
        assert!(!first.is_over());
        let second = tokio::spawn({
            let turns = turns.clone();
            async move { turns.take(&"upload").await }
        });
        tokio::time::timeout(Duration::from_millis(100), first.until_over()).await.unwrap();
        assert!(first.is_over());
        drop(first);
        let second = second.await.unwrap().unwrap();
        assert!(!second.is_over());
    }

    #[tokio::test]
    async fn of_three_the_one_in_the_middle_gives_up() {
        let turns = Arc::new(Turns::default());
        let mut first = turns.take(&1).await.unwrap();
        let ask =
            |turns: Arc<Turns<i32>>| tokio::spawn(async move { turns.take(&1).await.map(drop) });
        let second = ask(turns.clone());
        first.until_over().await;
        let third = ask(turns.clone());
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        drop(first);
        assert_eq!(second.await.unwrap(), Err(Superseded));
        assert_eq!(third.await.unwrap(), Ok(()));
    }

    #[tokio::test]
    async fn other_uploads_are_left_alone_and_old_ones_forgotten() {
        let turns = Turns::default();
        let one = turns.take(&1).await.unwrap();
        let two = turns.take(&2).await.unwrap();
        assert!(!one.is_over() && !two.is_over());
        drop((one, two));
        turns.take(&3).await.unwrap();
        assert_eq!(turns.slots.lock().unwrap().len(), 1);
    }
}
