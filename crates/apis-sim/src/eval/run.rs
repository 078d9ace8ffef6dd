//! Runs detectors over clips: each frame is decoded or drawn once and shown to all of them.

use super::clip::Clip;
use super::count::Counter;
use super::detector::{self, Detector, Shown, Sighting};
use super::sum::Scored;
use anyhow::Context;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// A detector and whether it is told the scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Contender {
    /// Which.
    pub detector: detector::Kind,
    /// Whether it is told the picture's scale, where that is known.
    pub is_calibrated: bool,
}

impl Contender {
    /// Its name in tables.
    pub fn name(self) -> String {
        let calibrated = if self.is_calibrated { ", calibrated" } else { "" };
        format!("{}{calibrated}", self.detector.word())
    }
}

/// One contender's results over all clips, in the clips' order.
pub struct Column {
    /// Who.
    pub contender: Contender,
    /// What was counted.
    pub results: Vec<Scored>,
}

struct Runner {
    detector: Box<dyn Detector>,
    counter: Counter,
    found: Vec<Sighting>,
    busy_ns: u64,
}

/// Runs every contender over every clip, on all cores; `tell` is told each clip that is done.
///
/// Errors: the first clip that cannot be decoded or whose truth cannot be read.
pub fn run(
    clips: &[Clip],
    contenders: &[Contender],
    tell: &(dyn Fn(usize, &str) + Sync),
) -> anyhow::Result<Vec<Column>> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let all: Mutex<Vec<(usize, Vec<Scored>)>> = Mutex::new(Vec::new());
    let work = || -> anyhow::Result<()> {
        loop {
            let at = next.fetch_add(1, Ordering::SeqCst);
            let Some(clip) = clips.get(at) else { return Ok(()) };
            let results =
                run_clip(at, clip, contenders).with_context(|| format!("score {}", clip.name()))?;
            tell(done.fetch_add(1, Ordering::SeqCst) + 1, &clip.name());
            all.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((at, results));
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| -> anyhow::Result<()> {
        let workers: Vec<_> = (0..cores.min(clips.len())).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            worker.join().map_err(|_| anyhow::anyhow!("a detector panicked"))??;
        }
        Ok(())
    })?;
    let mut all = all.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    all.sort_by_key(|(at, _)| *at);
    let mut columns: Vec<Column> = contenders
        .iter()
        .map(|&contender| Column { contender, results: Vec::with_capacity(all.len()) })
        .collect();
    for (_, results) in all {
        for (column, result) in columns.iter_mut().zip(results) {
            column.results.push(result);
        }
    }
    Ok(columns)
}

/// One clip through every contender, in their order.
fn run_clip(at: usize, clip: &Clip, contenders: &[Contender]) -> anyhow::Result<Vec<Scored>> {
    let begin = |&contender: &Contender| Runner {
        detector: contender.detector.begin(clip.mm_per_px().filter(|_| contender.is_calibrated)),
        counter: Counter::default(),
        found: Vec::new(),
        busy_ns: 0,
    };
    let mut runners: Vec<Runner> = contenders.iter().map(begin).collect();
    let mut open = clip.open()?;
    while let Some(frame) = open.next_frame()? {
        let shown = Shown { luma: frame.luma, size: frame.size, at_us: frame.at_us };
        for runner in &mut runners {
            runner.found.clear();
            let began = Instant::now();
            runner.detector.look(shown, &mut runner.found);
            runner.busy_ns += u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
            let evidence = || runner.detector.evidence();
            let truth = (frame.bodies.as_slice(), frame.is_unjudged);
            runner.counter.take(frame.at_us, truth, &runner.found, &evidence);
        }
    }
    let result = |runner: Runner| Scored {
        kind: clip.kind(),
        family: clip.family(),
        name: clip.name(),
        clip: at,
        count: runner.counter.finish(runner.busy_ns),
    };
    Ok(runners.into_iter().map(result).collect())
}
