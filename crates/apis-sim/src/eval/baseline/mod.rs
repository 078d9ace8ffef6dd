//! Plain detectors to compare with: what is usually built first.
//!
//! They share how a mask becomes blobs ([`blobs`]) and how a blob that stays becomes a verdict
//! ([`hover`]), and differ in what makes the mask.

mod blobs;

mod hover;

pub mod difference;

pub mod average;

pub mod mog2;

/// A pixel that differs by more than this has changed, in steps of luma.
const CHANGED: i32 = 25;

/// Lengths between which a blob may be a hornet, at 640 pixels of width.
///
/// Source: the earlier design found nothing of 14, 17 or 60 px.
const LENGTH_PX: std::ops::RangeInclusive<f32> = 18.0..=58.0;
