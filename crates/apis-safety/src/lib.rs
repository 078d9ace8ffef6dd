//! The interlock and the emission order; nothing else.
#![no_std]
#![forbid(unsafe_code)]
