//! The little of RFC 8941 that signatures need, strict: one spelling for each value.
//!
//! The verifier signs over the bytes it received, so a looser spelling (white space, escapes,
//! leading zeros) could only ever fail later with a worse reason.

use crate::encoding;
use alloc::vec::Vec;

/// Longest `Signature-Input` or `Accept-Signature`, in bytes: our own is some 450.
pub const INPUT_BYTES_MAX: usize = 2_048;

/// Most components one signature may cover.
pub const COMPONENTS_MAX: usize = 32;

/// Most parameters one signature may have.
pub const PARAMETERS_MAX: usize = 16;

/// The field is not in the strict spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

/// One member of `Signature-Input`: `label=("a" "b");key=value;…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member<'a> {
    /// What joins it to its signature.
    pub label: &'a str,
    /// Everything after `label=`, as received: the value of `@signature-params`.
    pub text: &'a str,
    /// The covered components, in the signer's order.
    pub components: Vec<&'a str>,
    /// The parameters, in the signer's order; no key twice.
    pub parameters: Vec<(&'a str, Value<'a>)>,
}

/// A parameter's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// A key alone.
    True,
    /// Digits.
    Integer(i64),
    /// A quoted text without escapes.
    Text(&'a str),
}

/// Why a `Signature-Input` is not one member in the strict spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadMember {
    /// Not in the strict spelling, or beyond the bounds.
    Malformed,
    /// More than one member: which of them counts is not left to chance.
    Several,
    /// A parameter twice.
    ParameterTwice,
    /// A component twice.
    ComponentTwice,
    /// A component with parameters of its own (`;req`, `;sf`, `;key`, …), which nobody here
    /// resolves.
    ComponentParameter,
}

impl From<Malformed> for BadMember {
    fn from(Malformed: Malformed) -> BadMember {
        BadMember::Malformed
    }
}

impl<'a> Member<'a> {
    /// Reads a `Signature-Input` or `Accept-Signature` that has exactly one member.
    ///
    /// Errors: see [`BadMember`].
    pub fn read(field: &'a str) -> Result<Member<'a>, BadMember> {
        if field.len() > INPUT_BYTES_MAX || !field.is_ascii() {
            return Err(BadMember::Malformed);
        }
        let mut cursor = Cursor { rest: field };
        let label = cursor.key()?;
        cursor.eat("=")?;
        let text = cursor.rest;
        let components = components(&mut cursor)?;
        let parameters = parameters(&mut cursor)?;
        match cursor.rest.bytes().next() {
            None => Ok(Member { label, text, components, parameters }),
            Some(b',') => Err(BadMember::Several),
            Some(_) => Err(BadMember::Malformed),
        }
    }

    /// The value of a parameter.
    #[must_use]
    pub fn parameter(&self, key: &str) -> Option<Value<'a>> {
        self.parameters.iter().find(|known| known.0 == key).map(|known| known.1)
    }
}

/// Reads a `Signature` that has exactly one member: its label and bytes.
///
/// Errors: as [`Member::read`].
pub fn read_signature(field: &str) -> Result<(&str, Vec<u8>), BadMember> {
    if field.len() > INPUT_BYTES_MAX || !field.is_ascii() {
        return Err(BadMember::Malformed);
    }
    let mut cursor = Cursor { rest: field };
    let label = cursor.key()?;
    cursor.eat("=")?;
    let bytes = cursor.bytes()?;
    match cursor.rest.bytes().next() {
        None => Ok((label, bytes)),
        Some(b',') => Err(BadMember::Several),
        Some(_) => Err(BadMember::Malformed),
    }
}

/// Reads a dictionary of byte sequences, such as `Content-Digest`: keys and bytes.
///
/// Errors: `Malformed`, also for a key twice or more than eight members.
pub fn read_bytes_dictionary(field: &str) -> Result<Vec<(&str, Vec<u8>)>, Malformed> {
    let mut cursor = Cursor { rest: field };
    let mut members: Vec<(&str, Vec<u8>)> = Vec::new();
    loop {
        let key = cursor.key()?;
        cursor.eat("=")?;
        let bytes = cursor.bytes()?;
        if members.iter().any(|known| known.0 == key) || members.len() == 8 {
            return Err(Malformed);
        }
        members.push((key, bytes));
        if cursor.rest.is_empty() {
            return Ok(members);
        }
        cursor.eat(", ")?;
    }
}

