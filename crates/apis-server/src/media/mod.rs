//! Large objects in a folder: addressed by tenant and content hash, never shared between tenants.
//!
//! An object is written beside its place, made durable, and only then given its name (`uploads`
//! does it): a name that exists is whole.

use std::fs;
use std::io;
use std::path::PathBuf;

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

    /// Bytes of the disk underneath that may still be written. What was promised to uploads is
    /// taken already (see `Part::promise`), whichever tenant's they are. Blocks.
    pub fn free_bytes(&self) -> io::Result<u64> {
        let disk = rustix::fs::statvfs(&self.root)?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }
}
