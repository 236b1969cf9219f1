//! Terms and their values.

use std::borrow::Cow;

use leptos::prelude::*;

/// A term with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fact {
    /// The term.
    pub(crate) term: Cow<'static, str>,
    /// The value.
    pub(crate) value: String,
    /// An id or a code.
    pub(crate) code: bool,
}

impl Fact {
    /// A term with a value in words.
    pub(crate) fn new(term: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        Self { term: term.into(), value: value.into(), code: false }
    }

    /// A term with an id or a code.
    pub(crate) fn code(term: &'static str, value: impl Into<String>) -> Self {
        Self { term: Cow::Borrowed(term), value: value.into(), code: true }
    }
}

/// The list and its state.
#[component]
pub(crate) fn KeyValue(
    /// The terms with their values.
    facts: Vec<Fact>,
) -> impl IntoView {
    let line = |fact: Fact| {
        let class = if fact.code { "mono" } else { "num" };
        // The tooltip shows values that do not fit.
        let title = fact.value.clone();
        view! { <div><dt>{fact.term}</dt><dd class=class title=title>{fact.value}</dd></div> }
    };
    view! { <dl class="key-value">{facts.into_iter().map(line).collect_view()}</dl> }
}
