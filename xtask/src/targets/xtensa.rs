//! The linker for an ESP32's program: GNU `ld`, after each function's literals were put where it
//! can reach them.
//!
//! An Xtensa function loads its constants from before its code (`l32r`). The pinned compiler lays
//! them at the unaligned end of whatever stands there, which `ld` refuses. Here they are copied, for
//! each object file, to one aligned section `.literal`, which the linker script puts before all code.
//! The object file is only added to, so nothing else in it moves.

use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The program that links in the end.
pub const LINKER: &str = "xtensa-lx106-elf-ld";

/// Links as `ld` would with these arguments: rustc calls this program with them, because the
/// description of the target says so.
pub fn link(arguments: &[OsString]) -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder for object files")?;
    let mut command = Command::new(LINKER);
    let mut count = 0;
    let mut keep = |object: Vec<u8>| -> Result<PathBuf> {
        let path = folder.path().join(format!("{count}.o"));
        std::fs::write(&path, with_literals(object, count)?).context("write an object file")?;
        count += 1;
        Ok(path)
    };
    for argument in arguments {
        let content = match std::fs::read(argument) {
            Ok(content) if Path::new(argument).is_file() => content,
            _ => Vec::new(),
        };
        if content.starts_with(ELF_MAGIC) {
            command.arg(keep(content)?);
        } else if content.starts_with(ARCHIVE_MAGIC) {
            // As single files: what nothing refers to is left out by `--gc-sections`.
            for object in members(&content)? {
                command.arg(keep(object.to_vec())?);
            }
        } else {
            command.arg(argument);
        }
    }
    crate::tools::run(&mut command)
}

const ARCHIVE_MAGIC: &[u8] = b"!<arch>\n";
const ELF_MAGIC: &[u8] = b"\x7fELF";

/// The object files of an archive.
fn members(archive: &[u8]) -> Result<Vec<&[u8]>> {
    /// Bytes of a member's header: its size stands in decimal from 48 to 58.
    const HEADER_BYTES: usize = 60;
    let mut members = Vec::new();
    let mut at = ARCHIVE_MAGIC.len();
    while at + HEADER_BYTES <= archive.len() {
        let size = std::str::from_utf8(&archive[at + 48..at + 58]).context("size of a member")?;
        let size: usize = size.trim().parse().context("size of a member")?;
        at += HEADER_BYTES;
        let member = archive.get(at..at + size).context("an archive that was cut off")?;
        if member.starts_with(ELF_MAGIC) {
            members.push(member);
        }
        at += size.next_multiple_of(2);
    }
    Ok(members)
}

// ELF with 32 bits, little end first (System V ABI, chapter 4): sizes of its records in bytes.
const SECTION: usize = 40;
const SYMBOL: usize = 16;
const RELOCATION: usize = 12;

// Kinds of section, and the flag of one that holds code.
const PROGBITS: u32 = 1;
const SYMTAB: u32 = 2;
const RELA: u32 = 4;
const ALLOCATED: u32 = 2;
const EXECUTABLE: u32 = 4;

// Kinds of relocation (binutils, `elf/xtensa.h`): none, a word, the first operand of an instruction.
const R_NONE: u32 = 0;
const R_32: u32 = 1;
const R_SLOT0_OP: u32 = 20;

/// The lowest four bits of `l32r`.
const L32R: u8 = 1;

/// First of the section numbers that are no section.
const RESERVED_SECTIONS: u32 = 0xff00;

/// One object file, as bytes and as its table of sections.
struct Object {
    bytes: Vec<u8>,
    sections: Vec<[u32; 10]>,
}

// Fields of a section's header.
const TYPE: usize = 1;
const FLAGS: usize = 2;
const OFFSET: usize = 4;
const SIZE: usize = 5;
const LINK: usize = 6;
const INFO: usize = 7;

impl Object {
    fn read(bytes: Vec<u8>) -> Result<Object> {
        let mut object = Object { bytes, sections: Vec::new() };
        let table = object.word(32)? as usize;
        let count = object.word(48)? & 0xffff;
        if count == 0 {
            bail!("an object file with more sections than its header can tell");
        }
        for index in 0..count as usize {
            let mut header = [0; 10];
            for (field, value) in header.iter_mut().enumerate() {
                *value = object.word(table + index * SECTION + field * 4)?;
            }
            object.sections.push(header);
        }
        Ok(object)
    }

    fn word(&self, at: usize) -> Result<u32> {
        let bytes = self.bytes.get(at..at + 4).context("an object file that was cut off")?;
        Ok(u32::from_le_bytes(bytes.try_into().expect("four bytes were taken")))
    }

