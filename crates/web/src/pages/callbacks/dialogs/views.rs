//! Saved Views: keeps what the list shows under a name, for the person or for roles.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::wire::endpoint::{DeleteSavedView, ListSavedViews, PatchSavedView, PostSavedView};
use ringback_domain::wire::saved_view::{CreateSavedView, EditSavedView, MAX_VIEW_NAME_CHARS, SavedView};
use ringback_domain::{Permission, Role};

use crate::browser;
use crate::client::Client;
use crate::components::button::Appearance;
use crate::components::check_list::CheckList;
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::field::FieldError;
use crate::components::icon_button::IconButton;
use crate::components::input::TextField;
use crate::components::toast::{Toast, Toasts};
use crate::forms::{Submission, require, show_problems};
use crate::messages;
use crate::pages::callbacks::list::page::PageState;

/// The query of the view on screen: no page, no expanded rows.
fn current_query(page: PageState) -> String {
    let mut view = page.view.get_untracked().with(|_| ());
    view.open.clear();
    let href = view.href();
    href.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default()
}

fn role_names(view: &SavedView) -> String {
    view.shared_with.iter().map(|role| messages::role_name(*role)).collect::<Vec<_>>().join(", ")
}

/// The roles that can see the list.
fn share_with(chosen: RwSignal<Vec<String>>) -> impl IntoView {
    let sees = Role::ALL.iter().filter(|role| role.permissions().contains(&Permission::ViewCallbacks));
    let items = sees.map(|role| (role.as_str().to_owned(), messages::role_name(*role).to_owned())).collect();
    view! { <CheckList label=messages::view_share() items chosen /> }
}

/// The dialog.
#[component]
pub(super) fn ViewsDialog() -> impl IntoView {
    let (page, toasts) = (PageState::here(), Toasts::here());
    let handle = DialogHandle::new(messages::saved_views());
    let submission = Submission::of(handle);
    let views = RwSignal::new(None::<Vec<SavedView>>);
    let (name, error) = (RwSignal::new(String::new()), FieldError::new(None));
    let roles = RwSignal::new(Vec::<String>::new());
    // What was done, in the dialog: what is behind it cannot be read meanwhile.
    let said = RwSignal::new(String::new());
    spawn_local(async move {
        match page.client.call(&ListSavedViews).await {
            Ok(found) => drop(views.try_set(Some(found.items))),
            Err(failure) => drop(handle.problem.try_set(Some(failure.message()))),
        }
    });
    let own = page.session.me().and_then(|me| me.user.as_ref().map(|user| user.id));
    // The person's own view of the name in the field, which saving replaces.
    let replaced = Memo::new(move |_| {
        let name = name.with(|name| name.trim().to_owned());
        views.with(|views| {
            views.iter().flatten().find(|view| Some(view.owner_id) == own && view.name == name).cloned()
        })
    });
    // It stays shared unless the person decides otherwise.
    Effect::new(move |_| {
        let shared_with = replaced.get().map(|view| view.shared_with).unwrap_or_default();
        roles.set(shared_with.iter().map(|role| role.as_str().to_owned()).collect());
    });
    let save = move |()| {
        let text = name.get_untracked().trim().to_owned();
        if !require(name, error, messages::view_enter_name()) {
            return handle.focus_first_error();
        }
        if text.chars().count() > MAX_VIEW_NAME_CHARS {
            error.set(Some(messages::view_name_long().to_owned()));
            return handle.focus_first_error();
        }
        let query = current_query(page);
        let shared_with =
            roles.with_untracked(|roles| roles.iter().filter_map(|role| role.parse().ok()).collect());
        let same = replaced.get_untracked();
        let work = async move {
            if let Some(same) = same {
                let change = EditSavedView { name: None, query: Some(query), shared_with: Some(shared_with) };
                submission.command(PatchSavedView(same.id, change), Some(same.version)).await
            } else {
                submission
                    .command(PostSavedView(CreateSavedView { name: text, query, shared_with }), None)
                    .await
            }
        };
        let saved = move |view: SavedView| {
            toasts.show(Toast::success(&messages::view_saved(&view.name)));
            handle.close();
        };
        submission.run(work, saved, move |failure| {
            handle.problem.set(show_problems(&failure, &[("/name", error)]));
        });
    };
    let asked = RwSignal::new(None::<SavedView>);
    let deleted = Callback::new(move |view: SavedView| {
        said.try_set(messages::view_deleted(&view.name));
        views
            .try_update(|views| views.iter_mut().for_each(|views| views.retain(|other| other.id != view.id)));
        handle.keep_focus();
    });
    view! {
        <Dialog
            handle
            on_close=move |()| page.dialog.set(None)
            on_submit=save
            action=handle.submit(messages::view_save())
        >
            <TextField
                label=messages::view_name()
                value=name
                error
                hint=messages::view_of_now().to_owned()
                autofocus=true
            />
            {page.session.may(Permission::ManageCallbacks).then(|| share_with(roles))}
            <ViewList views problem=handle.problem asked said />
            <p class="hint" role="status">{said}</p>
        </Dialog>
        {move || asked.get().map(|view| view! { <DeleteDialog view asked deleted /> })}
    }
}

