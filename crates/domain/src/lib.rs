//! The callback state machine.
