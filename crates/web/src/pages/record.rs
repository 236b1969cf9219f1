//! One callback at an address of its own.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use leptos_router::hooks::use_params_map;
use ringback_domain::CallbackId;
use ringback_domain::retention::RETENTION_DAYS;
use ringback_domain::wire::endpoint::GetCallback;

use super::callbacks::record::row::Row;
use super::search::Record;
use crate::api::Failure;
use crate::client::Client;
use crate::components::button::Button;
use crate::components::empty_state::{EmptyState, Skeleton};
use crate::components::icon::Icon;
use crate::components::page::PlainPage;
use crate::messages;

/// The page.
#[component]
pub(crate) fn RecordPage() -> impl IntoView {
    let client = Client::here();
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")?.parse::<CallbackId>().ok()));
    let found = RwSignal::new(None::<Result<Row, Failure>>);
    let load = move |id: Option<CallbackId>| {
        found.set(None);
        let Some(id) = id else { return };
        spawn_local(async move {
            let response = client.call(&GetCallback(id)).await;
            if id_is_still(params, id) {
                found.try_set(Some(response.map(Row::new)));
            }
        });
    };
    Effect::new(move |_| load(id.get()));
    let content = move || match (id.get(), found.get()) {
        (None, _) => absent().into_any(),
        (Some(_), None) => view! { <Skeleton label=messages::loading() /> }.into_any(),
        (Some(_), Some(Ok(row))) => view! { <Record row /> }.into_any(),
        (Some(_), Some(Err(Failure::Problem(problem)))) if problem.status == 404 => absent().into_any(),
        (id, Some(Err(failure))) => view! {
            <EmptyState icon="circle-alert" bad=true title=messages::list_failed() text=failure.message()>
                <Button icon="refresh-cw" on_press=move |()| load(id)>{messages::try_again()}</Button>
            </EmptyState>
        }
        .into_any(),
    };
    let list =
        view! { <A href="/callbacks" attr:class="btn"><Icon name="list" />{messages::go_to_callbacks()}</A> };
    view! { <PlainPage title=messages::one_callback() actions=list.into_any()>{content}</PlainPage> }
}

fn id_is_still(params: Memo<leptos_router::params::ParamsMap>, id: CallbackId) -> bool {
    let now = params.try_with_untracked(|params| params.get("id").and_then(|text| text.parse().ok()));
    now.flatten() == Some(id)
}

fn absent() -> impl IntoView {
    view! {
        <EmptyState icon="search" title=messages::no_such_callback() text=messages::search_none(RETENTION_DAYS)>
            <A href="/callbacks" attr:class="btn"><Icon name="list" />{messages::go_to_callbacks()}</A>
        </EmptyState>
    }
}
