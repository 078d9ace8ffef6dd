//! The keeper's thread: owns the disk. It alone waits for a slow card.

use std::sync::Arc;
use std::time::Duration;

use apis_protocol::bounded::{DETAIL_BYTES_MAX, Token};
use apis_protocol::records::FaultChange;
use apis_unit::keeper::{
    Answer, Keeper, KeeperInput, KeeperOutput, Limits, Listed, Send, ServerAnswer, ServerLink,
    SpoolStatus, StorageError,
};
use apis_units::Uptime;
use serde_json::json;
use tokio::sync::mpsc::Sender;

use super::SPOOL;
use super::shared::Shared;
use crate::clock::random_bytes;
use crate::config::Config;
use crate::disk::{Disk, DiskError};
use crate::failure::Failure;
use crate::state::DataFolder;
use crate::wall::Wall;

/// Longest sleep, so that the end of the program is seen.
const WAIT_MAX: Duration = Duration::from_millis(100);

/// How often the spool's state is reported.
const REPORTED_EVERY: Duration = Duration::from_secs(1);

/// How often the keeper is told how full the disk is and how good the clock.
const TOLD_EVERY: Duration = Duration::from_secs(5);

/// The keeper with its disk.
pub struct KeeperThread {
    shared: Shared,
    folder: Arc<DataFolder>,
    keeper: Keeper,
    disk: Disk,
    /// What the spool held when the program started.
    listing: Vec<Listed>,
    wall: Wall,
    wants: Sender<Send>,
    reported_at: Option<Uptime>,
    told_at: Option<Uptime>,
    clip_count: Option<u32>,
    trouble: Option<StorageError>,
}

impl KeeperThread {
    /// A keeper of the spool in `folder`.
    ///
    /// Errors: the disk's own codes when the spool cannot be used at all.
    pub fn new(
        shared: Shared,
        folder: &Arc<DataFolder>,
        config: &Config,
        wall: Wall,
        wants: Sender<Send>,
    ) -> Result<KeeperThread, Failure> {
        let failure = |e: DiskError| Failure { code: e.code(), cause: e.into() };
        let disk = Disk::open(&folder.file(SPOOL)).map_err(failure)?;
        // A spool that cannot be listed is not an empty one: beginning anew beside it would hide it.
        let unlisted = |e: StorageError| Failure { code: e.code(), cause: e.into() };
        let listing = disk.listing().map_err(unlisted)?;
        let limits = Limits {
            clip_rate_fps: u16::try_from(config.clip_rate).unwrap_or(u16::MAX),
            ring_bytes_max: usize::try_from(config.pre_roll_bytes).unwrap_or(usize::MAX),
            spool_bytes_max: config.spool_bytes,
            disk_used_percent_max: config.disk_percent,
            ..Limits::default()
        };
        Ok(KeeperThread {
            shared,
            folder: Arc::clone(folder),
            keeper: Keeper::new(limits),
            disk,
            listing,
            wall,
            wants,
            reported_at: None,
            told_at: None,
            clip_count: None,
            trouble: None,
        })
    }

    /// Keeps until the program ends, then writes what is only in memory.
    pub fn run(mut self, link: ServerLink) {
        let listing = std::mem::take(&mut self.listing);
        self.handle(KeeperInput::Start(listing));
        self.handle(KeeperInput::Server(link));
        while !self.shared.stop.is_set() {
            self.tell_what_changes_slowly();
            self.report();
            let longest = self.shared.clock.until(self.keeper.wake_at(), WAIT_MAX);
            let input = self.shared.keeper.wait(longest).unwrap_or(KeeperInput::Tick);
            self.handle(input);
        }
        while let Some(input) = self.shared.keeper.take() {
            self.handle(input);
        }
        self.handle(KeeperInput::Stop);
    }

    /// One input, and everything that comes of it.
    fn handle(&mut self, input: KeeperInput) {
        let mut next = Some(input);
        while let Some(input) = next.take() {
            self.keeper.handle(input, self.shared.clock.now());
            while let Some(output) = self.keeper.next_output() {
                match output {
                    KeeperOutput::Store(operation) => {
                        next = Some(match self.disk.perform(&operation) {
                            Ok(bytes) => KeeperInput::StorageDone(bytes),
                            Err(error) => {
                                self.shared.report.count_error(error.code());
                                KeeperInput::StorageFailed(error)
                            }
                        });
                    }
                    KeeperOutput::Send(send) => self.want(send),
                }
            }
        }
    }

