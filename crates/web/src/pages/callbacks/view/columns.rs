//! The columns of the table.

use ringback_domain::wire::auth::Preferences;
use ringback_domain::wire::list::Sort;

use crate::messages;
use crate::width::Width;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Column {
    /// The checkbox that selects the row.
    Select,
    /// The arrow that expands the row.
    Metrics,
    /// State, result, origin and warning.
    State,
    /// Desired time.
    DesiredTime,
    /// Service.
    Service,
    /// Customer number.
    Number,
    /// Attempts made and allowed.
    Attempts,
    /// Agent.
    Agent,
    /// Last change.
    Updated,
    /// Id.
    Id,
    /// Position in the queue.
    Position,
    /// Estimated waiting time.
    Wait,
    /// Creation time.
    Created,
    /// Creator.
    CreatedBy,
    /// Priority.
    Priority,
    /// Language.
    Language,
    /// Completion time.
    Completed,
    /// The command for the row.
    Actions,
}

impl Column {
    /// The columns that a person can move, in the default order. State and the
    /// columns without a visible heading stay in place.
    pub(crate) const MOVABLE: [Self; 14] = [
        Self::DesiredTime,
        Self::Service,
        Self::Number,
        Self::Attempts,
        Self::Agent,
        Self::Updated,
        Self::Id,
        Self::Position,
        Self::Wait,
        Self::Created,
        Self::CreatedBy,
        Self::Priority,
        Self::Language,
        Self::Completed,
    ];
    /// The columns that are shown by default.
    pub(crate) const DEFAULT: &[Self] = Self::MOVABLE.split_at(7).0;

    /// The columns for a width. A card has the most important ones; a table has all,
    /// and scrolls sideways between its first and its last column.
    pub(crate) fn shown(width: Width, manages: bool, chosen: Option<&[Self]>) -> Vec<Self> {
        let fits = |column: &Self| match column {
            Self::DesiredTime | Self::Service | Self::Number => true,
            _ => width == Width::Table,
        };
        let middle = chosen.unwrap_or(Self::DEFAULT);
        let mut all = vec![Self::Metrics, Self::State];
        if manages {
            all.insert(0, Self::Select);
        }
        all.extend(middle.iter().copied().filter(fits));
        all.extend(manages.then_some(Self::Actions));
        all
    }

    /// The columns that a person chose; `None` for the default ones. Unknown
    /// names are ignored.
    pub(crate) fn chosen(preferences: &Preferences) -> Option<Vec<Self>> {
        let find = |word: &String| Self::MOVABLE.into_iter().find(|column| column.key() == word);
        preferences.columns.as_ref().map(|words| words.iter().filter_map(find).collect())
    }

