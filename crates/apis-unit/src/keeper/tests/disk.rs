//! A disk in memory that forgets, like a real one, what was not made durable.
//!
//! Bytes are durable after a `Sync` of their file, names after a `SyncFolder`. A power cut keeps
//! any part of the rest: each name that was made, given or removed since may stand or not, and a
//! file's bytes may be the old ones, the new ones, zeros, or a mixture.

use super::draw::Draw;
use crate::keeper::{Listed, SpoolFile, StorageError, StorageOp};
use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::vec::Vec;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The process is killed: everything written stands.
    Kill,
    /// The power fails, and nothing stands that was not made durable.
    PowerLosesAll,
    /// The power fails, and some of the rest stands.
    PowerTears(u64),
}

#[derive(Debug, Clone, Default)]
struct Inode {
    durable: Vec<u8>,
    now: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
enum NameChange {
    Set(SpoolFile, usize),
    Rename(SpoolFile, SpoolFile),
    Remove(SpoolFile),
}

/// The disk.
#[derive(Debug, Default)]
pub struct SimDisk {
    inodes: Vec<Inode>,
    names: BTreeMap<SpoolFile, usize>,
    durable_names: BTreeMap<SpoolFile, usize>,
    pending: Vec<NameChange>,
    /// Bytes that fit; `None` for no bound.
    pub capacity: Option<usize>,
    /// Fails every writing operation with this.
    pub failure: Option<StorageError>,
    /// Operations done so far.
    pub operations: usize,
}

impl SimDisk {
    /// Does one operation.
    pub fn perform(&mut self, operation: &StorageOp) -> Result<Vec<u8>, StorageError> {
        self.operations += 1;
        let is_read = matches!(operation, StorageOp::Read { .. });
        if let (Some(error), false) = (self.failure, is_read) {
            return Err(error);
        }
        match operation {
            StorageOp::Create { file, bytes } => {
                let inode = match self.names.get(file) {
                    Some(inode) => *inode,
                    None => self.make(*file),
                };
                self.inodes[inode].now.clear();
                self.write(inode, bytes)?;
            }
            StorageOp::Append { file, bytes } => {
                let inode = self.inode(*file)?;
                self.write(inode, bytes)?;
            }
            StorageOp::WriteAt { file, offset, bytes } => {
                let inode = self.inode(*file)?;
                let start = usize::try_from(*offset).unwrap();
                self.inodes[inode].now[start..start + bytes.len()].copy_from_slice(bytes);
            }
            StorageOp::Truncate { file, length } => {
                let inode = self.inode(*file)?;
                self.inodes[inode].now.resize(usize::try_from(*length).unwrap(), 0);
            }
            StorageOp::Sync { file } => {
                let inode = self.inode(*file)?;
                self.inodes[inode].durable = self.inodes[inode].now.clone();
            }
            StorageOp::Rename { from, to } => {
                self.inode(*from)?;
                self.change_name(NameChange::Rename(*from, *to));
            }
            StorageOp::Delete { file } => self.change_name(NameChange::Remove(*file)),
            StorageOp::SyncFolder => {
                self.durable_names = self.names.clone();
                self.pending.clear();
            }
            StorageOp::Read { file, offset, length } => {
                let bytes = self.content(*file).ok_or(StorageError::Missing)?;
                let start = usize::try_from(*offset).unwrap().min(bytes.len());
                let end = (start + *length as usize).min(bytes.len());
                return Ok(bytes[start..end].to_vec());
            }
        }
        Ok(Vec::new())
    }

    /// Does a part of an operation, as one that is under way when the program ends.
    pub fn perform_partly(&mut self, operation: &StorageOp, draw: &mut Draw) {
        let part = |bytes: &[u8], draw: &mut Draw| bytes[..draw.below(bytes.len() + 1)].to_vec();
        let partial = match operation {
            StorageOp::Create { file, bytes } => {
                StorageOp::Create { file: *file, bytes: part(bytes, draw) }
            }
            StorageOp::Append { file, bytes } => {
                StorageOp::Append { file: *file, bytes: part(bytes, draw) }
            }
            StorageOp::WriteAt { file, offset, bytes } => {
                StorageOp::WriteAt { file: *file, offset: *offset, bytes: part(bytes, draw) }
            }
            // The others are done or not done.
            StorageOp::Truncate { .. }
            | StorageOp::Sync { .. }
            | StorageOp::Rename { .. }
            | StorageOp::Delete { .. }
            | StorageOp::SyncFolder
            | StorageOp::Read { .. } => return,
        };
        drop(self.perform(&partial));
    }