    fn set_word(&mut self, at: usize, word: u32) {
        self.bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
    }

    fn content(&self, section: usize) -> Result<&[u8]> {
        let header = self.sections[section];
        let (start, size) = (header[OFFSET] as usize, header[SIZE] as usize);
        self.bytes.get(start..start + size).context("a section that was cut off")
    }

    /// Puts content behind everything and returns where it begins.
    fn append(&mut self, content: &[u8]) -> u32 {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(content);
        start
    }

    /// Puts a section's content, longer than before, behind everything.
    fn move_section(&mut self, section: usize, content: &[u8]) {
        self.sections[section][OFFSET] = self.append(content);
        self.sections[section][SIZE] = content.len() as u32;
    }

    /// Places in the file of every relocation, with the section that it is for.
    fn relocations(&self) -> Vec<(usize, usize)> {
        let tables = self.sections.iter().filter(|section| section[TYPE] == RELA);
        tables
            .flat_map(|table| {
                let (start, end) = (table[OFFSET], table[OFFSET] + table[SIZE]);
                let places = (start as usize..end as usize).step_by(RELOCATION);
                places.map(|place| (place, table[INFO] as usize))
            })
            .collect()
    }
}

/// The object file with the words that its functions load in a section of their own; `number` keeps
/// the names of such sections' symbols apart.
fn with_literals(bytes: Vec<u8>, number: usize) -> Result<Vec<u8>> {
    let mut object = Object::read(bytes)?;
    let Some(symtab) = object.sections.iter().position(|section| section[TYPE] == SYMTAB) else {
        return Ok(object.bytes);
    };
    let symbols_at = object.sections[symtab][OFFSET] as usize;
    let symbol_count = object.sections[symtab][SIZE] / SYMBOL as u32;
    let relocations = object.relocations();

    // Words whose value the linker fills in: where they are, and where that is said.
    let mut filled_in = BTreeMap::new();
    for &(place, section) in &relocations {
        if object.word(place + 4)? & 0xff == R_32 {
            filled_in.insert((section, object.word(place)?), place);
        }
    }
    let mut literals = Vec::new();
    let mut literal_relocations = Vec::new();
    let mut copied = BTreeMap::new();
    for &(place, section) in &relocations {
        let [at, kind, addend] =
            [object.word(place)?, object.word(place + 4)?, object.word(place + 8)?];
        let is_code = object.sections[section][FLAGS] & EXECUTABLE != 0;
        if !is_code || kind & 0xff != R_SLOT0_OP {
            continue;
        }
        let first = object.content(section)?.get(at as usize).copied().unwrap_or_default();
        let symbol_at = symbols_at + (kind >> 8) as usize * SYMBOL;
        let home = object.word(symbol_at + 12)? >> 16;
        let is_here = home != 0 && home < RESERVED_SECTIONS;
        if first & 0xf != L32R || !is_here || object.sections[home as usize][TYPE] != PROGBITS {
            continue;
        }
        let from = object.word(symbol_at + 4)?.wrapping_add(addend);
        let source = (home as usize, from);
        let to = match copied.get(&source) {
            Some(to) => *to,
            None => {
                let to = literals.len() as u32;
                let start = from as usize;
                let word = object.content(source.0)?.get(start..start + 4);
                literals.extend_from_slice(word.context("a literal beyond its section")?);
                if let Some(&said_at) = filled_in.get(&source) {
                    literal_relocations.extend_from_slice(&to.to_le_bytes());
                    let rest = object.bytes[said_at + 4..said_at + RELOCATION].to_vec();
                    literal_relocations.extend_from_slice(&rest);
                    object.set_word(said_at + 4, R_NONE);
                }
                copied.insert(source, to);
                to
            }
        };
        object.set_word(place + 4, symbol_count << 8 | R_SLOT0_OP);
        object.set_word(place + 8, to);
    }
    if literals.is_empty() {
        return Ok(object.bytes);
    }
    add_section(&mut object, symtab, &literals, &literal_relocations, number)?;
    Ok(object.bytes)
}

