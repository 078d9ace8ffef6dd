//! From a place in the picture to pan and tilt.
#![no_std]
#![forbid(unsafe_code)]
