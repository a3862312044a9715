//! Music: an MPD server.