    /// The name in the preferences. It is the API's if the API has one.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Select => "select",
            Self::Metrics => "metrics",
            Self::State => "state",
            Self::DesiredTime => "desired_time",
            Self::Service => "service",
            Self::Number => "customer_number",
            Self::Attempts => "attempts",
            Self::Agent => "agent",
            Self::Updated => "updated_at",
            Self::Id => "id",
            Self::Position => "position_in_queue",
            Self::Wait => "estimated_wait",
            Self::Created => "created_at",
            Self::CreatedBy => "created_by",
            Self::Priority => "priority",
            Self::Language => "language",
            Self::Completed => "completed_at",
            Self::Actions => "actions",
        }
    }

    /// The heading.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Select => messages::select_page(),
            Self::Metrics => messages::column_metrics(),
            Self::State => messages::column_state(),
            Self::DesiredTime => messages::column_desired_time(),
            Self::Service => messages::column_service(),
            Self::Number => messages::column_number(),
            Self::Attempts => messages::column_attempts(),
            Self::Agent => messages::column_agent(),
            Self::Updated => messages::column_updated(),
            Self::Id => messages::column_id(),
            Self::Position => messages::position(),
            Self::Wait => messages::estimated_wait(),
            Self::Created => messages::term_created(),
            Self::CreatedBy => messages::term_created_by(),
            Self::Priority => messages::term_priority(),
            Self::Language => messages::term_language(),
            Self::Completed => messages::term_completed(),
            Self::Actions => messages::column_actions(),
        }
    }

    /// Whether the heading is for screen readers only.
    pub(crate) const fn is_silent(self) -> bool {
        matches!(self, Self::Metrics | Self::Actions)
    }

    /// The class of its cells, which sets their width.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Select => "col-select",
            Self::Metrics => "col-expand",
            Self::State => "col-state",
            Self::DesiredTime => "col-time num",
            Self::Service => "col-service",
            Self::Number => "col-number num",
            Self::Attempts => "col-attempts num",
            Self::Agent => "col-agent",
            Self::Updated => "col-updated num subtle",
            Self::Id => "col-id",
            Self::Position => "col-position num",
            Self::Wait => "col-wait num",
            Self::Created | Self::Completed => "col-date num",
            Self::CreatedBy => "col-creator",
            Self::Priority => "col-priority num",
            Self::Language => "col-language",
            Self::Actions => "col-actions",
        }
    }

    /// The first of its classes.
    pub(crate) fn class_name(self) -> &'static str {
        self.class().split(' ').next().unwrap_or_default()
    }

    /// The ascending and the descending order, if the list can be sorted by it.
    pub(crate) const fn sorts(self) -> Option<(Sort, Sort)> {
        match self {
            Self::State => Some((Sort::State, Sort::StateDescending)),
            Self::DesiredTime => Some((Sort::DesiredTime, Sort::DesiredTimeDescending)),
            Self::Service => Some((Sort::Service, Sort::ServiceDescending)),
            Self::Updated => Some((Sort::UpdatedAt, Sort::UpdatedAtDescending)),
            Self::Created => Some((Sort::CreatedAt, Sort::CreatedAtDescending)),
            Self::Number => Some((Sort::CustomerNumber, Sort::CustomerNumberDescending)),
            Self::Completed => Some((Sort::CompletedAt, Sort::CompletedAtDescending)),
            Self::Priority => Some((Sort::Priority, Sort::PriorityDescending)),
            _ => None,
        }
    }
}

/// The name of the column that the list is sorted by.
pub(crate) fn sort_label(sort: Sort) -> &'static str {
    match sort {
        Sort::DesiredTime | Sort::DesiredTimeDescending => messages::column_desired_time(),
        Sort::CreatedAt | Sort::CreatedAtDescending => messages::term_created(),
        Sort::UpdatedAt | Sort::UpdatedAtDescending => messages::column_updated(),
        Sort::State | Sort::StateDescending => messages::column_state(),
        Sort::Service | Sort::ServiceDescending => messages::column_service(),
        Sort::CustomerNumber | Sort::CustomerNumberDescending => messages::column_number(),
        Sort::CompletedAt | Sort::CompletedAtDescending => messages::term_completed(),
        Sort::Priority | Sort::PriorityDescending => messages::term_priority(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_columns_stand_in_their_order() {
        let words = ["language", "shoe_size", "service"].map(str::to_owned).to_vec();
        let preferences = Preferences { columns: Some(words), ..Preferences::default() };
        let chosen = Column::chosen(&preferences);
        assert_eq!(chosen.as_deref(), Some(&[Column::Language, Column::Service][..]));
        let shown = |width| Column::shown(width, false, chosen.as_deref());
        let all = [Column::Metrics, Column::State, Column::Language, Column::Service];
        assert_eq!(shown(Width::Table), all);
        assert_eq!(shown(Width::Cards), [Column::Metrics, Column::State, Column::Service]);
    }

    #[test]
    fn a_table_has_all_columns_and_a_card_the_most_important_ones() {
        let count = |width| Column::shown(width, true, None).len();
        assert_eq!([Width::Table, Width::Cards].map(count), [11, 7]);
    }
}
