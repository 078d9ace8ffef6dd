//! A unit in a world: a script of visits and faults, a keeper, a disk, a server, and cuts.

use super::disk::{Cut, SimDisk};
use super::draw::Draw;
use super::player;
use super::server::SimServer;
use crate::eyes::{Departure, TrackPoint, VisitClosed, VisitNumber, VisitOpened};
use crate::guard::{Emission, GuardFact};
use crate::keeper::*;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use apis_protocol::VisitId;
use apis_protocol::bounded::Token;
use apis_protocol::records::{FaultChange, RecordPlace, WallTime};
use apis_units::{Fraction, PanTilt, PictureBox, PicturePoint, Uptime};
use apis_vision::{Evidence, Term, TermCode, TrackId};
use core::time::Duration;

/// One tick of the world: a frame.
pub const TICK: Duration = Duration::from_millis(100);

/// A visit of the script, in ticks of the world.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub opens: u32,
    pub closes: u32,
    pub confidence: i32,
}

/// When the program ends, counted in storage operations.
#[derive(Debug, Clone, Copy)]
pub struct Stop {
    /// After this many operations since the last stop.
    pub after: usize,
    pub cut: Cut,
    /// The operation under way is done in part.
    pub is_torn: bool,
}

/// Everything.
pub struct World {
    pub keeper: Keeper,
    pub disk: SimDisk,
    pub server: SimServer,
    pub draw: Draw,
    pub limits: Limits,
    pub link: ServerLink,
    pub plans: Vec<Plan>,
    pub stops: VecDeque<Stop>,
    /// Ticks since the world began; the uptime of a boot counts from its own start.
    pub tick: u32,
    booted_at: u32,
    restarts: u32,
    looked_at: usize,
    seen: BTreeMap<VisitId, VisitNumber>,
    next_number: u32,
    operations: usize,
    answers: VecDeque<(u32, ServerAnswer)>,
    faults_told: u32,
    /// Records that the keeper said are stored: places may change, texts' bodies do not.
    pub promised: BTreeSet<String>,
    places: BTreeSet<RecordPlace>,
    /// Whether clips may go unsent: a small spool, a full or failing disk.
    pub may_lose_clips: bool,
    pub most_bytes: usize,
    pub boots: Vec<u32>,
    pub filler: usize,
}

/// What identifies a record whatever its number.
fn body_of(text: &str) -> String {
    let at = text.find("\"at\"").unwrap();
    text[at..].into()
}

impl World {
    pub fn new(plans: &[Plan], limits: Limits, seed: u64) -> World {
        World {
            keeper: Keeper::new(limits.clone()),
            disk: SimDisk::default(),
            server: SimServer::default(),
            draw: Draw::new(seed),
            limits,
            link: ServerLink::Enrolled,
            plans: plans.to_vec(),
            stops: VecDeque::new(),
            tick: 0,
            booted_at: 0,
            restarts: 0,
            looked_at: 0,
            seen: BTreeMap::new(),
            next_number: 1,
            operations: 0,
            answers: VecDeque::new(),
            faults_told: 0,
            promised: BTreeSet::new(),
            places: BTreeSet::new(),
            may_lose_clips: false,
            most_bytes: 0,
            boots: Vec::new(),
            filler: 40,
        }
    }

    /// Starts the program for the first time.
    pub fn begin(&mut self) {
        self.start();
    }

    pub fn now(&self) -> Uptime {
        Uptime::ZERO + TICK * (self.tick - self.booted_at)
    }

