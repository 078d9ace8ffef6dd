//! What a site is, and which texts and numbers can make one.

use apis_server_api::sites::{ChangeSite, NewSite, Site as SiteBody};
use serde_json::{Value, json};

use crate::clock::UnixMs;
use crate::ids::{NotAnId, SiteId};
use crate::names::{self, NameError};

/// The fields of a site that a merge tells apart.
pub const FIELDS: [&str; 4] = ["latitude", "longitude", "name", "time_zone"];

/// What a person says of a new site.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Its id, made by the client.
    pub id: SiteId,
    /// Its name.
    pub name: String,
    /// Degrees north and east.
    pub place: Option<(f64, f64)>,
    /// Its time zone's IANA name.
    pub time_zone: String,
}

/// A stored site.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// What was said of it.
    pub draft: Draft,
    /// How often it changed, from 1.
    pub version: i64,
    /// When it was made.
    pub created_at: UnixMs,
}

/// Why a site cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SiteError {
    /// The id is not one.
    #[error("id: {0}")]
    Id(#[from] NotAnId),
    /// The name is not one.
    #[error("name: {0}")]
    Name(#[from] NameError),
    /// One coordinate alone.
    #[error("latitude and longitude: both or none")]
    Place,
    /// Not on the earth.
    #[error("latitude: from -90 to 90 degrees")]
    Latitude,
    /// Not on the earth.
    #[error("longitude: from -180 to 180 degrees")]
    Longitude,
    /// Nobody knows the time zone.
    #[error("time_zone: not an IANA name")]
    TimeZone,
}

impl Draft {
    /// The same with what is asked for.
    ///
    /// Errors: what cannot be said of a site.
    pub fn changed(&self, asked: ChangeSite) -> Result<Draft, SiteError> {
        let (latitude, longitude) = match (asked.latitude, asked.longitude) {
            (None, None) => self.place.unzip(),
            (Some(latitude), Some(longitude)) => (latitude, longitude),
            (Some(_), None) | (None, Some(_)) => return Err(SiteError::Place),
        };
        Draft::try_from(NewSite {
            id: self.id.to_string(),
            name: asked.name.unwrap_or_else(|| self.name.clone()),
            latitude,
            longitude,
            time_zone: asked.time_zone.unwrap_or_else(|| self.time_zone.clone()),
        })
    }

    /// The fields of which this says something else than `other`.
    pub fn differing_from(&self, other: &Draft) -> Vec<&'static str> {
        let [latitude, longitude, name, time_zone] = FIELDS;
        let place = |draft: &Draft| draft.place.unzip();
        [
            (latitude, place(self).0 != place(other).0),
            (longitude, place(self).1 != place(other).1),
            (name, self.name != other.name),
            (time_zone, self.time_zone != other.time_zone),
        ]
        .into_iter()
        .filter_map(|(field, differs)| differs.then_some(field))
        .collect()
    }

    /// As the audit keeps it: without the place, which enters no log.
    pub fn told(&self) -> Value {
        json!({ "name": self.name, "time_zone": self.time_zone })
    }
}

impl TryFrom<NewSite> for Draft {
    type Error = SiteError;

    fn try_from(asked: NewSite) -> Result<Draft, SiteError> {
        let place = match (asked.latitude, asked.longitude) {
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err(SiteError::Place),
            (Some(north), Some(_)) if !(-90.0..=90.0).contains(&north) => {
                return Err(SiteError::Latitude);
            }
            (Some(_), Some(east)) if !(-180.0..=180.0).contains(&east) => {
                return Err(SiteError::Longitude);
            }
            (Some(north), Some(east)) => Some((north, east)),
        };
        if jiff::tz::TimeZone::get(&asked.time_zone).is_err() {
            return Err(SiteError::TimeZone);
        }
        Ok(Draft {
            id: asked.id.parse().map_err(|_| NotAnId)?,
            name: names::checked(&asked.name)?,
            place,
            time_zone: asked.time_zone,
        })
    }
}

impl From<Site> for SiteBody {
    fn from(site: Site) -> SiteBody {
        let Site { draft, version, created_at } = site;
        SiteBody {
            id: draft.id.to_string(),
            name: draft.name,
            latitude: draft.place.map(|(north, _)| north),
            longitude: draft.place.map(|(_, east)| east),
            time_zone: draft.time_zone,
            version,
            created_at: created_at.rfc3339(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        latitude: Option<f64>,
        longitude: Option<f64>,
        zone: &str,
        expected: Option<SiteError>,
    ) {
        let asked = NewSite {
            id: "0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b".to_owned(),
            name: "Orchard".to_owned(),
            latitude,
            longitude,
            time_zone: zone.to_owned(),
        };
        assert_eq!(Draft::try_from(asked).err(), expected, "{latitude:?} {longitude:?} {zone}");
    }

    #[test]
    fn a_site_is_on_the_earth_and_in_a_known_time_zone() {
        check(Some(50.85), Some(4.35), "Europe/Brussels", None);
        check(None, None, "Europe/Brussels", None);
        check(Some(50.85), None, "Europe/Brussels", Some(SiteError::Place));
        check(Some(90.1), Some(0.0), "Europe/Brussels", Some(SiteError::Latitude));
        check(Some(f64::NAN), Some(0.0), "Europe/Brussels", Some(SiteError::Latitude));
        check(Some(50.85), Some(200.0), "Europe/Brussels", Some(SiteError::Longitude));
        check(None, None, "Europe/Nowhere", Some(SiteError::TimeZone));
    }
}
