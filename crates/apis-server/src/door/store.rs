//! The SQL of the units' door: keys and nonces.

use apis_protocol::{CommandNumber, Generation, KeyId, UnitId};

use super::directory::KnownKey;
use crate::clock::UnixMs;
use crate::db::{CorruptRow, DbError, FromRow, GroupedInsert, IntoValue, Row, Sql, Tx};
use crate::ids::TenantId;

/// Used nonces, each the key's name and the nonce; committed in groups.
pub const NONCES: GroupedInsert =
    GroupedInsert { table: "nonce", columns: &["id", "expires_at_ms"] };

/// Most nonces that one statement forgets, so that it never holds the writer for long.
const FORGET_COUNT: i64 = 5_000;

impl FromRow for KnownKey {
    fn from_row(row: &mut Row<'_>) -> Result<KnownKey, CorruptRow> {
        let key_id = row.take()?;
        let public_key: String = row.take()?;
        let public_key =
            public_key.parse().map_err(|_| row.corrupt("not a public key that we accept"))?;
        Ok(KnownKey {
            key_id,
            public_key,
            tenant: row.take()?,
            unit: row.take()?,
            is_released: row.take()?,
            settings_generation: row.take()?,
            last_command_number: row.take()?,
            highest_boot: row.take()?,
        })
    }
}

/// The directory's rows of these keys, in any order.
pub async fn known_keys(tx: &mut Tx, key_ids: &[KeyId]) -> Result<Vec<KnownKey>, DbError> {
    // A power of two of places, the last key in all that are left over: these few statements stay
    // prepared.
    let Some(last) = key_ids.last() else { return Ok(Vec::new()) };
    let count = key_ids.len().next_power_of_two();
    let places: Vec<String> = (1..=count).map(|number| format!("${number}")).collect();
    let sql = format!(
        "SELECT key_id, public_key, tenant_id, unit_id, is_released, settings_generation,
                last_command_number, highest_boot
         FROM key_directory
         WHERE key_id IN ({})",
        places.join(", ")
    );
    let padded = key_ids.iter().chain(std::iter::repeat(last)).take(count);
    let values: Vec<_> = padded.map(|key_id| key_id.into_value()).collect();
    tx.all(Sql::built(sql), values).await
}

/// Adds the key of a unit that was just enrolled.
pub async fn add_key(tx: &mut Tx, key: &KnownKey) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO key_directory (key_id, public_key, tenant_id, unit_id, is_released,
                                    settings_generation, last_command_number, highest_boot)
         VALUES ($1, $2, $3, $4, 0, $5, $6, $7)",
        (
            key.key_id,
            key.public_key.to_string(),
            key.tenant,
            key.unit,
            key.settings_generation,
            key.last_command_number,
            key.highest_boot,
        ),
    )
    .await?;
    Ok(())
}

/// Shuts the door to every key of a unit.
pub async fn release_keys(tx: &mut Tx, tenant: TenantId, unit: UnitId) -> Result<(), DbError> {
    tx.execute(
        "UPDATE key_directory
         SET is_released = 1
         WHERE tenant_id = $1 AND unit_id = $2",
        (tenant, unit),
    )
    .await?;
    Ok(())
}

/// Remembers the highest boot that a unit named.
pub async fn raise_boot(tx: &mut Tx, key_id: KeyId, boot: i64) -> Result<(), DbError> {
    tx.execute(
        "UPDATE key_directory
         SET highest_boot = $2
         WHERE key_id = $1 AND highest_boot < $2",
        (key_id, boot),
    )
    .await?;
    Ok(())
}

