//! The Ringback server.
