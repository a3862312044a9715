//! The command line: one file a verb.

pub mod eval;
pub mod look;
pub mod suggest;
