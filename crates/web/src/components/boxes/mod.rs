//! A group of checkboxes with one for all.

use leptos::prelude::*;

use crate::components::icon::Icon;
use crate::components::unique_id;
use crate::messages;

/// The ticked boxes of a group.
#[derive(Clone, Copy)]
pub(crate) struct Ticked {
    boxes: RwSignal<Vec<bool>>,
    /// The person tried to untick the last box.
    refused: RwSignal<bool>,
}

impl Ticked {
    /// Boxes with an initial state.
    pub(crate) fn new(boxes: Vec<bool>) -> Self {
        Self { boxes: RwSignal::new(boxes), refused: RwSignal::new(false) }
    }

    /// Ticks or unticks all boxes.
    pub(crate) fn set_all(self, ticked: bool) {
        self.boxes.update(|boxes| boxes.fill(ticked));
        self.refused.set(!ticked);
    }

    /// Ticks or unticks a box. `false` if that would untick the last one.
    fn set(self, index: usize, ticked: bool) -> bool {
        let possible = ticked || self.count() > 1;
        self.refused.set(!possible);
        if possible {
            self.boxes.update(|boxes| boxes[index] = ticked);
        }
        possible
    }

    /// The number of ticked boxes.
    pub(crate) fn count(self) -> usize {
        self.boxes.with(|boxes| boxes.iter().filter(|ticked| **ticked).count())
    }

    /// The number of boxes.
    pub(crate) fn len(self) -> usize {
        self.boxes.with(Vec::len)
    }

    /// The values of the ticked boxes; `None` if all are ticked.
    pub(crate) fn chosen<T: Clone>(self, values: &[T]) -> Option<Vec<T>> {
        let all = self.count() == self.len();
        let ticked = self.boxes.get();
        let chosen = values.iter().zip(ticked).filter(|(_, ticked)| *ticked);
        (!all).then(|| chosen.map(|(value, _)| value.clone()).collect())
    }
}

/// Controls under a heading.
#[component]
pub(crate) fn Group(
    /// The heading.
    label: &'static str,
    /// A text beside the heading that is not part of the group's name.
    #[prop(optional, into)]
    hint: MaybeProp<String>,
    /// The controls.
    children: Children,
) -> impl IntoView {
    let id = unique_id("group");
    let labelled_by = id.clone();
    view! {
        <fieldset class="field-group" aria-labelledby=labelled_by>
            <legend><span id=id>{label}</span><span class="hint num">{hint}</span></legend>
            {children()}
        </fieldset>
    }
}

/// The group. At least one box has to be ticked.
#[component]
pub(crate) fn Boxes(
    /// The name of the group.
    label: &'static str,
    /// The ticked boxes.
    ticked: Ticked,
    /// The labels of the boxes.
    names: Vec<AnyView>,
    /// A hint beside the box for all.
    #[prop(optional)]
    hint: Option<&'static str>,
) -> impl IntoView {
    let error = StoredValue::new(unique_id("choose-one"));
    let checkbox_of = move |(index, name): (usize, AnyView)| {
        let change = move |event: leptos::ev::Event| {
            if !ticked.set(index, event_target_checked(&event)) {
                event_target::<web_sys::HtmlInputElement>(&event).set_checked(true);
            }
        };
        let checked = move || ticked.boxes.with(|boxes| boxes[index]);
        view! {
            <label class="option-row">
                <input type="checkbox" class="check" prop:checked=checked on:change=change />
                {name}
            </label>
        }
    };
    let all = Memo::new(move |_| ticked.count() == ticked.len());
    let mixed = Memo::new(move |_| !all.get() && ticked.count() > 0);
    view! {
        <Group label hint=Signal::derive(move || Some(messages::some_of(ticked.count(), ticked.len())))>
            <div class="check-group__all">
                <label class="option-row">
                    <input
                        type="checkbox"
                        class="check"
                        class:is-mixed=mixed
                        prop:checked=all
                        prop:indeterminate=mixed
                        aria-invalid=move || ticked.refused.get().then_some("true")
                        aria-describedby=move || ticked.refused.get().then(|| error.get_value())
                        on:change=move |_| ticked.set_all(!all.get_untracked())
                    />
                    {messages::all_boxes()}
                </label>
                {hint.map(|hint| view! { <span class="hint">{hint}</span> })}
            </div>
            <div class="check-grid">{names.into_iter().enumerate().map(checkbox_of).collect_view()}</div>
            <div role="alert" class="check-group__error" id=error.get_value()>
                {move || {
                    ticked.refused.get().then(|| {
                        view! { <Icon name="circle-alert" class="icon--small" /> {messages::choose_one()} }
                    })
                }}
            </div>
        </Group>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_box_stays_ticked_and_all_of_them_mean_no_choice() {
        let owner = Owner::new();
        owner.set();
        let ticked = Ticked::new(vec![true, true]);
        assert_eq!(ticked.chosen(&["a", "b"]), None);
        assert!(ticked.set(0, false));
        assert!(!ticked.set(1, false));
        assert_eq!(ticked.chosen(&["a", "b"]), Some(vec!["b"]));
        assert!(ticked.refused.get_untracked());
        ticked.set_all(true);
        assert!(!ticked.refused.get_untracked());
    }
}
