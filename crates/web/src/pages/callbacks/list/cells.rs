//! The cells of a row as markup, as a page has thousands of them.

use ringback_domain::callback::waiting::{WaitingFor, WaitingReason};
use ringback_domain::phone::NumberWarning;
use ringback_domain::wire::callback::CallbackView;
use ringback_domain::wire::list::SearchField;
use ringback_domain::{StateName, Timestamp};

use crate::clock::Clock;
use crate::components::highlight::{find_digits, find_in_id, find_text, marked, marked_parts};
use crate::components::icon::inline_icon;
use crate::components::markup::{Markup, markup};
use crate::components::state_badge::badge;
use crate::components::tooltip::tooltip_button;
use crate::format::{self, Style};
use crate::messages;
use crate::pages::callbacks::record::row::{Action, number_text};
use crate::pages::callbacks::view::columns::Column;
use crate::pages::callbacks::view::matching::{Search, is_overdue};

/// Icons of the sprite, each as one path.
mod paths {
    pub(super) const CHEVRON_RIGHT: &str = "m9 18 6-6-6-6";
    pub(super) const CALENDAR: &str = "M8 2v3M16 2v3M3 9h18M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 \
                                       2 0 0 1 2-2z";
    pub(super) const TRIANGLE_ALERT: &str = "m21.73 18-8-14a2 2 0 0 0-3.48 0l-8 14A2 2 0 0 0 4 21h16a2 2 0 0 0 \
                                             1.73-3M12 9v4M12 17h.01";
    pub(super) const PENCIL: &str = "M21.174 6.812a1 1 0 0 0-3.986-3.987L3.842 16.174a2 2 0 0 0-.5.83l-1.321 4.352a.5.5 \
                                     0 0 0 .623.622l4.353-1.32a2 2 0 0 0 .83-.497zM15 5l4 4";
    pub(super) const ROTATE_CCW: &str = "M3 12a9 9 0 1 0 9-9 9.75 9.75 0 0 0-6.74 2.74L3 8M3 3v5h5";
}

/// What the look of all rows depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    /// How times are shown.
    pub(crate) style: Style,
    /// The current day. Times of other days are shown as dates.
    pub(crate) today: String,
    /// What is searched.
    pub(crate) search: Search,
}

/// A record and what its cells depend on.
pub(super) struct Drawing<'a> {
    view: &'a CallbackView,
    look: &'a Look,
    clock: Clock,
    left: bool,
    action: Action,
    late: bool,
    id: String,
    number: String,
}

impl<'a> Drawing<'a> {
    /// Prepares a record. `left` means that it no longer belongs to the list.
    /// Tracks the clock as finely as the record's age is shown.
    pub(super) fn of(
        view: &'a CallbackView,
        look: &'a Look,
        clock: Clock,
        left: bool,
        action: Action,
    ) -> Self {
        let late = view.state == StateName::Scheduled && is_overdue(view, clock.coarse());
        let (id, number) = (view.id.to_string(), number_text(view));
        Self { view, look, clock, left, action, late, id, number }
    }