    /// One tick of the world.
    pub fn step(&mut self) {
        self.tick += 1;
        let now = self.now();
        let bytes = player::picture(now, self.filler);
        self.give(KeeperInput::Frame(JpegFrame {
            captured_at: now,
            width: 320,
            height: 240,
            bytes,
        }));
        for index in 0..self.plans.len() {
            self.play(index, self.plans[index]);
        }
        if self.tick.is_multiple_of(25) {
            self.faults_told += 1;
            let change = FaultChange {
                fault: Token::new("test_fault").unwrap(),
                is_present: true,
                detail: format!("number {}", self.faults_told),
            };
            self.give(KeeperInput::Fault(change));
        }
        self.give(KeeperInput::Watched(Watched {
            watched_ms: 100,
            frame_count: 1,
            ..Watched::default()
        }));
        self.take_answers();
        self.give(KeeperInput::Tick);
    }

    /// A second in which the camera shows nothing.
    pub fn wait(&mut self) {
        self.tick += 10;
        self.take_answers();
        self.give(KeeperInput::Tick);
    }

    fn take_answers(&mut self) {
        while self.answers.front().is_some_and(|(due, _)| *due <= self.tick) {
            let (_, answer) = self.answers.pop_front().unwrap();
            self.give(KeeperInput::Answer(answer));
        }
    }

    /// Goes on until nothing is under way and everything was sent, or says what is stuck.
    pub fn settle(&mut self) {
        self.server.trouble_percent = 0;
        self.server.forgets = false;
        let end = self.tick + 40_000;
        let over = self.plans.iter().map(|plan| plan.closes).max().unwrap_or(0) + 25;
        while self.tick < end {
            if self.tick < over {
                self.step();
            } else {
                self.wait();
            }
            let status = self.keeper.status(self.now());
            let is_over = self.plans.iter().all(|plan| plan.closes < self.tick);
            let is_sent = status.report.record_count == 0 && status.report.upload_count == 0;
            if is_over && is_sent && self.keeper.live.is_empty() && self.keeper.is_at_rest() {
                return;
            }
        }
        panic!("stuck: {:?}", self.keeper.status(self.now()));
    }

    /// The visit of a plan. Its id does not change when the unit starts anew: it is another visit
    /// then, with an id of its own.
    fn id(&self, index: usize) -> VisitId {
        let mut bytes = [0; 16];
        bytes[0] = 1 + index as u8;
        bytes[12..].copy_from_slice(&self.restarts.to_be_bytes());
        VisitId::from_bytes(bytes)
    }

    fn play(&mut self, index: usize, plan: Plan) {
        if self.tick < plan.opens || self.tick > plan.closes {
            return;
        }
        let now = self.now();
        let id = self.id(index);
        let track = TrackId(index as u32 + 1);
        let Some(number) = self.seen.get(&id).copied() else {
            if self.tick == plan.closes {
                return;
            }
            // Opened at the plan's tick, or at the first after a start in the middle of it.
            let number = VisitNumber(self.next_number);
            self.next_number += 1;
            self.seen.insert(id, number);
            let opened = VisitOpened {
                visit: number,
                track,
                point: PicturePoint::default(),
                length: Fraction::from_raw(900),
                hover_since: now,
                captured_at: now,
                evidence: Evidence::of(&[Term { code: TermCode::Total, value: plan.confidence }]),
            };
            self.give(KeeperInput::VisitOpened { id, opened });
            return;
        };
        let point = TrackPoint {
            track,
            visit: Some(number),
            point: PicturePoint::default(),
            bounds: PictureBox::FULL,
            captured_at: now,
        };
        self.give(KeeperInput::TrackPoint(point));
        if self.tick == plan.opens + 3 {
            let fact = GuardFact::EmissionBegan {
                at: now,
                centre: PanTilt::default(),
                visit: number,
                track,
            };
            self.give(KeeperInput::Guard(fact));
        }
        if self.tick == plan.opens + 6 {
            let emission = Emission {
                began: now,
                ended: now,
                centre: PanTilt::default(),
                visit: number,
                track,
                ended_by: apis_safety::Refusal::NoTarget,
            };
            self.give(KeeperInput::Guard(GuardFact::EmissionEnded(emission)));
        }
        if self.tick == plan.closes {
            self.give(KeeperInput::VisitClosed(VisitClosed {
                visit: number,
                last_seen_at: now,
                point: PicturePoint::default(),
                departure: Departure::Left,
            }));
        }
    }

