//! One line of the journal: a check sum, a blank, a JSON array, a line feed.
//!
//! A line that was cut, overwritten or left as zeros by a power cut does not match its check sum
//! and is passed over; the lines around it still count.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::Value;

/// The line that holds `content`.
pub fn encode(content: &Value) -> String {
    let text = content.to_string();
    format!("{:08x} {text}\n", crc32(text.as_bytes()))
}

/// Lines read back from pieces of a file.
#[derive(Debug, Default)]
pub struct Lines {
    pending: Vec<u8>,
    /// Bytes of whole lines so far: where the next line is to be written.
    pub whole_bytes: u64,
    /// Lines whose check sum did not match.
    pub damaged: u32,
}

impl Lines {
    /// Takes the next piece and returns the contents of the lines that it completes.
    pub fn feed(&mut self, piece: &[u8]) -> Vec<Value> {
        self.pending.extend_from_slice(piece);
        let mut contents = Vec::new();
        while let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.pending.drain(..=end).collect();
            self.whole_bytes += line.len() as u64;
            match decode(line.get(..end).unwrap_or_default()) {
                Some(content) => contents.push(content),
                None => self.damaged += 1,
            }
        }
        contents
    }

    /// Whether the file ends within a line.
    pub fn is_cut(&self) -> bool {
        !self.pending.is_empty()
    }
}

fn decode(line: &[u8]) -> Option<Value> {
    let (sum, rest) = line.split_at_checked(8)?;
    let text = rest.strip_prefix(b" ")?;
    let sum = u32::from_str_radix(core::str::from_utf8(sum).ok()?, 16).ok()?;
    if sum != crc32(text) {
        return None;
    }
    serde_json::from_slice(text).ok()
}

/// CRC-32 of `bytes`, a nibble at a time: sixteen words of table are enough for a few lines.
///
/// Source: ISO/IEC 13239, the CRC-32 of Ethernet, reflected polynomial `edb88320`.
fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 16] = table();
    let step = |sum: u32, low: u32| {
        let entry = TABLE.get(((sum ^ low) & 15) as usize).copied().unwrap_or_default();
        (sum >> 4) ^ entry
    };
    let sum = bytes.iter().fold(u32::MAX, |sum, byte| {
        let byte = u32::from(*byte);
        step(step(sum, byte), byte >> 4)
    });
    !sum
}

const fn table() -> [u32; 16] {
    let mut table = [0; 16];
    let mut index = 0;
    while index < 16 {
        let mut sum = index as u32;
        let mut bit = 0;
        while bit < 4 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 };
            bit += 1;
        }
        table[index] = sum;
        index += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_check_value_of_the_standard_holds() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn lines_come_back_whatever_the_pieces() {
        let text = encode(&json!(["a", 1])) + &encode(&json!(["b", "\n"]));
        for size in 1..text.len() {
            let mut lines = Lines::default();
            let contents: Vec<Value> =
                text.as_bytes().chunks(size).flat_map(|piece| lines.feed(piece)).collect();
            assert_eq!(contents, [json!(["a", 1]), json!(["b", "\n"])]);
            assert_eq!((lines.whole_bytes, lines.damaged), (text.len() as u64, 0));
        }
    }

    #[test]
    fn a_damaged_line_costs_only_itself() {
        let (first, second) = (encode(&json!(["a"])), encode(&json!(["b"])));
        for place in 0..first.len() - 1 {
            let mut bytes = (first.clone() + &second).into_bytes();
            bytes[place] ^= 0x20;
            let mut lines = Lines::default();
            let contents = lines.feed(&bytes);
            // The case of a check sum's letter changes nothing that it says.
            let is_same = bytes[place].is_ascii_alphabetic() && place < 8;
            assert_eq!(contents.len(), if is_same { 2 } else { 1 }, "byte {place}");
        }
    }

    #[test]
    fn a_cut_line_does_not_count() {
        let text = encode(&json!(["a"]));
        let mut lines = Lines::default();
        assert_eq!(lines.feed(&text.as_bytes()[..text.len() - 1]), Vec::<Value>::new());
        assert!(lines.is_cut());
        assert_eq!(lines.whole_bytes, 0);
    }
}