    /// A cell with its content.
    pub(super) fn cell(&self, column: Column, content: &Markup) -> Markup {
        let class = column.class();
        match column {
            Column::Number => {
                markup!(r#"<th scope="row" class="{}" role="rowheader" dir="ltr">{}</th>"#, class, content)
            }
            Column::Id => markup!(
                r#"<td class="{}" role="cell" aria-label="{}" title="{}">{}</td>"#,
                class,
                self.id,
                self.id,
                content
            ),
            _ => markup!(r#"<td class="{}" role="cell">{}</td>"#, class, content),
        }
    }

    /// The content of a cell.
    pub(super) fn content(&self, column: Column) -> Markup {
        let Self { view, look, .. } = self;
        let metrics = &view.metrics;
        let plain = |text: Option<String>| text.map(|text| markup!("{}", text));
        let content = match column {
            Column::Select => {
                let name = messages::select_row(&self.number);
                Some(markup!(r#"<input type="checkbox" class="check" tabindex="-1" aria-label="{}">"#, name))
            }
            Column::Metrics => Some(self.arrow()),
            Column::State => Some(self.state()),
            Column::DesiredTime => Some(self.desired_time()),
            Column::Service => self.text(SearchField::Service, Some(&view.service.name)),
            Column::Number => {
                let digits = look.search.digits();
                let found = digits.iter().find_map(|digits| find_digits(&self.number, digits));
                let warning = view.number_warning.map(|NumberWarning::UnknownLength| {
                    let (id, icon) = (format!("number-{}", self.id), inline_icon(paths::TRIANGLE_ALERT));
                    let tip = messages::number_unknown_length();
                    tooltip_button(&id, "warning-button", messages::warning(), &icon, tip)
                });
                Some(markup!("{}{}", marked(&self.number, found), warning))
            }
            Column::Attempts => {
                let text = messages::attempts_short(metrics.attempts_made, metrics.max_attempts);
                let none = metrics.attempts_made == 0;
                Some(if none {
                    markup!(r#"<span class="subtle">{}</span>"#, text)
                } else {
                    markup!("{}", text)
                })
            }
            Column::Agent => self.text(SearchField::Agent, metrics.agent.as_deref()),
            Column::Updated => {
                let text = format::time_or_day(view.updated_at, &look.today, look.style);
                Some(markup!(r#"<time datetime="{}">{}</time>"#, view.updated_at.to_string(), text))
            }
            Column::Id => Some(self.id()),
            Column::Position => plain(metrics.position_in_queue.map(|place| format::count(place.into()))),
            Column::Wait => plain(metrics.estimated_wait_seconds.map(|wait| format::duration(wait.into()))),
            Column::Priority => plain(Some(view.priority.to_string())),
            Column::Created => plain(Some(format::day_time(view.created_at, look.style))),
            Column::Completed => plain(metrics.completed_at.map(|at| format::day_time(at, look.style))),
            Column::CreatedBy => self.text(SearchField::CreatedBy, metrics.created_by.as_deref()),
            Column::Language => self.text(SearchField::Language, view.language.as_deref()),
            Column::Actions => Some(self.action()),
        };
        content.unwrap_or_else(|| markup!(r#"<span class="no-value">{}</span>"#, messages::none()))
    }

    fn arrow(&self) -> Markup {
        markup!(
            r#"<button type="button" class="expand-button" data-does="expand" id="metrics-{}" aria-label="{}" aria-expanded="false" aria-controls="detail-{}">{}</button>"#,
            self.id,
            messages::metrics_of(&self.number),
            self.id,
            inline_icon(paths::CHEVRON_RIGHT)
        )
    }

    fn state(&self) -> Markup {
        let Self { view, look, .. } = self;
        let calendar = view.scheduled_origin.then(|| {
            let label = messages::originated_scheduled();
            markup!(
                r#"<span class="origin" role="img" aria-label="{}" title="{}">{}</span>"#,
                label,
                label,
                inline_icon(paths::CALENDAR)
            )
        });
        let quarantined = view.metrics.quarantined_at;
        let tip = quarantined.map(|at| messages::quarantine_warning(format::day_time(at, look.style)));
        let tip = tip.or_else(|| {
            let to = view.desired_time.plus_seconds(view.desired_window_seconds.into());
            let [from, to] = [view.desired_time, to].map(|at| format::time(at, look.style));
            self.late.then(|| messages::warning_tip(from, to))
        });
        let warning = tip.map(|tip| {
            let (id, icon) = (format!("late-{}", self.id), inline_icon(paths::TRIANGLE_ALERT));
            tooltip_button(&id, "warning-button", messages::warning(), &icon, &tip)
        });
        markup!(
            "{}{}{}",
            calendar,
            badge(view.state, view.result, look.search.text_in(SearchField::State)),
            warning
        )
    }

    fn desired_time(&self) -> Markup {
        let note = if self.left { Some(messages::left_view().to_owned()) } else { self.relative() };
        let (class, note_class) =
            if self.late { ("is-late", "relative-time is-late") } else { ("", "relative-time") };
        let at = self.view.desired_time;
        markup!(
            r#"<time datetime="{}" class="{}">{}</time>{}"#,
            at.to_string(),
            class,
            format::day_time(at, self.look.style),
            note.map(|note| markup!(r#" <span class="{}">{}</span>"#, note_class, note))
        )
    }

    /// The time in its state, or until it is due.
    fn relative(&self) -> Option<String> {
        let Self { view, clock, .. } = self;
        let since = |start: Option<Timestamp>| start.map(|start| format::duration(clock.since(start)));
        let metrics = &view.metrics;
        let left = |until: Option<Timestamp>| until.map(|until| format::duration(-clock.since(until)));
        match view.waiting_for {
            Some(WaitingFor { reason: WaitingReason::Cancellation, until }) => {
                return left(until).map(messages::cancelled_in);
            }
            Some(WaitingFor { reason: WaitingReason::Dialling, .. }) => {
                return Some(messages::dialling_off().to_owned());
            }
            Some(WaitingFor { reason: WaitingReason::Closed, .. }) => {
                return Some(messages::service_closed().to_owned());
            }
            Some(WaitingFor { reason: WaitingReason::CalledPartyHours, until }) => {
                return left(until).map(messages::permitted_in);
            }
            Some(WaitingFor { reason: WaitingReason::OtherCall, .. }) => {
                return Some(messages::other_call().to_owned());
            }
            Some(WaitingFor { reason: WaitingReason::RetryGap, until: Some(until) })
                if until > clock.coarse() =>
            {
                return left(Some(until)).map(messages::again_in);
            }
            _ => {}
        }
        match view.state {
            StateName::Scheduled => {
                let age = clock.since(view.desired_time);
                Some(match age {
                    ..0 => messages::due_in(format::duration(-age)),
                    _ if self.late => messages::late(format::duration(age)),
                    _ => messages::due_now().to_owned(),
                })
            }
            StateName::Queued if metrics.quarantined_at.is_some() => Some(messages::quarantined().to_owned()),
            StateName::Queued => since(metrics.queued_at).map(messages::waiting),
            StateName::Routing => since(metrics.agent_reserved_at).map(messages::reserved),
            StateName::Processing => since(metrics.agent_connected_at).map(messages::on_call),
            StateName::Completed => None,
        }
    }

    /// A text with search matches marked.
    fn text(&self, field: SearchField, text: Option<&str>) -> Option<Markup> {
        let text = text?;
        let found = find_text(text, self.look.search.text_in(field));
        Some(markup!(r#"<span title="{}">{}</span>"#, text, marked(text, found)))
    }

    fn id(&self) -> Markup {
        /// The number of characters at the end that always stay visible.
        const END_LENGTH: usize = 8;
        let id = &self.id;
        let found = find_in_id(id, self.look.search.text_in(SearchField::Id));
        let [start, end] = marked_parts(id, id.len() - END_LENGTH, found);
        markup!(
            r#"<span class="callback-id__start">{}</span><span class="callback-id__end">{}</span>"#,
            start,
            end
        )
    }

    fn action(&self) -> Markup {
        let (does, class, path, label) = match self.action {
            Action::None => return Markup::default(),
            Action::Edit => {
                ("edit", "icon-button icon-button--accent", paths::PENCIL, messages::edit_of(&self.number))
            }
            Action::Recreate => {
                ("recreate", "icon-button", paths::ROTATE_CCW, messages::recreate_of(&self.number))
            }
        };
        markup!(
            r#"<button type="button" class="{}" tabindex="-1" data-does="{}" aria-label="{}" title="{}">{}</button>"#,
            class,
            does,
            label,
            label,
            inline_icon(path)
        )
    }
}
