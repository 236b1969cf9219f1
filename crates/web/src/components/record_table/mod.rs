//! A short list as a table.

use leptos::prelude::*;

use crate::components::button::Button;
use crate::components::empty_state::{EmptyState, Skeleton};
use crate::messages;

/// The items of a list, or why they could not be loaded, in a sentence; `None`
/// while they are being loaded.
pub(crate) type Items<T> = RwSignal<Option<Result<Vec<T>, String>>>;

/// A table of all items, or a word on why it is empty.
#[component]
pub(crate) fn RecordTable<T: Clone + Send + Sync + 'static>(
    /// The items.
    items: Items<T>,
    /// The column headings; the last column is for actions, and its heading for
    /// screen readers, unless `shows_last`.
    columns: Vec<&'static str>,
    /// The name of the table.
    label: &'static str,
    /// Draws the row of an item.
    row: Callback<T, AnyView>,
    /// Loads the items again.
    reload: Callback<()>,
    /// The last column is one as the others.
    #[prop(optional)]
    shows_last: bool,
) -> impl IntoView {
    let columns = StoredValue::new(columns);
    move || match items.get() {
        None => view! { <Skeleton label=messages::loading() /> }.into_any(),
        Some(Err(text)) => view! {
            <EmptyState icon="circle-alert" bad=true title=messages::list_failed() text>
                <Button icon="refresh-cw" on_press=reload>{messages::try_again()}</Button>
            </EmptyState>
        }
        .into_any(),
        Some(Ok(items)) if items.is_empty() => {
            view! { <EmptyState icon="list" title=label text=messages::none_yet().to_owned() /> }.into_any()
        }
        Some(Ok(items)) => {
            let columns = columns.get_value();
            let last = columns.len() - 1;
            let head = |(index, label): (usize, &'static str)| {
                let content = if index == last && !shows_last {
                    view! { <span class="visually-hidden">{label}</span> }.into_any()
                } else {
                    label.into_any()
                };
                view! { <th scope="col">{content}</th> }
            };
            view! {
                <div class="card record-table__region" tabindex="0" role="region" aria-label=label>
                    <table class="record-table" class:record-table--data=shows_last aria-label=label>
                        <thead><tr>{columns.into_iter().enumerate().map(head).collect_view()}</tr></thead>
                        <tbody>{items.into_iter().map(|item| row.run(item)).collect_view()}</tbody>
                    </table>
                </div>
            }
            .into_any()
        }
    }
}
