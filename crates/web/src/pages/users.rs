//! Users: who may log in, as what, and for which services.

use leptos::prelude::*;
use ringback_domain::wire::admin::{CreateUser, EditUser, ServiceView, UserView};
use ringback_domain::wire::endpoint::{ListServices, ListUsers, PatchUser, PostUser};
use ringback_domain::wire::problem::ProblemKind;
use ringback_domain::{Role, ServiceId};

use super::collection::{Collection, CollectionPage, Subject, service_names};
use crate::client::Client;
use crate::components::check_list::CheckList;
use crate::components::choice::Switch;
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::icon_button::IconButton;
use crate::components::input::{SelectField, SelectOption, TextField};
use crate::components::toast::{Toast, Toasts};
use crate::forms::{Submission, require, show_problems};
use crate::messages;

/// The page.
#[component]
pub(crate) fn UsersPage() -> impl IntoView {
    let client = Client::here();
    let services = RwSignal::new(Vec::<ServiceView>::new());
    let users = Collection::new(move || async move {
        // Users refer to services by id.
        if let Ok(response) = client.call(&ListServices).await {
            services.try_set(response.items);
        }
        Ok(client.call(&ListUsers).await?.items)
    });
    let row = move |user: UserView| {
        let edited = user.clone();
        let visible = services.with_untracked(|services| service_names(user.services.as_deref(), services));
        view! {
            <tr>
                <th scope="row">{user.username.clone()}</th>
                <td>{user.display_name}</td>
                <td>{messages::role_name(user.role)}</td>
                <td class="wrap">{visible}</td>
                <td>{if user.disabled { messages::disabled() } else { messages::active() }}</td>
                <td>
                    <IconButton
                        class="icon-button--accent"
                        icon="pencil"
                        label=messages::edit_of(user.username)
                        on_press=move |()| users.open(edited.clone())
                    />
                </td>
            </tr>
        }
        .into_any()
    };
    let columns = vec![
        messages::username(),
        messages::name(),
        messages::role(),
        messages::services(),
        messages::column_state(),
        messages::column_actions(),
    ];
    let dialog = move |subject| {
        let services = services.get_untracked();
        view! { <UserDialog subject users services /> }.into_any()
    };
    view! {
        <CollectionPage
            collection=users
            title=messages::users()
            label=messages::users()
            create=Some(messages::create_user())
            columns
            row
            dialog
        />
    }
}

/// The form and its errors.
#[derive(Clone, Copy)]
struct Form {
    username: RwSignal<String>,
    display_name: RwSignal<String>,
    password: RwSignal<String>,
    role: RwSignal<String>,
    everywhere: RwSignal<bool>,
    services: RwSignal<Vec<String>>,
    disabled: RwSignal<bool>,
    /// The errors of the first four fields.
    errors: [RwSignal<Option<String>>; 4],
}

impl Form {
    fn of(user: Option<&UserView>) -> Self {
        let role = user.map_or(Role::Supervisor, |user| user.role);
        let services = user.and_then(|user| user.services.clone());
        Self {
            username: RwSignal::new(user.map(|user| user.username.clone()).unwrap_or_default()),
            display_name: RwSignal::new(user.map(|user| user.display_name.clone()).unwrap_or_default()),
            password: RwSignal::new(String::new()),
            role: RwSignal::new(role.as_str().to_owned()),
            everywhere: RwSignal::new(services.is_none()),
            services: RwSignal::new(services.iter().flatten().map(ToString::to_string).collect()),
            disabled: RwSignal::new(user.is_some_and(|user| user.disabled)),
            errors: std::array::from_fn(|_| RwSignal::new(None)),
        }
    }

    /// Marks empty fields. `true` if nothing is missing.
    fn check(self, edits: bool) -> bool {
        let [username, display_name, password, _] = self.errors;
        let filled = if edits {
            [require(self.display_name, display_name, messages::enter_name()), true]
        } else {
            [
                require(self.username, username, messages::enter_username()),
                require(self.password, password, messages::enter_password()),
            ]
        };
        !filled.contains(&false)
    }

    fn chosen_role(self) -> Option<Role> {
        self.role.get_untracked().parse().ok()
    }

    fn chosen_services(self) -> Option<Vec<ServiceId>> {
        let chosen = || self.services.get_untracked().iter().filter_map(|id| id.parse().ok()).collect();
        (!self.everywhere.get_untracked()).then(chosen)
    }