    /// Gives `send` to the network; one that it cannot take is answered at once.
    fn want(&self, send: Send) {
        let id = send.id;
        if self.wants.try_send(send).is_err() {
            let draw = u64::from_le_bytes(random_bytes());
            let answer = ServerAnswer { id, answer: Answer::Unreachable, draw };
            self.shared.keeper.push(KeeperInput::Answer(answer));
        }
    }

    fn tell_what_changes_slowly(&mut self) {
        let now = self.shared.clock.now();
        if self.told_at.is_some_and(|at| now.since(at) < TOLD_EVERY) {
            return;
        }
        self.told_at = Some(now);
        self.handle(KeeperInput::Clock(self.wall.state().1));
        match self.disk.space() {
            Ok(space) => {
                self.shared.report.facts().disk = Some(space);
                self.handle(KeeperInput::Disk(space));
            }
            Err(error) => self.shared.report.count_error(error.code()),
        }
        if let Err(e) = self.wall.save_when_due(&self.folder) {
            self.shared.report.count_error("state_not_writable");
            tracing::warn!("the time was not saved: {e:#}");
        }
    }

    fn report(&mut self) {
        let now = self.shared.clock.now();
        let is_boot_due = self.wall.boot().is_none() && self.keeper.boot().is_some();
        if !is_boot_due && self.reported_at.is_some_and(|at| now.since(at) < REPORTED_EVERY) {
            return;
        }
        self.reported_at = Some(now);
        let status = self.keeper.status(now);
        if let Some(boot) = status.boot {
            self.tell_raised_boot(boot);
            self.wall.set_boot(boot);
        }
        self.tell_new_clip(&status);
        self.tell_trouble(status.trouble);
        self.shared.report.facts().spool = Some(status);
    }

    /// A card restored from an old image counts boots that were used: the unit has left them behind.
    fn tell_raised_boot(&self, boot: u32) {
        let Some(before) = self.wall.boot().filter(|before| *before < boot) else { return };
        self.shared.report.count_error("boot_raised");
        let facts = json!({ "from": before, "to": boot });
        self.shared.story.tell("boot_raised", facts, || {
            format!("boot {before} was used before: this one counts as boot {boot}")
        });
    }

    fn tell_new_clip(&mut self, status: &SpoolStatus) {
        let is_more = self.clip_count.is_some_and(|count| count < status.clip_count);
        if status.boot.is_some() {
            self.clip_count = Some(status.clip_count);
        }
        let Some(clip) = self.keeper.clips().into_iter().next().filter(|_| is_more) else { return };
        let facts = json!({ "visit_id": clip.visit.to_string(), "bytes": clip.bytes });
        self.shared.story.tell("clip_kept", facts, || {
            format!("the clip of visit {} is kept ({} kB)", clip.visit, clip.bytes / 1_000)
        });
    }

    /// What is wrong with the disk is a fault of the unit while it lasts.
    fn tell_trouble(&mut self, trouble: Option<StorageError>) {
        if self.trouble == trouble {
            return;
        }
        if let Some(over) = self.trouble {
            self.shared.report.clear(|code| code == over.code());
            self.shared.story.tell("fault_over", json!({ "code": over.code() }), || {
                format!("disk: {} is over", over.code())
            });
        }
        if let Some(error) = trouble {
            self.shared.report.raise(error.code());
            let facts = json!({ "code": error.code(), "detail": error.to_string() });
            self.shared.story.tell("fault", facts, || format!("disk: {error} ({})", error.code()));
        }
        self.trouble = trouble;
    }
}

/// A fault that begins or ends, for the record.
pub fn fault(code: &'static str, detail: &str, is_present: bool) -> KeeperInput {
    let detail = detail.chars().filter(|char| !char.is_control()).take(DETAIL_BYTES_MAX / 4);
    KeeperInput::Fault(FaultChange {
        fault: Token::new(code).expect("every code of ours is a token"),
        is_present,
        detail: detail.collect(),
    })
}
