//! The Callback UI: a page that talks to the API and to nothing else.
//!
//! Invariants: only `api.rs` and `events.rs` talk to the server; the address of
//! the page says which view is shown; pages fetch and decide, components only
//! render; every sentence that a person reads is in `messages`; what the first
//! view does not need is a [`lazy::Part`], drawn by `secondary.rs`.
//!
//! Modules import each other in one direction. Lowest are those that wrap the
//! browser and know its languages and times, up to `messages`, `format` and
//! `ranges`; then `components`, and `api`, `client`, `preferences`, `session` and
//! `events`, which talk to the server; then `forms` and `lazy`; then `shell` and
//! `pages`. Only `secondary` and `app` know all of them.

#![expect(
    clippy::large_types_passed_by_value,
    reason = "signals are handles; only in debug builds they carry where they were made"
)]
#![expect(unreachable_pub, reason = "the macro for components makes their functions public")]
#![expect(
    clippy::needless_pass_by_value,
    reason = "properties of a component belong to it, so the macro takes them by value"
)]

mod api;
mod app;
mod browser;
mod client;
mod clock;
mod components;
mod events;
mod format;
mod forms;
mod intl;
mod language;
mod lazy;
mod messages;
mod pages;
mod preferences;
mod ranges;
mod secondary;
mod session;
mod shell;
mod theme;
mod width;
mod zones;

fn main() {
    console_error_panic_hook::set_once();
    browser::remove_placeholder();
    leptos::mount::mount_to_body(app::App);
}
