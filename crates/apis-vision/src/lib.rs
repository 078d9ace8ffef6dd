//! Frame to detections to tracks to verdicts.
#![no_std]
#![forbid(unsafe_code)]
