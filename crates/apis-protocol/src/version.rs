//! Which versions of the protocol exist, and which of them a server still speaks.

/// The version this crate writes. A unit states it in enrolment and in each heartbeat.
///
/// Policy: a *field* may be added without a new version, because unknown fields are ignored. A
/// new *variant*, a field that becomes required, or another meaning of an old one makes a new
/// version: unknown variants are reported, not guessed at. Vectors of every version from [`MIN`]
/// on stay in `testdata/protocol/` and must keep reading.
pub const CURRENT: u16 = 1;

/// The oldest version a server accepts; older units are told `protocol_unsupported`.
///
/// Raised only when no supported firmware speaks the older one any more: a unit that slept for a
/// winter must still be able to ask for its update.
pub const MIN: u16 = 1;

const _: () = assert!(MIN <= CURRENT);

/// Whether this crate understands messages of `version`.
#[must_use]
pub const fn is_supported(version: u16) -> bool {
    MIN <= version && version <= CURRENT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_versions_between_min_and_current_are_spoken() {
        assert!(is_supported(MIN) && is_supported(CURRENT));
        assert!(!is_supported(0));
        assert!(!is_supported(CURRENT + 1));
    }
}
