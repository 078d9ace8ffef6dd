//! Whether a unit is heard from, judged by the server's clock alone.

use apis_protocol::heartbeat::{LATE_MS, ONLINE_MS};

use crate::clock::UnixMs;

/// How fresh a unit's last sign is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liveness {
    /// Heard within 150 s.
    Online,
    /// Heard within 10 min.
    Late,
    /// Not heard for longer.
    Offline,
    /// Enrolled and never heard.
    NeverHeard,
}

impl Liveness {
    /// Judges the time of the last sign.
    #[must_use]
    pub fn judge(heard_at: Option<UnixMs>, now: UnixMs) -> Liveness {
        match heard_at.map(|heard_at| now.0.saturating_sub(heard_at.0)) {
            None => Liveness::NeverHeard,
            Some(age_ms) if age_ms <= ONLINE_MS => Liveness::Online,
            Some(age_ms) if age_ms <= LATE_MS => Liveness::Late,
            Some(_) => Liveness::Offline,
        }
    }

    /// Its word in answers.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Liveness::Online => "online",
            Liveness::Late => "late",
            Liveness::Offline => "offline",
            Liveness::NeverHeard => "never_heard",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn liveness_is_judged_at_its_limits() {
        let judge = |age_ms: i64| Liveness::judge(Some(UnixMs(1_000)), UnixMs(1_000 + age_ms));
        assert_eq!(judge(0), Liveness::Online);
        assert_eq!(judge(150_000), Liveness::Online);
        assert_eq!(judge(150_001), Liveness::Late);
        assert_eq!(judge(600_000), Liveness::Late);
        assert_eq!(judge(600_001), Liveness::Offline);
        assert_eq!(Liveness::judge(None, UnixMs(0)), Liveness::NeverHeard);
    }
}
