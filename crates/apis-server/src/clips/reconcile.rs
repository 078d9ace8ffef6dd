//! The index of clips against their folder, both ways: clips whose bytes are gone, and objects that
//! no clip needs.
//!
//! A look changes nothing. What follows from it is refused where the index or the folder is more
//! likely to be wrong than the clips: see [`Doubt`].

use std::collections::HashSet;
use std::fs;
use std::io;

use apis_protocol::{Sha256Digest, UploadId};
use serde_json::json;
use tokio::task::spawn_blocking;

use super::store::{self, Held};
use super::verify::{VerifyError, remove_object_if_unused};
use crate::audit::{self, Actor, Entry};
use crate::clock::UnixMs;
use crate::db::Db;
use crate::ids::TenantId;
use crate::media::Media;
use crate::{quotas, tenants, visits};

/// Clips read at once.
const STEP: i64 = 500;

/// An index younger than this removes nothing: a day in which an operator sees what it holds.
const YOUNG_MS: i64 = 24 * 60 * 60 * 1_000;

/// So many clips or objects are too many when they are also more than a quarter of all.
const MANY_COUNT: u64 = 20;

/// Clips named in the audit record of a loss; the count says how many there are.
const NAMED_COUNT: usize = 20;

/// What a look found, over all tenants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Clips and sidecars whose bytes have come.
    pub clips: u64,
    /// Objects in the folder.
    pub objects: u64,
    /// Clips whose object is gone or has another length.
    pub missing: u64,
    /// Of these, those that were not known to be.
    pub newly_missing: u64,
    /// Clips that were known to be gone, and whose object is there.
    pub found_again: u64,
    /// Objects that no clip needs.
    pub unneeded: u64,
    /// Their bytes.
    pub unneeded_bytes: u64,
    /// Files in the folder that are no objects; they are never touched.
    pub strays: u64,
}

/// Why what a look found is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// The folder belongs to another index: it is not mounted, or the database was restored.
    #[error("the folder of media belongs to another database, or says nothing of whose it is")]
    FolderForeign,
    /// There are objects and not one clip.
    #[error("the index holds no clip at all, the folder does")]
    IndexEmpty,
    /// The index was just made.
    #[error("the index is younger than a day")]
    IndexYoung,
    /// More than a quarter of all clips would be told as lost.
    #[error("more than a quarter of all clips are missing: is the disk whole?")]
    TooManyMissing,
    /// More than a quarter of all objects would be removed.
    #[error("more than a quarter of all objects are unneeded: is the index whole?")]
    TooManyUnneeded,
}

impl Doubt {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Doubt::FolderForeign => "media_folder_foreign",
            Doubt::IndexEmpty => "media_index_empty",
            Doubt::IndexYoung => "media_index_young",
            Doubt::TooManyMissing => "media_too_many_missing",
            Doubt::TooManyUnneeded => "media_too_many_unneeded",
        }
    }
}

/// What a look found.
#[derive(Debug, Clone)]
pub struct Look {
    /// How much of what.
    pub counts: Counts,
    /// Why missing clips are not believed to be lost.
    pub doubt_of_loss: Option<Doubt>,
    /// Why unneeded objects are not removed.
    pub doubt_of_removal: Option<Doubt>,
    found: Vec<Found>,
}

impl Look {
    /// Why what follows from this look is not to be done, if anything follows.
    pub fn doubt_of_applying(&self) -> Option<Doubt> {
        let Counts { newly_missing, found_again, unneeded, .. } = self.counts;
        let of_loss = self.doubt_of_loss.filter(|_| newly_missing + found_again > 0);
        of_loss.or(self.doubt_of_removal.filter(|_| unneeded > 0))
    }
}

/// What was found of one tenant.
#[derive(Debug, Clone)]
struct Found {
    tenant: TenantId,
    missing: Vec<Held>,
    found_again: Vec<Held>,
    unneeded: Vec<Sha256Digest>,
}

