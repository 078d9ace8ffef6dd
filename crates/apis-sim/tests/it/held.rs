//! What a server holds of one unit, read at the people's door.

use crate::server::Server;
use crate::web::Person;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// One visit as a member sees it.
#[derive(Debug, Clone)]
pub struct HeldVisit {
    /// Its id.
    pub id: String,
    /// When it began by the server's account, in ms since 1970.
    pub opened_ms: i64,
    /// Times the laser was lit during it.
    pub emissions: usize,
    /// Everything the server says of it.
    pub whole: Value,
}

/// Every visit of the unit with `serial`.
pub fn visits(server: &Server, person: &Person, serial: &str) -> Vec<HeldVisit> {
    let units = server.all(person, "/api/v1/units");
    let own: Vec<&Value> = units.iter().filter(|unit| unit["serial"] == serial).collect();
    assert_eq!(own.len(), 1, "one unit has the serial {serial}: {units:?}");
    let unit_id = &own[0]["id"];
    let listed = server.all(person, "/api/v1/visits");
    let own = listed.into_iter().filter(|visit| visit["unit_id"] == *unit_id);
    own.map(held).collect()
}

fn held(whole: Value) -> HeldVisit {
    HeldVisit {
        id: whole["id"].as_str().expect("a visit has an id").to_owned(),
        opened_ms: whole["opened_at"].as_str().and_then(unix_ms).expect("a visit has its time"),
        emissions: whole["emissions"].as_array().map_or(0, Vec::len),
        whole,
    }
}

/// Reads `2026-05-01T09:30:00.250Z`.
fn unix_ms(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let mut date = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let mut time = time.splitn(3, ':');
    let (hour, minute): (i64, i64) = (time.next()?.parse().ok()?, time.next()?.parse().ok()?);
    let second: f64 = time.next()?.parse().ok()?;
    // Days from civil, with the year beginning in March (Hinnant 2021).
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * month + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some(((days * 24 + hour) * 60 + minute) * 60_000 + (second * 1_000.0).round() as i64)
}

/// The bytes of a visit's clip (`kind` `clip`) or sidecar, hashed and compared with what the
/// server says they are.
///
/// Errors: there is none, or not exactly one, or it is another.
pub fn content(person: &Person, visit: &HeldVisit, kind: &str) -> Result<Vec<u8>, String> {
    let clips = visit.whole["clips"].as_array().ok_or("the visit lists no clips")?;
    let own: Vec<&Value> = clips.iter().filter(|clip| clip["kind"] == kind).collect();
    let [clip] = own.as_slice() else { return Err(format!("{} of kind {kind}", own.len())) };
    if clip["state"] != "stored" {
        return Err(format!("the {kind} is {}", clip["state"]));
    }
    let id = clip["id"].as_str().ok_or("a clip has an id")?;
    let bytes = person.get(&format!("/api/v1/clips/{id}/content")).body;
    let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    if clip["sha256"] != digest.as_str() {
        return Err(format!("the {kind} hashes to {digest}, not to {}", clip["sha256"]));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_read_as_milliseconds() {
        assert_eq!(unix_ms("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(unix_ms("2026-11-25T19:00:00.250Z"), Some(1_795_633_200_250));
        assert_eq!(unix_ms("2024-02-29T12:00:00Z"), Some(1_709_208_000_000));
        assert_eq!(unix_ms("yesterday"), None);
    }
}
