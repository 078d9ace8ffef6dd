//! What the server knows of a unit's key, read for every request.
//!
//! Releasing a unit holds at once and on every replica because nothing here remembers: requests
//! that arrive together share one read, which begins after they arrived.

use apis_protocol::{CommandNumber, Generation, KeyId, PublicKey, UnitId};
use tokio::sync::{mpsc, oneshot};

use crate::db::{Db, DbError};
use crate::door::store;
use crate::ids::TenantId;

/// Most keys that one read asks for; the answer is by primary key, so more would only wait longer.
const GROUP_KEY_COUNT_MAX: usize = 128;

/// Requests that may wait for a read.
const WAITING_COUNT_MAX: usize = 8_192;

/// One row of the key directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownKey {
    /// The key's name.
    pub key_id: KeyId,
    /// The key.
    pub public_key: PublicKey,
    /// Whose unit it is.
    pub tenant: TenantId,
    /// Which unit.
    pub unit: UnitId,
    /// Its tenant let it go: everything it asks is refused.
    pub is_released: bool,
    /// The newest settings made for it.
    pub settings_generation: Generation,
    /// The newest command given to it.
    pub last_command_number: CommandNumber,
    /// The highest boot that it ever named.
    pub highest_boot: i64,
}

/// The way into the shared reads. Cheap to clone.
#[derive(Debug, Clone)]
pub struct KeyDirectory {
    asking: mpsc::Sender<Asking>,
}

struct Asking {
    key_id: KeyId,
    answer: oneshot::Sender<Result<Option<KnownKey>, DbError>>,
}

impl KeyDirectory {
    /// Starts the reading task, which ends when every clone of the directory is gone.
    pub fn start(db: Db) -> KeyDirectory {
        let (asking, arriving) = mpsc::channel(WAITING_COUNT_MAX);
        tokio::spawn(run(db, arriving));
        KeyDirectory { asking }
    }

    /// The row of a key as it stood after this call began; `None` for a key nobody enrolled.
    ///
    /// Errors: the engine's; `Ended` when the server is ending.
    pub async fn find(&self, key_id: KeyId) -> Result<Option<KnownKey>, DbError> {
        let (answer, answered) = oneshot::channel();
        self.asking.send(Asking { key_id, answer }).await.map_err(|_| DbError::Ended)?;
        answered.await.map_err(|_| DbError::Ended)?
    }
}

async fn run(db: Db, mut arriving: mpsc::Receiver<Asking>) {
    let mut group = Vec::with_capacity(GROUP_KEY_COUNT_MAX);
    while arriving.recv_many(&mut group, GROUP_KEY_COUNT_MAX).await != 0 {
        answer(&db, std::mem::take(&mut group)).await;
    }
}

async fn answer(db: &Db, group: Vec<Asking>) {
    let mut key_ids: Vec<KeyId> = group.iter().map(|asking| asking.key_id).collect();
    key_ids.sort_unstable();
    key_ids.dedup();
    match read(db, key_ids).await {
        Ok(known) => {
            for asking in group {
                let row = known.iter().find(|row| row.key_id == asking.key_id).copied();
                let _ = asking.answer.send(Ok(row)); // The request may have gone away.
            }
        }
        // One corrupt row must not refuse its neighbours, so each then reads alone.
        Err(error) => {
            tracing::warn!(keys = group.len(), %error, "a shared read of keys failed and is redone singly");
            for asking in group {
                let row = read(db, vec![asking.key_id]).await.map(|rows| rows.first().copied());
                let _ = asking.answer.send(row);
            }
        }
    }
}

async fn read(db: &Db, key_ids: Vec<KeyId>) -> Result<Vec<KnownKey>, DbError> {
    let mut tx = db.global_read().await?;
    let known = store::known_keys(&mut tx, &key_ids).await?;
    tx.rollback().await?;
    Ok(known)
}