    /// Ends the program; what is left is what the next one finds.
    pub fn cut(&mut self, cut: Cut) {
        match cut {
            Cut::Kill => return,
            Cut::PowerLosesAll => {
                self.names = self.durable_names.clone();
                self.inodes.iter_mut().for_each(|inode| inode.now = inode.durable.clone());
            }
            Cut::PowerTears(seed) => {
                let mut draw = Draw::new(seed);
                self.names = self.durable_names.clone();
                for change in core::mem::take(&mut self.pending) {
                    if draw.below(2) == 0 {
                        change_name(&mut self.names, change);
                    }
                }
                self.inodes.iter_mut().for_each(|inode| inode.now = torn(inode, &mut draw));
            }
        }
        self.pending.clear();
        self.durable_names = self.names.clone();
        self.inodes.iter_mut().for_each(|inode| inode.durable = inode.now.clone());
    }

    /// What the folder holds.
    pub fn listing(&self) -> Vec<Listed> {
        let listed = |(file, inode): (&SpoolFile, &usize)| Listed {
            name: file.to_string(),
            bytes: self.inodes[*inode].now.len() as u64,
        };
        self.names.iter().map(listed).collect()
    }

    /// The names of the folder.
    pub fn files(&self) -> impl Iterator<Item = SpoolFile> {
        self.names.keys().copied()
    }

    /// A file's bytes.
    pub fn content(&self, file: SpoolFile) -> Option<&[u8]> {
        self.names.get(&file).map(|inode| self.inodes[*inode].now.as_slice())
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> usize {
        self.names.values().map(|inode| self.inodes[*inode].now.len()).sum()
    }

    /// Takes every file away, as a card that was swapped.
    pub fn remove_where(&mut self, is_removed: impl Fn(SpoolFile) -> bool) {
        self.names.retain(|file, _| !is_removed(*file));
        self.durable_names = self.names.clone();
        self.pending.clear();
    }

    /// An exact copy: the image of a card.
    pub fn image(&self) -> SimDisk {
        SimDisk {
            inodes: self.inodes.clone(),
            names: self.names.clone(),
            durable_names: self.durable_names.clone(),
            pending: self.pending.clone(),
            ..SimDisk::default()
        }
    }

    /// Flips bits of a file where it lies.
    pub fn damage(&mut self, file: SpoolFile, at: usize) {
        let inode = self.names[&file];
        let inode = &mut self.inodes[inode];
        inode.now[at] ^= 0x15;
        inode.durable = inode.now.clone();
    }

    fn inode(&self, file: SpoolFile) -> Result<usize, StorageError> {
        self.names.get(&file).copied().ok_or(StorageError::Missing)
    }

    fn make(&mut self, file: SpoolFile) -> usize {
        self.inodes.push(Inode::default());
        let inode = self.inodes.len() - 1;
        self.change_name(NameChange::Set(file, inode));
        inode
    }

    fn change_name(&mut self, change: NameChange) {
        change_name(&mut self.names, change);
        self.pending.push(change);
    }

    fn write(&mut self, inode: usize, bytes: &[u8]) -> Result<(), StorageError> {
        let room = self.capacity.map_or(usize::MAX, |all| all.saturating_sub(self.bytes()));
        let fits = bytes.len().min(room);
        self.inodes[inode].now.extend_from_slice(&bytes[..fits]);
        if fits < bytes.len() { Err(StorageError::Full) } else { Ok(()) }
    }
}

fn change_name(names: &mut BTreeMap<SpoolFile, usize>, change: NameChange) {
    match change {
        NameChange::Set(file, inode) => drop(names.insert(file, inode)),
        NameChange::Rename(from, to) => {
            if let Some(inode) = names.remove(&from) {
                names.insert(to, inode);
            }
        }
        NameChange::Remove(file) => drop(names.remove(&file)),
    }
}

/// Bytes that may be left of a file: per block the old, the new or zeros.
fn torn(inode: &Inode, draw: &mut Draw) -> Vec<u8> {
    const BLOCK: usize = 48;
    if inode.durable == inode.now {
        return inode.now.clone();
    }
    let (least, most) =
        (inode.durable.len().min(inode.now.len()), inode.now.len().max(inode.durable.len()));
    let length = least + draw.below(most - least + 1);
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        let (start, end) = (bytes.len(), (bytes.len() + BLOCK).min(length));
        let mut block = alloc::vec![0; end - start];
        let is_changed = inode.durable.get(start..end) != inode.now.get(start..end);
        let source = match draw.below(3) {
            _ if !is_changed => Some(&inode.now),
            0 => Some(&inode.durable),
            1 => Some(&inode.now),
            _ => None,
        };
        for (place, byte) in block.iter_mut().enumerate() {
            let found = source.and_then(|bytes| bytes.get(start + place)).copied();
            // What is beyond the end of the one is zero; unchanged bytes never become zeros.
            let same = inode
                .durable
                .get(start + place)
                .filter(|old| inode.now.get(start + place) == Some(*old));
            *byte = same.copied().or(found).unwrap_or(0);
        }
        bytes.extend(block);
    }
    bytes
}
