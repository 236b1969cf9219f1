//! The sign-in page.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use ringback_domain::wire::problem::ProblemKind;

use crate::api::Failure;
use crate::components::button::{Appearance, Button, Size};
use crate::components::icon::{BrandMark, Icon};
use crate::components::input::TextField;
use crate::components::page::leave_heading_alone;
use crate::lazy::Lazy;
use crate::messages;
use crate::session::{Session, Stage};

/// The page.
#[component]
pub(crate) fn LoginPage() -> impl IntoView {
    document().set_title(&messages::page_title(messages::sign_in()));
    leave_heading_alone();
    let session = Session::here();
    leave_signed_in(session);
    let username = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let username_error = RwSignal::new(None);
    let password_error = RwSignal::new(None);
    let failure = RwSignal::new(None::<Failure>);
    let busy = RwSignal::new(false);
    let name_field = NodeRef::<html::Input>::new();
    let password_field = NodeRef::<html::Input>::new();
    let focus = |field: NodeRef<html::Input>| {
        if let Some(field) = field.get_untracked() {
            let _ = field.focus();
        }
    };
    name_field.on_load(move |field| {
        let _ = field.focus();
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        // Password managers may fill fields without an event.
        let value = |field: NodeRef<html::Input>| field.get_untracked().map(|field| field.value());
        let (name, secret) =
            (value(name_field).unwrap_or_default(), value(password_field).unwrap_or_default());
        failure.set(None);
        username_error.set(name.trim().is_empty().then(|| messages::enter_username().to_owned()));
        password_error.set(secret.is_empty().then(|| messages::enter_password().to_owned()));
        if name.trim().is_empty() {
            return focus(name_field);
        }
        if secret.is_empty() {
            return focus(password_field);
        }
        busy.set(true);
        spawn_local(async move {
            let result = session.sign_in(name.trim().to_owned(), secret).await;
            busy.try_set(false);
            if let Err(reason) = result {
                failure.try_set(Some(reason));
                focus(password_field);
            }
        });
    };
    let note = move || match (failure.get(), session.stage()) {
        (Some(failure), _) => Some((true, sentence(&failure))),
        (None, Stage::SignedOut { expired: true }) => Some((false, messages::session_ended().to_owned())),
        _ => None,
    };
    view! {
        <div class="login">
            <svg class="login__art" viewBox="0 0 1440 1440" aria-hidden="true">{arcs()}</svg>
            <main id="main" class="login__main">
                <form class="login__card" novalidate=true on:submit=submit>
                    <div class="brand"><BrandMark />{messages::product()}</div>
                    <h1>{messages::sign_in()}</h1>
                    <div role="alert" class="login__note">
                        {move || {
                            let (bad, text) = note()?;
                            let (class, icon) =
                                if bad { ("note note--danger", "circle-alert") } else { ("note note--info", "info") };
                            Some(view! { <div class=class><Icon name=icon /><span>{text}</span></div> })
                        }}
                    </div>
                    <TextField
                        label=messages::username()
                        value=username
                        error=username_error
                        autocomplete="username"
                        node=name_field
                    />
                    <TextField
                        label=messages::password()
                        value=password
                        error=password_error
                        kind="password"
                        autocomplete="current-password"
                        node=password_field
                    />
                    <Button appearance=Appearance::Primary size=Size::Large wide=true submit=true busy=Signal::from(busy)>
                        {messages::sign_in()}
                    </Button>
                </form>
            </main>
            <footer class="login__footer">
                <span class="num">{messages::version(env!("CARGO_PKG_VERSION"))}</span>
            </footer>
        </div>
    }
}

fn sentence(failure: &Failure) -> String {
    match failure.kind() {
        Some(ProblemKind::InvalidCredentials | ProblemKind::Unauthenticated) => {
            messages::wrong_credentials().to_owned()
        }
        _ => failure.message(),
    }
}

/// Continues as soon as somebody is signed in, which includes a resumed
/// session. Meanwhile the second module is loaded.
fn leave_signed_in(session: Session) {
    let query = use_query_map();
    let navigate = use_navigate();
    let lazy = Lazy::here();
    Effect::new(move |_| match session.stage() {
        Stage::SignedIn(_) => {
            let next = query.with_untracked(|query| query.get("next"));
            let options = NavigateOptions { replace: true, ..NavigateOptions::default() };
            navigate(&own_path(next), options);
        }
        Stage::SignedOut { .. } => lazy.load(),
        Stage::Starting | Stage::Failed(_) => {}
    });
}

/// A path of this page. An address of another site could be used for phishing.
fn own_path(next: Option<String>) -> String {
    let own = |path: &String| path.starts_with('/') && !path.starts_with("//") && !path.starts_with("/\\");
    next.filter(own).filter(|path| !path.starts_with("/login")).unwrap_or_else(|| "/".to_owned())
}

/// A decoration of open rings, each a little thinner and turned a little
/// further.
fn arcs() -> impl IntoView {
    const ARCS: [(&str, &str); 7] = [
        ("20", "M852 648A150 150 0 1 0 864 761"),
        ("18", "M906 576A235 235 0 1 0 953 748"),
        ("16", "M938 486A320 320 0 1 0 1040 707"),
        ("14", "M946 384A405 405 0 1 0 1117 640"),
        ("12", "M925 275A490 490 0 1 0 1179 547"),
        ("10", "M874 166A575 575 0 1 0 1219 434"),
        ("8", "M793 64A660 660 0 1 0 1233 305"),
    ];
    let arc = |(width, path)| view! { <path stroke-width=width stroke-linecap="round" d=path /> };
    ARCS.map(arc).collect_view()
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn signing_in_leads_to_our_own_pages_only() {
        let to = |path: &str| own_path(Some(path.to_owned()));
        assert_eq!(to("/callbacks?range=tomorrow"), "/callbacks?range=tomorrow");
        for elsewhere in ["https://example.org", "//example.org", "/\\example.org", "", "/login"] {
            assert_eq!(to(elsewhere), "/", "{elsewhere}");
        }
        assert_eq!(own_path(None), "/");
    }
}
