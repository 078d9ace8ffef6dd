//! A folder of JPEG files, shown in natural order at a fixed rate.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use super::fault::SourceFault;
use super::stream::RawPicture;
use crate::jpeg;

/// The pictures of a folder not shown yet.
#[derive(Debug)]
pub struct Folder {
    files: std::vec::IntoIter<PathBuf>,
}

impl Folder {
    /// The `.jpg` and `.jpeg` files of `path`, `2.jpg` before `10.jpg`.
    ///
    /// Errors: `Failed` when it cannot be read or holds none.
    pub fn open(path: &Path) -> Result<Folder, SourceFault> {
        let failed = |e: std::io::Error| SourceFault::Failed(format!("{}: {e}", path.display()));
        let mut files = Vec::new();
        for entry in std::fs::read_dir(path).map_err(failed)? {
            let file = entry.map_err(failed)?.path();
            let extension = file.extension().and_then(|e| e.to_str()).unwrap_or_default();
            if ["jpg", "jpeg"].iter().any(|known| extension.eq_ignore_ascii_case(known)) {
                files.push(file);
            }
        }
        if files.is_empty() {
            return Err(SourceFault::Failed(format!("{} holds no JPEG file", path.display())));
        }
        files.sort_by(|a, b| natural(&a.to_string_lossy(), &b.to_string_lossy()));
        Ok(Folder { files: files.into_iter() })
    }

    /// The next picture.
    ///
    /// Errors: `Ended` after the last; `Garbage` for a file that is no JPEG the eyes can take. The
    ///         folder goes on after a bad file when it is asked again.
    pub fn next(&mut self) -> Result<RawPicture, SourceFault> {
        let file = self.files.next().ok_or(SourceFault::Ended)?;
        let garbage =
            |reason: String| SourceFault::Garbage(format!("{}: {reason}", file.display()));
        let jpeg = std::fs::read(&file)
            .map_err(|e| SourceFault::Failed(format!("{}: {e}", file.display())))?;
        let (size, bytes) = jpeg::decode(&jpeg).map_err(garbage)?;
        Ok(RawPicture { size, bytes, captured_monotonic: None })
    }
}

/// Compares names as a person would: runs of digits by their value.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.chars().peekable(), b.chars().peekable());
    loop {
        let digit = |c: Option<&char>| c.is_some_and(char::is_ascii_digit);
        if digit(a.peek()) && digit(b.peek()) {
            let order = run_of_digits(&mut a).cmp(&run_of_digits(&mut b));
            if order.is_ne() {
                return order;
            }
            continue;
        }
        match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (x, y) if x == y => {}
            (x, y) => return x.cmp(&y),
        }
    }
}

/// Length without leading zeros, then the digits: comparing the pair compares the values.
fn run_of_digits(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> (usize, String) {
    let mut digits = String::new();
    while let Some(digit) = chars.next_if(char::is_ascii_digit) {
        if digit != '0' || !digits.is_empty() {
            digits.push(digit);
        }
    }
    (digits.len(), digits)
}

#[cfg(test)]
mod tests {
    use apis_units::Uptime;

    use super::*;
    use crate::picture::{Picture, Size};

    fn jpeg(value: u8) -> Vec<u8> {
        let size = Size::new(48, 32).unwrap();
        let bytes = [vec![value; 48 * 32], vec![100; 24 * 16], vec![150; 24 * 16]].concat();
        Picture { size, bytes, captured: Uptime::ZERO }.to_jpeg(95).unwrap()
    }

    #[test]
    fn files_are_shown_in_natural_order_and_in_their_colours() {
        let folder = tempfile::tempdir().unwrap();
        for (name, value) in [("f10.jpg", 100), ("f2.JPG", 20), ("f9.jpeg", 90), ("notes.txt", 0)] {
            std::fs::write(folder.path().join(name), jpeg(value)).unwrap();
        }
        let mut pictures = Folder::open(folder.path()).unwrap();
        for value in [20_u8, 90, 100] {
            let picture = pictures.next().unwrap();
            assert_eq!(picture.bytes.len(), picture.size.bytes());
            assert!(picture.bytes[5].abs_diff(value) <= 2);
            assert!(picture.bytes[48 * 32].abs_diff(100) <= 2);
            assert!(picture.bytes[48 * 32 * 5 / 4].abs_diff(150) <= 2);
        }
        assert_eq!(pictures.next().unwrap_err(), SourceFault::Ended);
    }

    #[test]
    fn a_file_that_is_no_jpeg_is_named_and_the_next_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("1.jpg"), b"not a picture").unwrap();
        std::fs::write(folder.path().join("2.jpg"), jpeg(50)).unwrap();
        let mut pictures = Folder::open(folder.path()).unwrap();
        let fault = pictures.next().unwrap_err();
        assert_eq!(fault.code(), "source_garbage");
        assert!(fault.to_string().contains("1.jpg"), "{fault}");
        assert!(pictures.next().is_ok());
    }

    #[test]
    fn a_folder_without_pictures_does_not_open() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Folder::open(folder.path()).unwrap_err().code(), "source_failed");
    }
}
