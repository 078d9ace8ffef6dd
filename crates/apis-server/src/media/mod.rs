//! Large objects in a folder: addressed by tenant and content hash, never shared between tenants.
//!
//! An object is written beside its place, made durable, and only then given its name (`uploads`
//! does it): a name that exists is whole. The folder says whose index it belongs to, so that
//! another one (a disk that is not mounted, a database that was restored) is noticed.

pub mod durable;

use std::collections::HashMap;
use std::fs::{self, DirEntry, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use apis_protocol::{Sha256Digest, UploadId};

use crate::ids::TenantId;

/// The folder of large objects. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    root: PathBuf,
}

/// The objects of one tenant as the folder has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Each object's length in bytes, by its hash.
    pub objects: HashMap<Sha256Digest, u64>,
    /// Files that are no objects by their name.
    pub strays: Vec<PathBuf>,
}

impl Media {
    /// Opens the folder, making it when it does not exist.
    pub fn open(root: PathBuf) -> io::Result<Media> {
        durable::make_folder(&root.join("incoming"))?;
        durable::make_folder(&root.join("objects"))?;
        Ok(Media { root })
    }

    /// Where bytes that are still arriving are kept, one file each.
    pub fn incoming(&self, name: &str) -> PathBuf {
        self.root.join("incoming").join(name)
    }

    /// Where the object with this SHA-256 (64 hexadecimal digits) is.
    pub fn object(&self, tenant: TenantId, sha256: &str) -> PathBuf {
        let shelf = sha256.get(..2).unwrap_or("__");
        self.objects_of(tenant).join(shelf).join(sha256)
    }

    /// Where what is made of a clip is kept: a folder that can be made again from the clip.
    pub fn renditions(&self, tenant: TenantId, clip: UploadId) -> PathBuf {
        self.root.join("renditions").join(tenant.to_string()).join(clip.to_string())
    }

    /// Bytes of the disk underneath that may still be written. What was promised to uploads is
    /// taken already (see `Part::promise`), whichever tenant's they are. Blocks.
    pub fn free_bytes(&self) -> io::Result<u64> {
        let disk = rustix::fs::statvfs(&self.root)?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Every object of a tenant. Blocks.
    pub fn list(&self, tenant: TenantId) -> io::Result<Listing> {
        let mut listing = Listing::default();
        for shelf in entries(&self.objects_of(tenant))? {
            if !shelf.file_type()?.is_dir() {
                listing.strays.push(shelf.path());
                continue;
            }
            for entry in entries(&shelf.path())? {
                let name = entry.file_name();
                let sha256: Option<Sha256Digest> = name.to_str().and_then(|name| name.parse().ok());
                let is_at_its_place =
                    sha256.is_some_and(|sha256| self.is_object_at(tenant, sha256, &entry.path()));
                match (sha256, entry.metadata()) {
                    (Some(sha256), Ok(file)) if is_at_its_place && file.is_file() => {
                        listing.objects.insert(sha256, file.len());
                    }
                    // It went while the folder was read.
                    (_, Err(error)) if error.kind() == io::ErrorKind::NotFound => {}
                    (_, Err(error)) => return Err(error),
                    (_, Ok(_)) => listing.strays.push(entry.path()),
                }
            }
        }
        Ok(listing)
    }

    fn is_object_at(&self, tenant: TenantId, sha256: Sha256Digest, path: &Path) -> bool {
        self.object(tenant, &sha256.to_string()) == path
    }

    /// Whether the folder holds nobody's objects yet. Blocks.
    pub fn is_empty(&self) -> io::Result<bool> {
        Ok(entries(&self.root.join("objects"))?.is_empty())
    }

    /// The epoch of the index that the folder belongs to; `None` while nobody said. Blocks.
    pub fn epoch(&self) -> io::Result<Option<String>> {
        match fs::read_to_string(self.root.join("epoch")) {
            Ok(text) => Ok(Some(text.trim_end().to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Says which index the folder belongs to, durably. Blocks.
    pub fn set_epoch(&self, epoch: &str) -> io::Result<()> {
        let (path, new) = (self.root.join("epoch"), self.root.join("epoch.new"));
        let mut file = File::create(&new)?;
        writeln!(file, "{epoch}")?;
        durable::sync_file(&file)?;
        fs::rename(new, path)?;
        durable::sync_folder(&self.root)
    }

    fn objects_of(&self, tenant: TenantId) -> PathBuf {
        self.root.join("objects").join(tenant.to_string())
    }
}

/// What is in a folder; nothing in one that does not exist.
fn entries(folder: &Path) -> io::Result<Vec<DirEntry>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
