//! Large objects in a folder: addressed by tenant and content hash, never shared between tenants.
//!
//! An object is written beside its place, made durable, and only then given its name: a name that
//! exists is whole.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::ids::TenantId;

/// The folder of large objects. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    root: PathBuf,
}

impl Media {
    /// Opens the folder, making it when it does not exist.
    pub fn open(root: PathBuf) -> io::Result<Media> {
        fs::create_dir_all(root.join("incoming"))?;
        fs::create_dir_all(root.join("objects"))?;
        Ok(Media { root })
    }

    /// Where bytes that are still arriving are kept, one file each.
    pub fn incoming(&self, name: &str) -> PathBuf {
        self.root.join("incoming").join(name)
    }

    /// Where the object with this SHA-256 (64 hexadecimal digits) is.
    pub fn object(&self, tenant: TenantId, sha256: &str) -> PathBuf {
        let shelf = sha256.get(..2).unwrap_or("__");
        self.root.join("objects").join(tenant.to_string()).join(shelf).join(sha256)
    }

    /// Gives a whole incoming file its name as an object. The file must be durable already; when
    /// this returns, so is its name. Doing it again is no error.
    pub fn keep(&self, incoming: &Path, tenant: TenantId, sha256: &str) -> io::Result<PathBuf> {
        let object = self.object(tenant, sha256);
        let shelf = object.parent().expect("an object's path has a folder");
        fs::create_dir_all(shelf)?;
        match fs::rename(incoming, &object) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound && object.exists() => {}
            Err(error) => return Err(error),
        }
        sync_folders_up_to(shelf, &self.root)?;
        Ok(object)
    }
}

/// Makes the names of new folders durable, from the innermost to the root.
fn sync_folders_up_to(innermost: &Path, root: &Path) -> io::Result<()> {
    for folder in innermost.ancestors() {
        File::open(folder)?.sync_all()?;
        if folder == root {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::NewId as _;
    use crate::testing::START;

    #[test]
    fn keeping_an_object_twice_keeps_it_once() {
        let folder = tempfile::tempdir().unwrap();
        let media = Media::open(folder.path().join("media")).unwrap();
        let tenant = TenantId::new_at(START);
        let incoming = media.incoming("one");
        fs::write(&incoming, b"bytes").unwrap();

        let object = media.keep(&incoming, tenant, &"ab".repeat(32)).unwrap();
        assert_eq!(media.keep(&incoming, tenant, &"ab".repeat(32)).unwrap(), object);
        assert_eq!(fs::read(object).unwrap(), b"bytes");
        assert!(media.keep(&incoming, tenant, &"cd".repeat(32)).is_err(), "nothing to keep");
    }
}
