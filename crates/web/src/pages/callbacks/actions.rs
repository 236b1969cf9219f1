//! Actions that do not concern a row.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::wire::endpoint::ExportCallbacks;
use ringback_domain::wire::list::{ExportQuery, Format};

use crate::clock;
use crate::components::button::{Appearance, Button};
use crate::components::icon::Icon;
use crate::components::menu::{Menu, MenuItem};
use crate::components::toast::{Toast, Toasts};
use crate::format;
use crate::lazy::{Lazy, Part};
use crate::messages;
use crate::pages::callbacks::list::page::{OpenDialog, PageState};

/// The buttons beside the heading.
#[component]
pub(super) fn Actions() -> impl IntoView {
    let page = PageState::here();
    let create = page.manages.then(|| {
        view! {
                <Button
                    appearance=Appearance::Primary
                    icon="plus"
                    keys="c"
                    on_press=move |()| page.dialog.set(Some(OpenDialog::Create))
                >
                    {messages::create_callback()}
                </Button>
        }
    });
    view! {
        <div class="actions">
            {Lazy::here().add(Part::ViewsMenu)}
            {page.manages.then(|| view! { <ExportMenu /> })}
            <Button
                icon="sliders-horizontal"
                class="options-button"
                keys="o"
                on_press=move |()| page.dialog.set(Some(OpenDialog::Options))
            >
                {messages::advanced_options()}
            </Button>
            {create}
        </div>
    }
}

/// The menu of exports.
#[component]
fn ExportMenu() -> impl IntoView {
    let lazy = Lazy::here();
    view! {
        <Menu
            label=messages::export()
            button_label=messages::export().to_owned()
            button_class="btn btn--ghost export-button"
            button=Box::new(|| view! { <Icon name="download" />{messages::export()} }.into_any())
        >
            {lazy.show(Part::ExportMenu)}
        </Menu>
    }
}

/// The items of the menu.
pub(crate) fn export_menu() -> AnyView {
    let (page, toasts) = (PageState::here(), Toasts::here());
    let choosing = RwSignal::new(false);
    let list = move |format: Format, label: &'static str| {
        view! { <MenuItem on_press=move |()| export_list(page, toasts, format)>{label}</MenuItem> }
    };
    view! {
            <MenuItem on_press=move |()| page.dialog.set(Some(OpenDialog::Reports))>
                <Icon name="ban" />
                {messages::export_reports()}
            </MenuItem>
            <MenuItem
                expanded=Signal::from(choosing)
                on_press=move |()| choosing.update(|choosing| *choosing = !*choosing)
            >
                <Icon name="file-spreadsheet" />
                {messages::export_list()}
            </MenuItem>
            <Show when=move || choosing.get()>
                <div role="group" aria-label=messages::export_list() class="menu__subitems">
                    {list(Format::Xlsx, messages::export_xlsx())}
                    {list(Format::Csv, messages::export_csv())}
                    {list(Format::Ndjson, messages::export_ndjson())}
                </div>
            </Show>
    }
    .into_any()
}

/// Saves the whole list, with all its pages.
fn export_list(page: PageState, toasts: Toasts, format: Format) {
    let (now, utc) = (clock::now(), page.preferences.style_untracked().utc);
    let mut filter = page.view.with_untracked(|view| view.list.filter(view.list.bounds(now, utc)));
    if format == Format::Xlsx {
        filter.time_zone.get_or_insert_with(|| format::zone_name(utc));
    }
    let request = ExportCallbacks { filter, query: ExportQuery { format: Some(format) } };
    let name = match format {
        Format::Csv => "callbacks.csv",
        Format::Ndjson => "callbacks.ndjson",
        Format::Xlsx => "callbacks.xlsx",
    };
    spawn_local(async move {
        if let Err(failure) = page.client.save(&request, name).await {
            toasts.show(Toast::error(messages::export_failed(), failure.message()));
        }
    });
}