    fn new_user(self) -> Option<CreateUser> {
        let name = self.display_name.get_untracked().trim().to_owned();
        Some(CreateUser {
            username: self.username.get_untracked().trim().to_owned(),
            display_name: (!name.is_empty()).then_some(name),
            password: self.password.get_untracked(),
            role: self.chosen_role()?,
            services: self.chosen_services(),
        })
    }

    /// The changed values only, as setting a role ends sessions.
    fn changes(self, user: &UserView) -> EditUser {
        let name = self.display_name.get_untracked().trim().to_owned();
        let password = self.password.get_untracked();
        let everywhere = self.everywhere.get_untracked();
        let services = self.chosen_services();
        EditUser {
            display_name: (name != user.display_name).then_some(name),
            password: (!password.is_empty()).then_some(password),
            role: self.chosen_role().filter(|role| *role != user.role),
            all_services: everywhere && user.services.is_some(),
            services: if services == user.services { None } else { services },
            disabled: Some(self.disabled.get_untracked()).filter(|disabled| *disabled != user.disabled),
        }
    }
}

/// Creates a user, or changes one.
#[component]
fn UserDialog(
    subject: Subject<UserView>,
    users: Collection<UserView>,
    services: Vec<ServiceView>,
) -> impl IntoView {
    let toasts = Toasts::here();
    let user = subject.existing();
    let form = Form::of(user.as_ref());
    let [username_error, name_error, password_error, role_error] = form.errors;
    let edits = user.is_some();
    let (title, button, done, password) = if edits {
        (messages::edit_user(), messages::save(), messages::user_saved(), messages::new_password())
    } else {
        (messages::create_user(), messages::create(), messages::user_created(), messages::password())
    };
    let hint = if edits { messages::new_password_hint() } else { messages::password_hint() };
    let handle = DialogHandle::new(title);
    let submission = Submission::of(handle);
    let user = StoredValue::new(user);
    let submit = move |()| {
        if !form.check(edits) {
            return handle.focus_first_error();
        }
        let Some(new_user) = form.new_user() else { return };
        let work = async move {
            match user.get_value() {
                Some(user) => {
                    submission.command(PatchUser(user.id, form.changes(&user)), Some(user.version)).await
                }
                None => submission.command(PostUser(new_user), None).await,
            }
        };
        let saved = move |_| {
            handle.close();
            users.reload();
            toasts.show(Toast::success(done));
        };
        submission.run(work, saved, move |failure| {
            if failure.kind() == Some(ProblemKind::Duplicate) {
                return username_error.set(Some(messages::name_taken().to_owned()));
            }
            let pointers = ["/username", "/display_name", "/password", "/role"];
            let fields: Vec<_> = pointers.into_iter().zip(form.errors).collect();
            handle.problem.set(show_problems(&failure, &fields));
        });
    };
    let roles = Role::ALL
        .iter()
        .map(|role| SelectOption {
            value: role.as_str().to_owned(),
            label: messages::role_name(*role).to_owned(),
        })
        .collect::<Vec<_>>();
    let services: Vec<_> =
        services.into_iter().map(|service| (service.id.to_string(), service.name)).collect();
    let services = StoredValue::new(services);
    view! {
        <Dialog handle on_close=move |()| users.close() on_submit=submit action=handle.submit(button)>
            {(!edits).then(|| view! {
                <TextField
                    label=messages::username()
                    value=form.username
                    error=username_error
                    autofocus=true
                />
            })}
            <TextField label=messages::name() value=form.display_name error=name_error autofocus=edits />
            <TextField
                label=password
                value=form.password
                error=password_error
                kind="password"
                autocomplete="new-password"
                hint=hint.to_owned()
            />
            <SelectField label=messages::role() value=form.role error=role_error choices=roles />
            <div class="switches">
                <Switch
                    label=messages::all_services()
                    on=form.everywhere
                    on_switch=move |on| form.everywhere.set(on)
                />
                <Show when=move || !form.everywhere.get()>
                    <CheckList label=messages::services() items=services.get_value() chosen=form.services />
                </Show>
                {edits.then(|| view! {
                    <Switch
                        label=messages::disabled()
                        on=form.disabled
                        on_switch=move |on| form.disabled.set(on)
                    />
                })}
            </div>
            {edits.then(|| view! { <p class="hint">{messages::user_consequence()}</p> })}
        </Dialog>
    }
}
