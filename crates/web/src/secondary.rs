//! The second WebAssembly module of the page. What is reached through
//! [`render`] alone is taken out of the first module as the page is built.

#![expect(clippy::unnecessary_wraps, reason = "loading may fail, the function itself does not")]

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};

use crate::api;
use crate::language;
use crate::lazy::{Part, Render};
use crate::pages::audit::AuditPage;
use crate::pages::callbacks::actions::export_menu;
use crate::pages::callbacks::dialogs::open_dialog;
use crate::pages::callbacks::list::empty::empty_list;
use crate::pages::callbacks::list::jump::ways_to_now;
use crate::pages::callbacks::list::live::paused_banner;
use crate::pages::callbacks::list::paging::pager;
use crate::pages::callbacks::list::selection::selection_bar;
use crate::pages::callbacks::list::tools::{sort_select, table_tools};
use crate::pages::callbacks::record::details::details;
use crate::pages::callbacks::saved_views::views_menu;
use crate::pages::hours::{CapacityPage, OfficeHoursPage};
use crate::pages::integrations::IntegrationsPage;
use crate::pages::numbers::NumbersPage;
use crate::pages::record::RecordPage;
use crate::pages::saved_view::SavedViewPage;
use crate::pages::search::SearchPage;
use crate::pages::services::ServicesPage;
use crate::pages::users::UsersPage;
use crate::shell::{account_menu, banners, help, my_account, sign_in_again};

/// Loads the module and its texts; `None` if that fails.
pub(crate) fn load() -> LocalBoxFuture<'static, Option<Render>> {
    async {
        let texts = async {
            let Some(address) = language::later_address() else { return true };
            api::page_text(&address).await.map(language::adopt_later).is_some()
        };
        let (render, has_texts) = futures_util::join!(renderer(), texts);
        render.ok().filter(|_| has_texts)
    }
    .boxed_local()
}

#[wasm_split(secondary, fallible, wasm_split_path = leptos::wasm_split)]
fn renderer() -> Result<Render, SplitLoaderError> {
    Ok(render)
}

fn render(part: Part) -> AnyView {
    match part {
        Part::AccountMenu => account_menu(),
        Part::ViewsMenu => views_menu(),
        Part::SavedView => SavedViewPage().into_any(),
        Part::ExportMenu => export_menu(),
        Part::TableTools => table_tools(),
        Part::Pager => pager(),
        Part::WaysToNow => ways_to_now(),
        Part::PausedBanner => paused_banner(),
        Part::SortSelect => sort_select(),
        Part::SelectionBar => selection_bar(),
        Part::Banners => banners(),
        Part::EmptyList => empty_list(),
        Part::Record => RecordPage().into_any(),
        Part::Search => SearchPage().into_any(),
        Part::Services => ServicesPage().into_any(),
        Part::OfficeHours => OfficeHoursPage().into_any(),
        Part::Capacity => CapacityPage().into_any(),
        Part::Numbers => NumbersPage().into_any(),
        Part::Integrations => IntegrationsPage().into_any(),
        Part::Users => UsersPage().into_any(),
        Part::Audit => AuditPage().into_any(),
        Part::CallbackDialog => open_dialog(),
        Part::RowDetails => details(),
        Part::Help => help(),
        Part::MyAccount => my_account(),
        Part::SignInAgain => sign_in_again(),
    }
}