fn components<'a>(cursor: &mut Cursor<'a>) -> Result<Vec<&'a str>, BadMember> {
    let mut components = Vec::new();
    cursor.eat("(")?;
    while cursor.eat(")").is_err() {
        if !components.is_empty() {
            cursor.eat(" ")?;
        }
        let name = cursor.text()?;
        if cursor.rest.starts_with(';') {
            return Err(BadMember::ComponentParameter);
        }
        if components.contains(&name) {
            return Err(BadMember::ComponentTwice);
        }
        if components.len() == COMPONENTS_MAX || !is_component(name) {
            return Err(BadMember::Malformed);
        }
        components.push(name);
    }
    Ok(components)
}

fn parameters<'a>(cursor: &mut Cursor<'a>) -> Result<Vec<(&'a str, Value<'a>)>, BadMember> {
    let mut parameters: Vec<(&str, Value<'_>)> = Vec::new();
    while cursor.eat(";").is_ok() {
        let key = cursor.key()?;
        let value = match cursor.eat("=") {
            Ok(()) if cursor.rest.starts_with('"') => Value::Text(cursor.text()?),
            Ok(()) => Value::Integer(cursor.integer()?),
            Err(Malformed) => Value::True,
        };
        if parameters.iter().any(|known| known.0 == key) {
            return Err(BadMember::ParameterTwice);
        }
        if parameters.len() == PARAMETERS_MAX {
            return Err(BadMember::Malformed);
        }
        parameters.push((key, value));
    }
    Ok(parameters)
}

/// A lower-case field name, or a derived component.
fn is_component(name: &str) -> bool {
    let field = name.strip_prefix('@').unwrap_or(name);
    let is_char = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !field.is_empty() && field.bytes().all(is_char)
}

struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    fn eat(&mut self, text: &str) -> Result<(), Malformed> {
        self.rest = self.rest.strip_prefix(text).ok_or(Malformed)?;
        Ok(())
    }

    /// Everything up to the first byte that does not fit.
    fn take_while(&mut self, fits: impl Fn(u8) -> bool) -> &'a str {
        let end = self.rest.bytes().position(|byte| !fits(byte)).unwrap_or(self.rest.len());
        // `end` is a character boundary whenever all that fits is ASCII, as it is here.
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or(("", self.rest));
        self.rest = rest;
        taken
    }

    /// RFC 8941 §3.1.2.
    fn key(&mut self) -> Result<&'a str, Malformed> {
        let key = self.take_while(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.*".contains(&byte)
        });
        let first = key.bytes().next().ok_or(Malformed)?;
        if first.is_ascii_lowercase() || first == b'*' { Ok(key) } else { Err(Malformed) }
    }

    /// RFC 8941 §3.3.3, without escapes: nothing we sign holds a quote or a backslash.
    fn text(&mut self) -> Result<&'a str, Malformed> {
        self.eat("\"")?;
        let text =
            self.take_while(|byte| (b' '..=b'~').contains(&byte) && !b"\"\\".contains(&byte));
        self.eat("\"")?;
        Ok(text)
    }

    /// RFC 8941 §3.3.1, not negative, at most 15 digits, no leading zero.
    fn integer(&mut self) -> Result<i64, Malformed> {
        let digits = self.take_while(|byte| byte.is_ascii_digit());
        if digits.len() > 15 || (digits.starts_with('0') && digits != "0") {
            return Err(Malformed);
        }
        digits.parse().map_err(|_| Malformed)
    }

    /// RFC 8941 §3.3.5, strict base64.
    fn bytes(&mut self) -> Result<Vec<u8>, Malformed> {
        self.eat(":")?;
        let text = self.take_while(|byte| byte.is_ascii_graphic() && byte != b':');
        self.eat(":")?;
        encoding::from_base64(text).map_err(|_| Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_member_is_read_as_it_was_written() {
        let field = r#"apis=("@method" "upload-offset");created=12;nonce="a b";alone"#;
        let member = Member::read(field).unwrap();
        assert_eq!(member.label, "apis");
        assert_eq!(member.text, &field[5..]);
        assert_eq!(member.components, ["@method", "upload-offset"]);
        assert_eq!(member.parameter("created"), Some(Value::Integer(12)));
        assert_eq!(member.parameter("nonce"), Some(Value::Text("a b")));
        assert_eq!(member.parameter("alone"), Some(Value::True));
        assert_eq!(member.parameter("other"), None);
    }

    #[test]
    fn a_looser_spelling_is_refused() {
        use BadMember::{ComponentParameter, ComponentTwice, Malformed, ParameterTwice, Several};
        for (field, why) in [
            ("", Malformed),
            ("apis", Malformed),
            ("apis=", Malformed),
            ("Apis=()", Malformed),
            ("1apis=()", Malformed),
            (" apis=()", Malformed),
            ("apis=() ", Malformed),
            ("apis = ()", Malformed),
            (r#"apis=("a")x"#, Malformed),
            (r#"apis=( "a")"#, Malformed),
            (r#"apis=("a"  "b")"#, Malformed),
            (r#"apis=("a""b")"#, Malformed),
            (r#"apis=("a" )"#, Malformed),
            (r#"apis=("A")"#, Malformed),
            (r#"apis=("")"#, Malformed),
            (r#"apis=("a"#, Malformed),
            (r#"apis=("a\"")"#, Malformed),
            ("apis=(a)", Malformed),
            ("apis=(); a=1", Malformed),
            ("apis=();a=", Malformed),
            ("apis=();a=01", Malformed),
            ("apis=();a=-1", Malformed),
            ("apis=();a=1.0", Malformed),
            ("apis=();a=1234567890123456", Malformed),
            ("apis=();a=?1", Malformed),
            ("apis=();a=\"é\"", Malformed),
            ("apis=();a=1;a=1", ParameterTwice),
            (r#"apis=("a" "a")"#, ComponentTwice),
            (r#"apis=("a";sf)"#, ComponentParameter),
            (r#"apis=("@query-param";name="x")"#, ComponentParameter),
            ("apis=(), more=()", Several),
            ("apis=(),apis=()", Several),
        ] {
            assert_eq!(Member::read(field), Err(why), "{field}");
        }
        let many = alloc::format!("apis=(){}", ";a=1".repeat(600));
        assert_eq!(Member::read(&many), Err(Malformed));
    }

    #[test]
    fn signatures_and_digests_are_strict_base64() {
        assert_eq!(read_signature("a=:Zg==:"), Ok(("a", b"f".to_vec())));
        for field in
            ["a=Zg==", "a=:Zg=:", "a=:Zh==:", "a=:Zg==", "a=:Zg==:;x", "=:Zg==:", "a=: Zg==:"]
        {
            assert_eq!(read_signature(field), Err(BadMember::Malformed), "{field}");
        }
        assert_eq!(read_signature("a=:Zg==:, b=:Zg==:"), Err(BadMember::Several));
        assert_eq!(
            read_bytes_dictionary("sha-256=:Zg==:, sha-512=::"),
            Ok(alloc::vec![("sha-256", b"f".to_vec()), ("sha-512", Vec::new())])
        );
        for field in ["", "sha-256", "sha-256=:Zg==:,", "a=::, a=::", "a=::,b=::", "é=::"] {
            assert_eq!(read_bytes_dictionary(field), Err(Malformed), "{field}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_a_reader_panic(text in "\\PC{0,120}", ascii in "[ -~]{0,120}") {
            for text in [&text, &ascii] {
                let _ = Member::read(text);
                let _ = Member::read(&alloc::format!("a=(\"b\"{text}"));
                let _ = Member::read(&alloc::format!("a=();{text}"));
                let _ = read_signature(&alloc::format!("a=:{text}"));
                let _ = read_bytes_dictionary(text);
            }
        }
    }
}