/// Says that an empty folder belongs to this index, unless the index holds clips: then the disk may
/// not be mounted. A folder that holds objects and does not say whose they are stays in doubt.
///
/// Errors: of the disk and the database.
pub async fn take_empty_folder(db: &Db, media: &Media) -> Result<(), VerifyError> {
    let folder = media.clone();
    let is_nobodys = blocking(move || Ok(folder.epoch()?.is_none() && folder.is_empty()?)).await?;
    if !is_nobodys || holds_clips(db).await? {
        return Ok(());
    }
    take_folder(db, media).await
}

async fn holds_clips(db: &Db) -> Result<bool, VerifyError> {
    for tenant in tenants::all_ids(db).await? {
        let mut tx = db.tenant_read(tenant).await?;
        let first = store::held_after(&mut tx, tenant, None, 1).await?;
        tx.commit().await?;
        if !first.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Says that the folder belongs to this index, whatever it said before.
///
/// Errors: of the disk and the database.
pub async fn take_folder(db: &Db, media: &Media) -> Result<(), VerifyError> {
    let mut tx = db.global_read().await?;
    let (epoch, _) = store::index_birth(&mut tx).await?;
    tx.commit().await?;
    let media = media.clone();
    blocking(move || media.set_epoch(&epoch)).await
}

/// Compares, and changes nothing.
///
/// Errors: of the disk and the database.
pub async fn look(db: &Db, media: &Media, now: UnixMs) -> Result<Look, VerifyError> {
    let mut tx = db.global_read().await?;
    let (epoch, made_at) = store::index_birth(&mut tx).await?;
    tx.commit().await?;
    let folder = media.clone();
    let folder_epoch = blocking(move || folder.epoch()).await?;

    let (mut counts, mut found) = (Counts::default(), Vec::new());
    for tenant in tenants::all_ids(db).await? {
        found.push(look_at(db, media, tenant, &mut counts).await?);
    }
    let is_foreign = folder_epoch.is_none_or(|found| found != epoch);
    let foreign = is_foreign.then_some(Doubt::FolderForeign);
    let too_many = |count, all| MANY_COUNT < count && all < count.saturating_mul(4);
    let doubt_of_loss =
        foreign.or(too_many(counts.newly_missing, counts.clips).then_some(Doubt::TooManyMissing));
    let doubt_of_removal = foreign.or(match counts {
        _ if counts.clips == 0 => Some(Doubt::IndexEmpty),
        _ if now.0 - made_at.0 < YOUNG_MS => Some(Doubt::IndexYoung),
        _ if too_many(counts.unneeded, counts.objects) => Some(Doubt::TooManyUnneeded),
        _ => None,
    });
    Ok(Look { counts, doubt_of_loss, doubt_of_removal, found })
}

async fn look_at(
    db: &Db,
    media: &Media,
    tenant: TenantId,
    counts: &mut Counts,
) -> Result<Found, VerifyError> {
    // The folder first: an object that comes meanwhile is not taken for one that nobody needs.
    let folder = media.clone();
    let listing = blocking(move || folder.list(tenant)).await?;
    let (mut missing, mut found_again) = (Vec::new(), Vec::new());
    let mut needed = HashSet::new();
    let mut after = None;
    loop {
        let mut tx = db.tenant_read(tenant).await?;
        let page = store::held_after(&mut tx, tenant, after, STEP).await?;
        tx.commit().await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for held in page {
            needed.insert(held.sha256);
            if !held.is_here {
                continue;
            }
            counts.clips += 1;
            let listed = listing.objects.get(&held.sha256).copied();
            let length = match listed {
                Some(length) => Some(length),
                // It may have come after the folder was read.
                None => length_of(media, tenant, held.sha256).await?,
            };
            let is_whole = length.is_some_and(|length| i64::try_from(length) == Ok(held.bytes));
            match (is_whole, held.is_lost) {
                (false, _) => missing.push(held),
                (true, true) => found_again.push(held),
                (true, false) => {}
            }
        }
    }
    let unneeded = listing.objects.iter().filter(|(sha256, _)| !needed.contains(sha256));
    let unneeded: Vec<(Sha256Digest, u64)> =
        unneeded.map(|(hash, bytes)| (*hash, *bytes)).collect();
    counts.objects += listing.objects.len() as u64;
    counts.missing += missing.len() as u64;
    missing.retain(|held| !held.is_lost);
    counts.newly_missing += missing.len() as u64;
    counts.found_again += found_again.len() as u64;
    counts.unneeded += unneeded.len() as u64;
    counts.unneeded_bytes += unneeded.iter().map(|(_, bytes)| bytes).sum::<u64>();
    counts.strays += listing.strays.len() as u64;
    let unneeded = unneeded.into_iter().map(|(sha256, _)| sha256).collect();
    Ok(Found { tenant, missing, found_again, unneeded })
}

async fn length_of(
    media: &Media,
    tenant: TenantId,
    sha256: Sha256Digest,
) -> Result<Option<u64>, VerifyError> {
    let path = media.object(tenant, &sha256.to_string());
    blocking(move || match fs::metadata(path) {
        Ok(file) => Ok(Some(file.len())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    })
    .await
}

/// Tells the missing clips as lost, and those whose bytes are there again as stored. Lost bytes no
/// longer count as used. The caller has looked at `doubt_of_loss`.
///
/// Errors: of the database; what was not told is found by the next look.
pub async fn tell_losses(
    db: &Db,
    look: &Look,
    actor: Actor,
    now: UnixMs,
) -> Result<(), VerifyError> {
    for found in &look.found {
        for (held, is_lost) in [(&found.missing, true), (&found.found_again, false)] {
            // In small transactions: thousands of rows at once would hold the tenant's units off.
            for step in held.chunks(STEP as usize) {
                tell_step(db, found.tenant, step, is_lost, actor, now).await?;
            }
        }
    }
    Ok(())
}

async fn tell_step(
    db: &Db,
    tenant: TenantId,
    step: &[Held],
    is_lost: bool,
    actor: Actor,
    now: UnixMs,
) -> Result<(), VerifyError> {
    let mut tx = db.tenant_tx(tenant).await?;
    let mut told: Vec<UploadId> = Vec::new();
    for held in step {
        let change_seq = tenants::take_change_seq(&mut tx, tenant).await?;
        let is_new = if is_lost {
            store::mark_lost(&mut tx, tenant, held.id, now).await?
        } else {
            store::mark_found(&mut tx, tenant, held.id).await?
        };
        if !is_new {
            continue;
        }
        told.push(held.id);
        visits::clip_changed(&mut tx, tenant, held.id, change_seq).await?;
        if is_lost {
            quotas::free_used(&mut tx, tenant, held.bytes).await?;
        } else {
            quotas::use_again(&mut tx, tenant, held.bytes).await?;
        }
    }
    if !told.is_empty() {
        let named: Vec<String> = told.iter().take(NAMED_COUNT).map(ToString::to_string).collect();
        let entry = Entry {
            actor,
            action: if is_lost { "clip.lost" } else { "clip.found" },
            subject: format!("tenant:{tenant}"),
            detail: json!({ "count": told.len(), "clip_ids": named }),
        };
        audit::append(&mut tx, tenant, entry, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Removes the objects that no clip needs, each asked for once more. The caller has looked at
/// `doubt_of_removal`.
///
/// Errors: of the disk and the database; what was not removed is found by the next look.
pub async fn remove_unneeded(db: &Db, media: &Media, look: &Look) -> Result<(), VerifyError> {
    for found in &look.found {
        for sha256 in &found.unneeded {
            remove_object_if_unused(db, media, found.tenant, *sha256).await?;
        }
    }
    Ok(())
}

async fn blocking<T: Send + 'static>(
    step: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, VerifyError> {
    Ok(spawn_blocking(step).await.map_err(io::Error::other)??)
}