/// Asks before a view is deleted.
#[component]
fn DeleteDialog(
    view: SavedView,
    asked: RwSignal<Option<SavedView>>,
    deleted: Callback<SavedView>,
) -> impl IntoView {
    let client = Client::here();
    let handle = DialogHandle::new(messages::view_delete_title());
    let submission = Submission::of(handle);
    let consequence = if view.shared_with.is_empty() {
        messages::view_delete_own(&view.name)
    } else {
        messages::view_delete_shared(&view.name, role_names(&view))
    };
    let submit = move |()| {
        let (id, view) = (view.id, view.clone());
        let done = move |()| {
            handle.close();
            deleted.run(view);
        };
        let work = async move { client.call(&DeleteSavedView(id)).await };
        submission.run(work, done, move |failure| handle.problem.set(Some(failure.message())));
    };
    let button = handle.submit_unless(Appearance::Danger, Signal::stored(None), messages::delete());
    view! {
        <Dialog handle confirms=true on_close=move |()| asked.set(None) on_submit=submit action=button>
            <p>{consequence}</p>
        </Dialog>
    }
}

/// The views; none where they could not be read, which the dialog says.
#[component]
fn ViewList(
    views: RwSignal<Option<Vec<SavedView>>>,
    problem: RwSignal<Option<String>>,
    asked: RwSignal<Option<SavedView>>,
    said: RwSignal<String>,
) -> impl IntoView {
    move || match views.get() {
        None if problem.with(Option::is_some) => ().into_any(),
        None => view! { <p class="subtle">{messages::loading()}</p> }.into_any(),
        Some(views) if views.is_empty() => {
            view! { <p class="subtle">{messages::views_none()}</p> }.into_any()
        }
        Some(views) => {
            let rows = views.into_iter().map(|view| view! { <ViewRow view asked said /> }).collect_view();
            view! { <ul class="range-list">{rows}</ul> }.into_any()
        }
    }
}

#[component]
fn ViewRow(view: SavedView, asked: RwSignal<Option<SavedView>>, said: RwSignal<String>) -> impl IntoView {
    let page = PageState::here();
    let mine = page.session.me().and_then(|me| me.user.as_ref().map(|user| user.id)) == Some(view.owner_id);
    let whose = match (mine, view.shared_with.is_empty()) {
        (true, true) => messages::view_only_mine().to_owned(),
        (true, false) => messages::view_shared(role_names(&view)),
        (false, _) => messages::view_shared_by(&view.owner, role_names(&view)),
    };
    let id = view.id;
    let copy = move |()| {
        let origin = window().location().origin().unwrap_or_default();
        let address = format!("{origin}/callbacks/views/{id}");
        spawn_local(async move {
            said.try_set(if browser::copy(&address).await {
                messages::view_link_copied().to_owned()
            } else {
                format!("{} {address}", messages::view_link_not_copied())
            });
        });
    };
    let (name, title) = (view.name.clone(), view.name.clone());
    let copy_label = messages::view_copy_link(&name);
    let delete = view.editable.then(|| {
        let label = messages::view_delete(&view.name);
        view! { <IconButton icon="trash-2" label on_press=move |()| asked.set(Some(view.clone())) /> }
    });
    view! {
        <li>
            <span class="range-list__name" title=title>{name}</span>
            <span class="hint">{whose}</span>
            <IconButton icon="copy" label=copy_label on_press=copy />
            {delete}
        </li>
    }
}
