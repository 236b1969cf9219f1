//! The Callback UI.

fn main() {}
