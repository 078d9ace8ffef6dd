//! What makes bytes and names safe from a power cut. Every function blocks.
//!
//! Nothing else in the crate synchronises a file or a folder of media, so a test can cut the power:
//! what did not pass through here is gone afterwards.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

/// Makes a file's bytes and its length safe.
///
/// Errors: of the disk.
pub fn sync_file(file: &File) -> io::Result<()> {
    file.sync_data()?;
    #[cfg(test)]
    power::file_is_safe(file)?;
    Ok(())
}

/// Writes a whole file under a name beside its own, makes its bytes safe, and gives it its name.
///
/// Errors: of the disk.
pub fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = File::create(&new)?;
    file.write_all(bytes)?;
    sync_file(&file)?;
    fs::rename(new, path)
}

/// Makes the names in a folder safe.
///
/// Errors: of the disk.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder)?.sync_all()?;
    #[cfg(test)]
    power::folder_is_safe(folder)?;
    Ok(())
}

/// Makes a folder and every missing one above it, and makes their names safe.
///
/// Errors: of the disk.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().unwrap_or(Path::new("."));
    if !parent.as_os_str().is_empty() {
        make_folder(parent)?;
    }
    match fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Ok(()) | Err(_) => {}
    }
    sync_folder(parent)
}

#[cfg(test)]
pub mod power {
    //! A power cut: what was not made safe is gone.

    use std::collections::{BTreeSet, HashMap};
    use std::ffi::OsString;
    use std::fs::{self, File};
    use std::io;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::{Path, PathBuf};
    use std::sync::Mutex;

    /// What is safe: lengths by device and inode, names by folder.
    #[derive(Default)]
    struct Safe {
        lengths: HashMap<(u64, u64), u64>,
        names: HashMap<PathBuf, BTreeSet<OsString>>,
    }

    static SAFE: Mutex<Option<Safe>> = Mutex::new(None);

    fn with<T>(act: impl FnOnce(&mut Safe) -> T) -> T {
        act(SAFE.lock().unwrap().get_or_insert_default())
    }

    pub(super) fn file_is_safe(file: &File) -> io::Result<()> {
        let found = file.metadata()?;
        with(|safe| safe.lengths.insert((found.dev(), found.ino()), found.len()));
        Ok(())
    }

    pub(super) fn folder_is_safe(folder: &Path) -> io::Result<()> {
        let names: io::Result<_> =
            fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect();
        let names = names?;
        with(|safe| safe.names.insert(folder.to_owned(), names));
        Ok(())
    }

    /// Cuts the power under a folder whose own name is safe.
    pub fn cut(folder: &Path) {
        let names = with(|safe| safe.names.get(folder).cloned()).unwrap_or_default();
        for entry in fs::read_dir(folder).unwrap() {
            let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
            match (path.is_dir(), names.contains(&name)) {
                (true, true) => cut(&path),
                (true, false) => fs::remove_dir_all(path).unwrap(),
                (false, true) => cut_bytes(&path),
                (false, false) => fs::remove_file(path).unwrap(),
            }
        }
    }

    fn cut_bytes(path: &Path) {
        let found = fs::metadata(path).unwrap();
        let length = with(|safe| safe.lengths.get(&(found.dev(), found.ino())).copied());
        let length = length.unwrap_or(0);
        if length < found.len() {
            File::options().write(true).open(path).unwrap().set_len(length).unwrap();
        }
    }
}
