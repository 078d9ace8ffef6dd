//! Many clips' counts together, with how far they can be relied on.

use super::clip::Kind;
use super::count::Count;
use std::collections::BTreeMap;

/// One clip's counts.
#[derive(Debug, Clone)]
pub struct Scored {
    /// Where the clip comes from.
    pub kind: Kind,
    /// What it is counted together with.
    pub family: String,
    /// Its name.
    pub name: String,
    /// Its place in the list of clips that were run.
    pub clip: usize,
    /// What was counted.
    pub count: Count,
}

/// A share of a number of cases, with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// Cases that were so.
    pub count: usize,
    /// All cases.
    pub of: usize,
}

impl Share {
    /// The share; nothing of no cases.
    pub fn value(self) -> Option<f64> {
        (self.of > 0).then(|| self.count as f64 / self.of as f64)
    }

    /// Its 95 % interval.
    ///
    /// Source: Wilson's score interval.
    pub fn interval(self) -> (f64, f64) {
        if self.of == 0 {
            return (0.0, 1.0);
        }
        let (n, share) = (self.of as f64, self.count as f64 / self.of as f64);
        let square = 1.96 * 1.96;
        let middle = (share + square / (2.0 * n)) / (1.0 + square / n);
        let half =
            1.96 * (share * (1.0 - share) / n + square / (4.0 * n * n)).sqrt() / (1.0 + square / n);
        ((middle - half).max(0.0), (middle + half).min(1.0))
    }
}

/// Events up to which the interval is exact.
const COUNT_EXACT_MAX: usize = 200;

/// The largest rate an hour that so many events in so many hours leave room for, with 95 %.
///
/// Source: the upper end of the exact Poisson interval, by bisection of its distribution.
pub fn rate_max(count: usize, hours: f64) -> f64 {
    if hours <= 0.0 {
        return f64::INFINITY;
    }
    if count > COUNT_EXACT_MAX {
        // So many are spread as a normal distribution is, and the exact sum leaves the range of numbers.
        let count = count as f64;
        return (count + 1.96 * count.sqrt() + 1.92) / hours;
    }
    let at_most = |mean: f64| {
        let mut term = (-mean).exp();
        let mut sum = term;
        for k in 1..=count {
            term *= mean / k as f64;
            sum += term;
        }
        sum
    };
    let (mut low, mut high) = (0.0, count as f64 * 4.0 + 20.0);
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        if at_most(middle) > 0.025 { low = middle } else { high = middle }
    }
    low / hours
}

/// Counts that belong together.
#[derive(Debug, Clone)]
pub struct Sum {
    /// Where they come from.
    pub kind: Kind,
    /// Their family.
    pub family: String,
    /// Clips.
    pub clips: usize,
    /// All their counts.
    pub count: Count,
}

impl Sum {
    fn empty(kind: Kind, family: &str) -> Sum {
        Sum { kind, family: family.to_owned(), clips: 0, count: Count::default() }
    }

    fn add(&mut self, count: &Count) {
        self.clips += 1;
        self.count.merge(count);
    }

    /// Found of due.
    pub fn recall(&self) -> Share {
        Share { count: self.count.found, of: self.count.due }
    }

    /// Right of all verdicts that are right or false.
    pub fn precision(&self) -> Share {
        let Count { found, .. } = self.count;
        Share { count: found, of: found + self.count.all_wrong() }
    }

    /// The harmonic mean of both; only of what holds hovers.
    pub fn f1(&self) -> Option<f64> {
        let Count { due, found, .. } = self.count;
        let all = 2 * found + self.count.missed() + self.count.all_wrong();
        (due > 0).then(|| 2.0 * found as f64 / all.max(1) as f64)
    }

    /// Minutes without a hover for each hover: how much room there was to be wrong.
    pub fn free_minutes(&self) -> f64 {
        let free_us = self.count.length_us.saturating_sub(self.count.hover_us);
        free_us as f64 / 6e7 / self.count.due.max(1) as f64
    }

    /// Hours without a hover.
    pub fn free_hours(&self) -> f64 {
        self.count.length_us.saturating_sub(self.count.hover_us) as f64 / 3.6e9
    }

    /// The delay that so many of a hundred found hovers stay below, ms.
    pub fn delay_ms(&self, percent: usize) -> Option<u64> {
        let mut delays = self.count.delays_us.clone();
        delays.sort_unstable();
        let at = (delays.len() * percent).div_ceil(100).saturating_sub(1);
        delays.get(at).map(|delay| delay / 1_000)
    }
}

/// By family, the worst first, in tables of their own for each kind.
pub fn by_family(results: &[Scored]) -> Vec<Sum> {
    let mut sums: BTreeMap<(Kind, String), Sum> = BTreeMap::new();
    for result in results {
        let key = (result.kind, result.family.clone());
        let sum = sums.entry(key).or_insert_with(|| Sum::empty(result.kind, &result.family));
        sum.add(&result.count);
    }
    let mut sums: Vec<Sum> = sums.into_values().collect();
    sums.sort_by_key(|sum| (sum.kind, std::cmp::Reverse(sum.count.faults())));
    sums
}

/// By kind.
pub fn by_kind(results: &[Scored]) -> Vec<Sum> {
    let mut sums: BTreeMap<Kind, Sum> = BTreeMap::new();
    for result in results {
        sums.entry(result.kind)
            .or_insert_with(|| Sum::empty(result.kind, "all"))
            .add(&result.count);
    }
    sums.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_the_tables() {
        let near = |value: f64, expected: f64| {
            assert!((value - expected).abs() < 0.005, "{value} is not {expected}");
        };
        let (low, high) = Share { count: 11, of: 12 }.interval();
        near(low, 0.646);
        near(high, 0.985);
        near(Share { count: 0, of: 20 }.interval().1, 0.161);
        // Nothing in 30 hours leaves room for 3.69 in that time.
        near(rate_max(0, 30.0), 0.123);
        near(rate_max(3, 1.0), 8.767);
        // Both sides of where the sum gives way.
        assert!((rate_max(200, 1.0) - 229.7).abs() < 0.2, "{}", rate_max(200, 1.0));
        assert!((rate_max(201, 1.0) - 230.7).abs() < 0.2, "{}", rate_max(201, 1.0));
    }

    #[test]
    fn a_family_without_hovers_has_no_f1() {
        let mut sum = Sum::empty(Kind::Drawn, "leaf");
        assert_eq!(sum.f1(), None);
        sum.add(&Count { due: 2, found: 1, wrong: 1, ..Count::default() });
        assert_eq!(sum.f1(), Some(0.5));
    }
}
