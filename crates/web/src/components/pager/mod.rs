//! Links to the pages of a list.

use leptos::prelude::*;

use crate::components::icon::Icon;
use crate::messages;

/// A link to a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PageLink {
    /// The number of the page, from 1.
    pub(crate) number: u32,
    /// The address of the page.
    pub(crate) href: String,
}

/// The links of the pager.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pages {
    /// The number of the current page; `None` for a page behind a cursor.
    pub(crate) current: Option<u32>,
    /// Numbered pages; `None` is a gap.
    pub(crate) numbered: Vec<Option<PageLink>>,
    /// The previous page.
    pub(crate) previous: Option<String>,
    /// The next page.
    pub(crate) next: Option<String>,
}

/// The numbers to show around `current` out of `last`; `None` is a gap.
pub(crate) fn window(current: u32, last: u32) -> Vec<Option<u32>> {
    const AROUND: u32 = 2;
    let near = |number: &u32| {
        *number == 1 || *number == last || number.abs_diff(current) <= AROUND || last <= 2 * AROUND + 3
    };
    let mut numbers = Vec::new();
    let mut before = 0;
    for number in (1..=last).filter(near) {
        match number - before {
            1 => {}
            // A gap of one page takes as much room as its number.
            2 => numbers.push(Some(number - 1)),
            _ => numbers.push(None),
        }
        numbers.push(Some(number));
        before = number;
    }
    numbers
}

/// The pager.
#[component]
pub(crate) fn Pager(
    /// The links.
    #[prop(into)]
    pages: Signal<Pages>,
) -> impl IntoView {
    let step = |href: Option<String>, label: &'static str, icon: &'static str, key: &'static str| {
        let last = href.is_none();
        view! {
            <a href=href role="link" aria-label=label aria-disabled=last.then_some("true") data-keys=key>
                <Icon name=icon />
            </a>
        }
    };
    view! {
        <nav class="pager" aria-label=messages::pages()>
            {move || {
                let pages = pages.get();
                let numbered = pages
                    .numbered
                    .into_iter()
                    .map(|link| match link {
                        None => view! { <span class="pager__gap" aria-hidden="true">"…"</span> }.into_any(),
                        Some(link) => {
                            let here = pages.current == Some(link.number);
                            view! {
                                <a
                                    href=link.href
                                    class="num"
                                    aria-label=messages::page(link.number)
                                    aria-current=here.then_some("page")
                                >
                                    {link.number}
                                </a>
                            }
                            .into_any()
                        }
                    })
                    .collect_view();
                view! {
                    {step(pages.previous, messages::previous_page(), "chevron-left", "[")}
                    {numbered}
                    {step(pages.next, messages::next_page(), "chevron-right", "]")}
                }
            }}
        </nav>
    }
}

#[cfg(test)]
mod tests {
    use super::window;

    fn shown(current: u32, last: u32) -> String {
        let text = |number: Option<u32>| number.map_or("…".to_owned(), |number| number.to_string());
        window(current, last).into_iter().map(text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_first_the_last_and_those_around_the_current_page_are_shown() {
        assert_eq!(shown(1, 1), "1");
        assert_eq!(shown(3, 6), "1 2 3 4 5 6");
        assert_eq!(shown(1, 40), "1 2 3 … 40");
        assert_eq!(shown(20, 40), "1 … 18 19 20 21 22 … 40");
        assert_eq!(shown(5, 40), "1 2 3 4 5 6 7 … 40");
    }
}