    /// Gives one input and does all that comes of it; ends the program where a stop says so.
    pub fn give(&mut self, input: KeeperInput) {
        let mut next = Some(input);
        while let Some(input) = next.take() {
            self.keeper.handle(input, self.now());
            while let Some(output) = self.keeper.next_output() {
                match output {
                    KeeperOutput::Store(operation) => {
                        assert!(next.is_none(), "one operation at a time");
                        match self.perform(&operation) {
                            Some(input) => next = Some(input),
                            None => return,
                        }
                    }
                    KeeperOutput::Send(send) => self.send(&send),
                }
            }
            self.look();
        }
    }

    /// `None` when the program ended instead.
    fn perform(&mut self, operation: &StorageOp) -> Option<KeeperInput> {
        let operations = self.operations;
        if let Some(stop) = self.stops.pop_front_if(|stop| stop.after == operations) {
            if stop.is_torn {
                self.disk.perform_partly(operation, &mut self.draw);
            }
            self.restart(stop.cut);
            return None;
        }
        self.operations += 1;
        Some(match self.disk.perform(operation) {
            Ok(bytes) => KeeperInput::StorageDone(bytes),
            Err(error) => KeeperInput::StorageFailed(error),
        })
    }

    /// Ends the program and starts it anew on what the disk still holds.
    pub fn restart(&mut self, cut: Cut) {
        self.disk.cut(cut);
        self.answers.clear();
        self.operations = 0;
        self.booted_at = self.tick;
        self.restarts += 1;
        self.places.clear();
        self.seen.clear();
        self.next_number = 1;
        self.keeper = Keeper::new(self.limits.clone());
        self.start();
    }

    fn start(&mut self) {
        let restarts = self.restarts;
        self.give(KeeperInput::Start(self.disk.listing()));
        if self.restarts != restarts {
            return;
        }
        self.give(KeeperInput::Clock(Some(WallTime { ms: 1_700_000_000_000, error_ms: 10 })));
        self.give(KeeperInput::Server(self.link));
    }

    fn send(&mut self, send: &Send) {
        let disk = &self.disk;
        let read = |range: &SpoolRange| {
            let start = usize::try_from(range.offset).unwrap();
            disk.content(range.file)?.get(start..start + range.length as usize).map(<[u8]>::to_vec)
        };
        let answer = self.server.answer(&send.message, read, &mut self.draw);
        let due = self.tick + 1 + self.draw.below(3) as u32;
        let answer = ServerAnswer { id: send.id, answer, draw: self.draw.next() };
        self.answers.push_back((due, answer));
    }

    /// What must hold at every moment.
    fn look(&mut self) {
        if core::mem::replace(&mut self.looked_at, self.disk.operations) == self.disk.operations {
            return;
        }
        for record in self.keeper.spool.records.values() {
            if self.places.insert(record.place) {
                self.promised.insert(body_of(&record.text));
            }
        }
        let clips: usize =
            self.clip_files().map(|file| self.disk.content(file).unwrap().len()).sum();
        self.most_bytes = self.most_bytes.max(clips);
        let boot = self.keeper.boot().filter(|boot| self.boots.last() != Some(boot));
        self.boots.extend(boot);
    }

    pub fn clip_files(&self) -> impl Iterator<Item = SpoolFile> {
        self.disk.files().filter(|file| file.visit().is_some())
    }

    /// Bodies of the records that the server holds, each as often as it holds it.
    pub fn stored(&self) -> Vec<String> {
        let body = |text: &String| body_of(text);
        self.server
            .records
            .values()
            .map(|(_, record)| {
                use apis_protocol::message::Message as _;
                body(&String::from_utf8(record.write()).unwrap())
            })
            .collect()
    }
}
