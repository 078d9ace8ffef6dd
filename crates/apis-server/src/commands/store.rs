//! The SQL of commands.

use apis_protocol::command::CommandKind;
use apis_protocol::envelope::Envelope;
use apis_protocol::message::Message as _;
use apis_protocol::{CommandNumber, UnitId};

use super::model::CommandState;
use crate::clock::UnixMs;
use crate::db::{Column, CorruptRow, DbError, FromRow, IntoValue, Row, Tx, Value};
use crate::ids::{CommandId, TenantId};

/// A command as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Its name.
    pub id: CommandId,
    /// The unit it is for.
    pub unit: UnitId,
    /// Its place in the order.
    pub number: CommandNumber,
    /// What it asks for.
    pub kind: CommandKind,
    /// Where it stands, as stored.
    pub state: CommandState,
    /// Why the unit refused.
    pub reason: Option<String>,
    /// When it was given.
    pub created_at: UnixMs,
    /// When it is over.
    pub expires_at: UnixMs,
    /// When it ended.
    pub ended_at: Option<UnixMs>,
}

impl FromRow for Command {
    fn from_row(row: &mut Row<'_>) -> Result<Command, CorruptRow> {
        Ok(Command {
            id: row.take()?,
            unit: row.take()?,
            number: row.take()?,
            kind: row.take()?,
            state: row.take()?,
            reason: row.take()?,
            created_at: row.take()?,
            expires_at: row.take()?,
            ended_at: row.take()?,
        })
    }
}

impl IntoValue for CommandState {
    fn into_value(self) -> Value {
        self.word().into_value()
    }

    fn null() -> Value {
        Value::Text(None)
    }
}

impl Column for CommandState {
    fn read(row: &mut Row<'_>) -> Result<CommandState, CorruptRow> {
        let word: String = row.take()?;
        CommandState::of_word(&word).ok_or_else(|| row.corrupt("not a state of a command"))
    }
}

impl Column for CommandKind {
    fn read(row: &mut Row<'_>) -> Result<CommandKind, CorruptRow> {
        let word: String = row.take()?;
        [CommandKind::Arm, CommandKind::Disarm, CommandKind::Locate]
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .ok_or_else(|| row.corrupt("not a kind of command"))
    }
}

/// Adds a command that nobody has fetched.
pub async fn add(
    tx: &mut Tx,
    tenant: TenantId,
    command: &Command,
    envelope: &Envelope,
    created_by: &str,
) -> Result<(), DbError> {
    let envelope = String::from_utf8(envelope.write()).expect("JSON is text");
    tx.execute(
        "INSERT INTO command (tenant_id, id, unit_id, number, kind, state, envelope, created_by,
                              created_at_ms, expires_at_ms)
         VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $7, $8, $9)",
        (
            tenant,
            command.id,
            command.unit,
            command.number,
            command.kind.as_str(),
            envelope,
            created_by,
            command.created_at,
            command.expires_at,
        ),
    )
    .await?;
    Ok(())
}

/// A command of a unit.
pub async fn find(
    tx: &mut Tx,
    tenant: TenantId,
    unit: UnitId,
    id: CommandId,
) -> Result<Option<Command>, DbError> {
    tx.optional(
        "SELECT id, unit_id, number, kind, state, reason, created_at_ms, expires_at_ms, ended_at_ms
         FROM command
         WHERE tenant_id = $1 AND unit_id = $2 AND id = $3",
        (tenant, unit, id),
    )
    .await
}

/// Commands in time, without the unit's word, above `taken`; lowest first.
pub async fn pending(
    tx: &mut Tx,
    tenant: TenantId,
    unit: UnitId,
    taken: Option<CommandNumber>,
    now: UnixMs,
    count_max: usize,
) -> Result<Vec<(CommandId, CommandNumber, Envelope)>, DbError> {
    let rows = tx
        .all::<(CommandId, CommandNumber, EnvelopeText)>(
            "SELECT id, number, envelope
             FROM command
             WHERE tenant_id = $1 AND unit_id = $2 AND state IN ('waiting', 'sent')
               AND $3 < number AND $4 <= expires_at_ms
             ORDER BY number
             LIMIT $5",
            (
                tenant,
                unit,
                taken.map_or(-1, CommandNumber::get),
                now,
                i64::try_from(count_max).unwrap_or(i64::MAX),
            ),
        )
        .await?;
    Ok(rows.into_iter().map(|(id, number, envelope)| (id, number, envelope.0)).collect())
}

struct EnvelopeText(Envelope);

impl Column for EnvelopeText {
    fn read(row: &mut Row<'_>) -> Result<EnvelopeText, CorruptRow> {
        let text: String = row.take()?;
        let envelope = Envelope::read(text.as_bytes());
        envelope.map(EnvelopeText).map_err(|_| row.corrupt("not an envelope"))
    }
}

/// Remembers that a command was handed to its unit.
pub async fn mark_sent(
    tx: &mut Tx,
    tenant: TenantId,
    id: CommandId,
    now: UnixMs,
) -> Result<(), DbError> {
    tx.execute(
        "UPDATE command
         SET state = 'sent', sent_at_ms = $3
         WHERE tenant_id = $1 AND id = $2 AND state = 'waiting'",
        (tenant, id, now),
    )
    .await?;
    Ok(())
}

/// A command of this number that has not ended.
pub async fn find_open(
    tx: &mut Tx,
    tenant: TenantId,
    unit: UnitId,
    number: CommandNumber,
) -> Result<Option<(CommandId, CommandKind)>, DbError> {
    tx.optional(
        "SELECT id, kind
         FROM command
         WHERE tenant_id = $1 AND unit_id = $2 AND number = $3 AND state IN ('waiting', 'sent')",
        (tenant, unit, number),
    )
    .await
}

/// Ends a command.
pub async fn end(
    tx: &mut Tx,
    tenant: TenantId,
    id: CommandId,
    state: CommandState,
    reason: Option<&str>,
    now: UnixMs,
) -> Result<(), DbError> {
    tx.execute(
        "UPDATE command
         SET state = $3, reason = $4, ended_at_ms = $5
         WHERE tenant_id = $1 AND id = $2 AND state IN ('waiting', 'sent')",
        (tenant, id, state, reason.map(str::to_owned), now),
    )
    .await?;
    Ok(())
}
