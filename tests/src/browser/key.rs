//! Keys for [`Browser::type_keys`](super::Browser::type_keys) and
//! [`Browser::press_key`](super::Browser::press_key).

/// Moves the focus on.
pub const TAB: &str = "\u{E004}";
/// Presses a button or submits a form.
pub const ENTER: &str = "\u{E007}";
/// Closes a dialog.
pub const ESCAPE: &str = "\u{E00C}";
/// Removes the character before the cursor.
pub const BACKSPACE: &str = "\u{E003}";
/// Presses a button or ticks a box.
pub const SPACE: &str = " ";
/// Moves within a list or a group, or raises a number.
pub const UP: &str = "\u{E013}";
/// Moves within a list or a group.
pub const DOWN: &str = "\u{E015}";
/// Arrow right.
pub const RIGHT: &str = "\u{E014}";
