//! Which bytes of a whole are asked for (RFC 9110 §14). One range; more are answered as the whole.

/// What a `Range` field asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Everything: no field, or one that need not be understood.
    Whole,
    /// Bytes `start..end`.
    Part {
        /// The first byte.
        start: u64,
        /// The byte after the last.
        end: u64,
    },
    /// Bytes that the whole does not have.
    Unsatisfiable,
}

/// Reads a `Range` field for a whole of `length` bytes.
#[must_use]
pub fn asked(field: Option<&str>, length: u64) -> Asked {
    let Some(spec) = field.and_then(|field| field.strip_prefix("bytes=")) else {
        return Asked::Whole;
    };
    let Some((first, last)) = spec.split_once('-') else { return Asked::Whole };
    match (number(first), number(last)) {
        (Some(first), _) if length <= first && is_end(last) => Asked::Unsatisfiable,
        (Some(start), None) if last.is_empty() => Asked::Part { start, end: length },
        (Some(start), Some(last)) if start <= last => {
            Asked::Part { start, end: last.saturating_add(1).min(length) }
        }
        (None, Some(0)) if first.is_empty() => Asked::Unsatisfiable,
        (None, Some(count)) if first.is_empty() => {
            Asked::Part { start: length.saturating_sub(count), end: length }
        }
        (Some(_) | None, Some(_) | None) => Asked::Whole,
    }
}

fn is_end(text: &str) -> bool {
    text.is_empty() || number(text).is_some()
}

fn number(text: &str) -> Option<u64> {
    let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_digits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_of_bytes_is_understood() {
        let part = |start, end| Asked::Part { start, end };
        for (field, expected) in [
            ("bytes=0-9", part(0, 10)),
            ("bytes=90-", part(90, 100)),
            ("bytes=90-1000", part(90, 100)),
            ("bytes=-10", part(90, 100)),
            ("bytes=-1000", part(0, 100)),
            ("bytes=100-", Asked::Unsatisfiable),
            ("bytes=-0", Asked::Unsatisfiable),
            ("bytes=9-0", Asked::Whole),
            ("bytes=0-1,5-6", Asked::Whole),
            ("bytes=a-b", Asked::Whole),
            ("bytes=-", Asked::Whole),
            ("lines=0-1", Asked::Whole),
        ] {
            assert_eq!(asked(Some(field), 100), expected, "{field}");
        }
        assert_eq!(asked(None, 100), Asked::Whole);
    }
}
