//! The eyes as the body meets them: one visit per stay, a target per frame.
