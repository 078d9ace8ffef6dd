//! One four-timestamp exchange: what a server says of the time, and how wrong that can be.

use super::{Fix, signed};
use apis_protocol::heartbeat::{ClockAnswer, ServerClock};
use apis_units::Uptime;
use core::fmt;

/// Longest exchange that is still used, in microseconds.
pub const DELAY_US_MAX: u64 = 20_000_000;

/// Error of a server's own timestamps, in microseconds: its clock's discipline and the time from
/// the socket to the stamp.
pub const SERVER_US: u64 = 5_000;

/// One four-timestamp exchange, checked to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exchange {
    sent: Uptime,
    received_us: i64,
    answered_us: i64,
    pub(super) arrived: Uptime,
}

/// Why an exchange says nothing of the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadExchange {
    /// It answers another request.
    OtherRequest,
    /// The server says itself that its clock cannot be right.
    ServerImplausible,
    /// It arrived before it was sent, or took less time than the server says it kept it.
    Causality,
    /// It took longer than [`DELAY_US_MAX`].
    TooSlow,
    /// It names a time before the build date or the last persisted time.
    BeforeFloor,
}

impl fmt::Display for BadExchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadExchange::OtherRequest => "the exchange answers another request",
            BadExchange::ServerImplausible => "the server does not trust its own clock",
            BadExchange::Causality => "the exchange took less time than the server kept it",
            BadExchange::TooSlow => "the exchange took too long",
            BadExchange::BeforeFloor => "the exchange names a time that is already over",
        })
    }
}

impl core::error::Error for BadExchange {}

impl Exchange {
    /// The exchange whose request was sent at `sent` and whose answer arrived at `arrived`.
    ///
    /// Errors: all of [`BadExchange`] but `BeforeFloor`.
    pub fn of(
        sent: Uptime,
        answer: &ClockAnswer,
        arrived: Uptime,
    ) -> Result<Exchange, BadExchange> {
        if answer.sent != sent {
            return Err(BadExchange::OtherRequest);
        }
        let (received_us, answered_us) = match answer.server {
            ServerClock::Plausible { received_us, answered_us } => (received_us, answered_us),
            ServerClock::Implausible => return Err(BadExchange::ServerImplausible),
        };
        let exchange = Exchange { sent, received_us, answered_us, arrived };
        if arrived < sent || answered_us < received_us {
            return Err(BadExchange::Causality);
        }
        match exchange.delay_us() {
            None => Err(BadExchange::Causality),
            Some(delay_us) if DELAY_US_MAX < delay_us => Err(BadExchange::TooSlow),
            Some(_) => Ok(exchange),
        }
    }

    /// Time on the way, both ways; `None` when the server kept it longer than it was away.
    fn delay_us(&self) -> Option<u64> {
        let away_us = self.arrived.micros().checked_sub(self.sent.micros())?;
        let kept_us = u64::try_from(self.answered_us - self.received_us).ok()?;
        away_us.checked_sub(kept_us)
    }

    /// Offset of wall time from uptime, and its bound: RFC 5905 §8, in whole microseconds.
    pub(super) fn fix(&self) -> Fix {
        let there = self.received_us - signed(self.sent.micros());
        let back = self.answered_us - signed(self.arrived.micros());
        let error_us = self.delay_us().unwrap_or(DELAY_US_MAX).div_ceil(2) + SERVER_US;
        Fix { offset_us: there.midpoint(back), error_us, at: self.arrived }
    }
}
