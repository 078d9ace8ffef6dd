//! Which clip goes first when room is needed. Records are not touched for a clip's sake.

use super::journal::ClipEntry;
use super::limits::Limits;
use apis_protocol::VisitId;

/// The confidence of a check's clip, below that of any visit's.
pub const CHECK_CONFIDENCE: i32 = i32::MIN;

/// The clip of least value that may go; `None` when the rest is to be kept to the end.
///
/// In this order: what the server holds, oldest first; checks, oldest first; what is of low
/// confidence, oldest first;
/// what is of high confidence, oldest first, but never the newest
/// [`high_confidence_kept`](Limits::high_confidence_kept) of these. A clip that the server refused
/// counts as one that it has not got. `clips` is oldest first; `is_busy` names what is being sent
/// or is on its way out already.
pub fn victim(
    clips: &[ClipEntry],
    is_busy: impl Fn(VisitId) -> bool,
    limits: &Limits,
) -> Option<VisitId> {
    let is_high = |clip: &&ClipEntry| clip.confidence >= limits.high_confidence;
    let unsent = |clip: &&ClipEntry| !clip.is_uploaded();
    let high_count = clips.iter().filter(unsent).filter(is_high).count();
    let high_free = high_count.saturating_sub(limits.high_confidence_kept);

    let is_check = |clip: &&ClipEntry| clip.confidence == CHECK_CONFIDENCE;
    let uploaded = clips.iter().filter(|clip| clip.is_uploaded());
    let low = clips.iter().filter(unsent).filter(|clip| !is_high(clip));
    let high = clips.iter().filter(unsent).filter(is_high).take(high_free);
    let checks = clips.iter().filter(unsent).filter(is_check);
    uploaded
        .chain(checks)
        .chain(low)
        .chain(high)
        .map(|clip| clip.visit)
        .find(|visit| !is_busy(*visit))
}

#[cfg(test)]
mod tests {
    use super::super::journal::Stored;
    use super::*;
    use alloc::vec::Vec;
    use apis_protocol::Sha256Digest;

    /// A clip by its number: `u` uploaded, `c` a check, `l` low, `h` high, `p` parked and low.
    fn clips(kinds: &str) -> Vec<ClipEntry> {
        let one = |(index, kind): (usize, char)| {
            let stored =
                Stored { bytes: 1, sha256: Sha256Digest::of(b"x"), is_uploaded: kind == 'u' };
            ClipEntry {
                visit: VisitId::from_bytes([index as u8; 16]),
                clip: stored,
                sidecar: None,
                confidence: match kind {
                    'h' => 9_000,
                    'c' => CHECK_CONFIDENCE,
                    _ => 100,
                },
                parked: (kind == 'p').then(|| "rejected".into()),
            }
        };
        kinds.chars().enumerate().map(one).collect()
    }

    /// The order in which `kinds` go, as indices, with the newest `kept` high ones held.
    fn check(kinds: &str, kept: usize, expected: &[u8]) {
        let limits = Limits { high_confidence_kept: kept, ..Limits::default() };
        let mut left = clips(kinds);
        let mut gone = Vec::new();
        while let Some(visit) = victim(&left, |_| false, &limits) {
            left.retain(|clip| clip.visit != visit);
            gone.push(visit.to_bytes()[0]);
        }
        assert_eq!(gone, expected, "{kinds}");
    }

    #[test]
    fn uploaded_go_first_then_checks_then_low_then_high_but_the_last() {
        check("hlchuc", 1, &[4, 2, 5, 1, 0]);
        check("hlhuluh", 1, &[3, 5, 1, 4, 0, 2]);
        check("hhh", 3, &[]);
        check("hhh", 0, &[0, 1, 2]);
        check("plp", 2, &[0, 1, 2]);
        check("", 2, &[]);
    }

    #[test]
    fn what_is_being_sent_stays() {
        let clips = clips("ul");
        let busy = clips[0].visit;
        let chosen = victim(&clips, |visit| visit == busy, &Limits::default());
        assert_eq!(chosen, Some(clips[1].visit));
    }
}