/// Takes the next command number of a unit: `max(last + 1, now)`.
///
/// Errors: `Missing` when the unit has no key that is not released.
pub async fn next_command_number(
    tx: &mut Tx,
    tenant: TenantId,
    unit: UnitId,
    now: UnixMs,
) -> Result<CommandNumber, DbError> {
    let (number,) = tx
        .one::<(CommandNumber,)>(
            "UPDATE key_directory
             SET last_command_number = CASE
                 WHEN last_command_number < $3 THEN $3
                 ELSE last_command_number + 1
             END
             WHERE tenant_id = $1 AND unit_id = $2 AND is_released = 0
             RETURNING last_command_number",
            (tenant, unit, now),
        )
        .await?;
    Ok(number)
}

/// Gives every unit new settings: each generation becomes `max(last + 1, now)`.
pub async fn renew_settings(tx: &mut Tx, now: UnixMs) -> Result<u64, DbError> {
    tx.execute(
        "UPDATE key_directory
         SET settings_generation = CASE
             WHEN settings_generation < $1 THEN $1
             ELSE settings_generation + 1
         END",
        (now,),
    )
    .await
}

/// The units of a tenant that are not released, each with the generation of its newest settings.
pub async fn settings_generations(
    tx: &mut Tx,
    tenant: TenantId,
) -> Result<Vec<(UnitId, Generation)>, DbError> {
    tx.all(
        "SELECT unit_id, settings_generation
         FROM key_directory
         WHERE tenant_id = $1 AND is_released = 0
         ORDER BY unit_id",
        (tenant,),
    )
    .await
}

/// Units of all tenants that are not released.
pub async fn unit_count(tx: &mut Tx) -> Result<i64, DbError> {
    let (count,) = tx.one("SELECT COUNT(*) FROM key_directory WHERE is_released = 0", ()).await?;
    Ok(count)
}

/// Remembers what units are told. Returns whether it is not what it was.
pub async fn remember_settings(tx: &mut Tx, document: &str) -> Result<bool, DbError> {
    let changed = tx
        .execute(
            "INSERT INTO settings_source (id, document)
             VALUES (1, $1)
             ON CONFLICT (id) DO UPDATE
             SET document = excluded.document
             WHERE settings_source.document <> excluded.document",
            (document,),
        )
        .await?;
    Ok(changed == 1)
}

/// What units are told since the server's last start; `None` before its first.
pub async fn settings_document(tx: &mut Tx) -> Result<Option<String>, DbError> {
    let row = tx.optional::<(String,)>("SELECT document FROM settings_source", ()).await?;
    Ok(row.map(|(document,)| document))
}

/// Forgets nonces that are over; returns how many, so that the caller goes on until none is left.
pub async fn forget_nonces(tx: &mut Tx, now: UnixMs) -> Result<u64, DbError> {
    tx.execute(
        "DELETE FROM nonce
         WHERE id IN (SELECT id FROM nonce WHERE expires_at_ms < $1 LIMIT $2)",
        (now, FORGET_COUNT),
    )
    .await
}

/// Adds a tenant's signing key, unless it has one.
pub async fn add_tenant_key(
    tx: &mut Tx,
    tenant: TenantId,
    public_key: &str,
    sealed_seed: &str,
    now: UnixMs,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO tenant_key (tenant_id, public_key, sealed_seed, created_at_ms)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id) DO NOTHING",
        (tenant, public_key, sealed_seed, now),
    )
    .await?;
    Ok(())
}

/// The sealed seed of a tenant's signing key.
///
/// Errors: `Missing` before it was made.
pub async fn tenant_key(tx: &mut Tx, tenant: TenantId) -> Result<String, DbError> {
    let (sealed,) = tx
        .one::<(String,)>("SELECT sealed_seed FROM tenant_key WHERE tenant_id = $1", (tenant,))
        .await?;
    Ok(sealed)
}

/// The latest end of a kept nonce: a sign of the last time at which this server was used.
pub async fn newest_nonce_end(tx: &mut Tx) -> Result<Option<UnixMs>, DbError> {
    let row: Option<(Option<UnixMs>,)> =
        tx.optional("SELECT MAX(expires_at_ms) FROM nonce", ()).await?;
    Ok(row.and_then(|(end,)| end))
}
