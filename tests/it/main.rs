//! The one test binary.

#![expect(clippy::unwrap_used, reason = "a test fails where it finds nothing")]

mod helpers;