/// Adds the section, its relocations and the one symbol that stands for it.
fn add_section(
    object: &mut Object,
    symtab: usize,
    literals: &[u8],
    literal_relocations: &[u8],
    number: usize,
) -> Result<()> {
    let strtab = object.sections[symtab][LINK] as usize;
    let mut strings = object.content(strtab)?.to_vec();
    let symbol_name = strings.len() as u32;
    strings.extend_from_slice(format!("literals_of_object_{number}\0").as_bytes());
    object.move_section(strtab, &strings);

    let section_names = (object.word(48)? >> 16) as usize;
    let mut names = object.content(section_names)?.to_vec();
    let literal_name = names.len() as u32;
    names.extend_from_slice(b".literal\0");
    let relocation_name = names.len() as u32;
    names.extend_from_slice(b".rela.literal\0");
    object.move_section(section_names, &names);

    let home = object.sections.len() as u32;
    let mut symbols = object.content(symtab)?.to_vec();
    // Global and hidden: local ones would have to stand further up.
    let (binding, visibility) = (0x10_u32, 2_u32);
    let kind = binding | visibility << 8 | home << 16;
    for word in [symbol_name, 0, 0, kind] {
        symbols.extend_from_slice(&word.to_le_bytes());
    }
    object.move_section(symtab, &symbols);

    let flags = ALLOCATED | EXECUTABLE;
    let at = object.append(literals);
    let size = literals.len() as u32;
    object.sections.push([literal_name, PROGBITS, flags, 0, at, size, 0, 0, 4, 0]);
    let at = object.append(literal_relocations);
    let size = literal_relocations.len() as u32;
    let each = RELOCATION as u32;
    object.sections.push([relocation_name, RELA, 0, 0, at, size, symtab as u32, home, 4, each]);

    let table: Vec<u8> = object.sections.iter().flatten().flat_map(|w| w.to_le_bytes()).collect();
    let table_at = object.append(&table);
    object.set_word(32, table_at);
    let count = object.sections.len() as u32;
    object.set_word(48, count | (section_names as u32) << 16);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A word for an object file.
    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// An object file with one function that loads the word `0x1234_5678`, which lies at an odd
    /// place of the section before.
    fn object() -> Vec<u8> {
        let mut bytes = ELF_MAGIC.to_vec();
        bytes.resize(52, 0);
        let mut put = |content: &[u8]| {
            let at = bytes.len() as u32;
            bytes.extend_from_slice(content);
            (at, content.len() as u32)
        };
        let (before_at, before_size) = put(&[0xff, 0x78, 0x56, 0x34, 0x12]);
        let (code_at, code_size) = put(&[0x21, 0, 0]);
        let (symbols_at, symbols_size) = put(&words(&[0, 0, 0, 0, 0, 1, 0, 1 << 16]));
        let (strings_at, strings_size) = put(&[0]);
        let (relocations_at, relocations_size) = put(&words(&[0, 1 << 8 | R_SLOT0_OP, 0]));
        let flags = ALLOCATED | EXECUTABLE;
        let sections = [
            [0; 10],
            [0, PROGBITS, flags, 0, before_at, before_size, 0, 0, 1, 0],
            [0, PROGBITS, flags, 0, code_at, code_size, 0, 0, 4, 0],
            [0, SYMTAB, 0, 0, symbols_at, symbols_size, 4, 1, 4, 16],
            [0, 3, 0, 0, strings_at, strings_size, 0, 0, 1, 0],
            [0, RELA, 0, 0, relocations_at, relocations_size, 3, 2, 4, 12],
        ];
        let (table_at, _) = put(&words(sections.as_flattened()));
        bytes[32..36].copy_from_slice(&table_at.to_le_bytes());
        bytes[48..52].copy_from_slice(&(sections.len() as u32 | 4 << 16).to_le_bytes());
        bytes
    }

    #[test]
    fn what_a_function_loads_gets_an_aligned_section_of_its_own() {
        let object = Object::read(with_literals(object(), 0).unwrap()).unwrap();
        assert_eq!(object.sections.len(), 8);
        assert_eq!(object.content(6).unwrap(), 0x1234_5678_u32.to_le_bytes());
        let [.., (place, 2)] = object.relocations()[..] else { panic!("one relocation of code") };
        let symbol = (object.word(place + 4).unwrap() >> 8) as usize;
        let kind = object.word(object.sections[3][OFFSET] as usize + symbol * SYMBOL + 12).unwrap();
        assert_eq!((kind >> 16, object.word(place + 8).unwrap()), (6, 0));
    }

    #[test]
    fn an_archive_gives_its_object_files() {
        let mut archive = ARCHIVE_MAGIC.to_vec();
        for content in [&b"index"[..], &b"\x7fELFx"[..]] {
            archive
                .extend_from_slice(format!("{:<48}{:<10}`\n", "name/", content.len()).as_bytes());
            archive.extend_from_slice(content);
            archive.push(b'\n');
        }
        assert_eq!(members(&archive).unwrap(), [b"\x7fELFx"]);
        assert!(members(&archive[..archive.len() - 3]).is_err());
    }
}
