//! What each term of an evidence is called, and the unit of its value: the list by which recorded
//! evidence is read, on whatever machine and however long after.

use crate::evidence::TermCode;

/// The unit of a term's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TermUnit {
    /// A log-likelihood ratio, 1/1,000 nat; positive speaks for a hovering hornet.
    Millinat,
    /// A length in the frame, 1/16 pixel.
    Pixel16,
    /// Milliseconds.
    Millisecond,
    /// Body lengths, 1/256.
    Length256,
    /// Body lengths a second, 1/256.
    Speed256,
    /// A share of one, 1/256.
    Share256,
    /// Things.
    Count,
}

impl TermUnit {
    /// What one whole is counted in; nothing for a bare number.
    pub const fn symbol(self) -> &'static str {
        match self {
            TermUnit::Millinat => "nat",
            TermUnit::Pixel16 => "px",
            TermUnit::Millisecond => "s",
            TermUnit::Length256 => "body lengths",
            TermUnit::Speed256 => "body lengths/s",
            TermUnit::Share256 | TermUnit::Count => "",
        }
    }

    /// How many of the value's own steps make one whole.
    pub const fn steps(self) -> u16 {
        match self {
            TermUnit::Millinat | TermUnit::Millisecond => 1_000,
            TermUnit::Pixel16 => 16,
            TermUnit::Length256 | TermUnit::Speed256 | TermUnit::Share256 => 256,
            TermUnit::Count => 1,
        }
    }
}

impl TermCode {
    /// Every code, by number.
    pub const ALL: [TermCode; 37] = [
        TermCode::Total,
        TermCode::SizeWeight,
        TermCode::LengthPx16,
        TermCode::BeeLengthPx16,
        TermCode::LengthSpreadWeight,
        TermCode::LengthSpread,
        TermCode::DarknessWeight,
        TermCode::Darkness,
        TermCode::EvennessWeight,
        TermCode::Evenness,
        TermCode::HoverWeight,
        TermCode::HoverRadius,
        TermCode::HoverMs,
        TermCode::StationWeight,
        TermCode::DoubtWeight,
        TermCode::DoubtedMs,
        TermCode::DriftWeight,
        TermCode::DriftSpeed,
        TermCode::Periodicity,
        TermCode::PaceWeight,
        TermCode::FlickerWeight,
        TermCode::Flicker,
        TermCode::BeatWeight,
        TermCode::OriginWeight,
        TermCode::OriginTravel,
        TermCode::WayWeight,
        TermCode::TextureWeight,
        TermCode::Texture,
        TermCode::ShapeWeight,
        TermCode::Stretch,
        TermCode::CompanyWeight,
        TermCode::JoinedWeight,
        TermCode::Joined,
        TermCode::FocusWeight,
        TermCode::Sharpness,
        TermCode::PlaceWeight,
        TermCode::PlaceShare,
    ];

    /// The code of a number; `None` for one of later eyes.
    pub fn of_number(number: u16) -> Option<TermCode> {
        TermCode::ALL.into_iter().find(|code| code.number() == number)
    }

    /// What the term is called where it is listed.
    pub const fn name(self) -> &'static str {
        match self {
            TermCode::Total => "total",
            TermCode::SizeWeight => "size weight",
            TermCode::LengthPx16 => "length",
            TermCode::BeeLengthPx16 => "length of this hive's bees",
            TermCode::LengthSpreadWeight => "length spread weight",
            TermCode::LengthSpread => "length spread",
            TermCode::DarknessWeight => "darkness weight",
            TermCode::Darkness => "darkness",
            TermCode::EvennessWeight => "evenness weight",
            TermCode::Evenness => "evenness",
            TermCode::HoverWeight => "hover weight",
            TermCode::HoverRadius => "hover radius",
            TermCode::HoverMs => "hover time",
            TermCode::StationWeight => "station weight",
            TermCode::DoubtWeight => "doubt weight",
            TermCode::DoubtedMs => "doubted time",
            TermCode::DriftWeight => "drift weight",
            TermCode::DriftSpeed => "drift speed",
            TermCode::Periodicity => "periodicity",
            TermCode::PaceWeight => "pace weight",
            TermCode::FlickerWeight => "flicker weight",
            TermCode::Flicker => "flicker",
            TermCode::BeatWeight => "beat weight",
            TermCode::OriginWeight => "origin weight",
            TermCode::OriginTravel => "travel",
            TermCode::WayWeight => "way weight",
            TermCode::TextureWeight => "texture weight",
            TermCode::Texture => "texture",
            TermCode::ShapeWeight => "shape weight",
            TermCode::Stretch => "stretch",
            TermCode::CompanyWeight => "company weight",
            TermCode::JoinedWeight => "joined weight",
            TermCode::Joined => "joined",
            TermCode::FocusWeight => "focus weight",
            TermCode::Sharpness => "sharpness",
            TermCode::PlaceWeight => "place weight",
            TermCode::PlaceShare => "place share",
        }
    }

    /// The unit of its value.
    pub const fn unit(self) -> TermUnit {
        match self {
            TermCode::Total
            | TermCode::SizeWeight
            | TermCode::LengthSpreadWeight
            | TermCode::DarknessWeight
            | TermCode::EvennessWeight
            | TermCode::HoverWeight
            | TermCode::StationWeight
            | TermCode::DoubtWeight
            | TermCode::DriftWeight
            | TermCode::PaceWeight
            | TermCode::FlickerWeight
            | TermCode::BeatWeight
            | TermCode::OriginWeight
            | TermCode::WayWeight
            | TermCode::TextureWeight
            | TermCode::ShapeWeight
            | TermCode::CompanyWeight
            | TermCode::JoinedWeight
            | TermCode::FocusWeight
            | TermCode::PlaceWeight => TermUnit::Millinat,
            TermCode::LengthPx16 | TermCode::BeeLengthPx16 => TermUnit::Pixel16,
            TermCode::HoverMs | TermCode::DoubtedMs => TermUnit::Millisecond,
            TermCode::HoverRadius | TermCode::OriginTravel => TermUnit::Length256,
            TermCode::DriftSpeed => TermUnit::Speed256,
            TermCode::LengthSpread
            | TermCode::Darkness
            | TermCode::Evenness
            | TermCode::Periodicity
            | TermCode::Flicker
            | TermCode::Texture
            | TermCode::Stretch
            | TermCode::Sharpness
            | TermCode::PlaceShare => TermUnit::Share256,
            TermCode::Joined => TermUnit::Count,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    #[test]
    fn every_code_has_its_line_in_the_reference() {
        let reference = include_str!("../../../docs/ref/evidence.md");
        for code in TermCode::ALL {
            let (steps, symbol) = (code.unit().steps(), code.unit().symbol());
            let unit = match (steps, symbol) {
                (1, symbol) => symbol.into(),
                (1_000, symbol) => format!("1/1,000 {symbol}"),
                (steps, "") => format!("1/{steps}"),
                (steps, symbol) => format!("1/{steps} {symbol}"),
            };
            let begin = format!("| {} | {} | {unit} |", code.number(), code.name());
            let begin = begin.replace("|  |", "| |");
            let is_there = |line: &str| line.starts_with(&begin);
            assert!(reference.lines().any(is_there), "no line begins with: {begin}");
        }
    }

    #[test]
    fn numbers_name_one_code_each() {
        for code in TermCode::ALL {
            assert_eq!(TermCode::of_number(code.number()), Some(code));
        }
        assert_eq!(TermCode::of_number(9_999), None);
    }
}
