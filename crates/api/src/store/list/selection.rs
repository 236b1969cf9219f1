//! Which callbacks a list is of, and how a search finds them.

use ringback_domain::{ServiceId, StateName, Timestamp};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::store::sql::{Arg, Sql, fetch};
use crate::store::{Backend, Conn, StoreResult};

/// Which callbacks, after everything that needs no table is decided.
#[derive(Clone, Debug, Default, Hash)]
pub struct Selection {
    /// Desired time from here on.
    pub from: Option<Timestamp>,
    /// Desired time before here.
    pub to: Option<Timestamp>,
    /// Of that, only these hours of every day.
    pub daily: Option<Daily>,
    /// Only these states; empty for all.
    pub states: Vec<StateName>,
    /// Only these services, ordered by name; `None` for all.
    pub services: Option<Vec<ServiceId>>,
    /// Only those whose column holds this text.
    pub search: Option<Search>,
    /// Only those still SCHEDULED after their window at this moment.
    pub overdue_at: Option<Timestamp>,
}

/// Hours of every day, as arithmetic that both databases can do: moved by the
/// shift, a time of these hours lies in the first `length` of a day of UTC.
#[derive(Clone, Debug, Hash)]
pub struct Daily {
    /// By how many microseconds times before a moment are moved, up to the end
    /// of the range: more than one where clocks are changed meanwhile.
    pub shifts: Vec<(Timestamp, i64)>,
    /// How long the hours are, in microseconds.
    pub length: i64,
}

/// A search in one column.
#[derive(Clone, Debug, Hash)]
pub struct Search {
    /// The column.
    pub column: SearchColumn,
    /// What is in it: lower case, or digits for a number, or hex for an id.
    pub text: String,
    /// The services whose name has it; for any column only.
    pub services: Vec<ServiceId>,
    /// How the rows are found.
    pub by: SearchBy,
}

/// How the rows of a search are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SearchBy {
    /// By going through the list: quick where many rows match.
    #[default]
    Scan,
    /// By the index of parts of numbers: quick where few do.
    Parts(Backend),
}

/// The columns that can be searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SearchColumn {
    /// The customer's number.
    CustomerNumber,
    /// The id, as hexadecimal digits.
    Id,
    /// State or result.
    State,
    /// Result.
    Result,
    /// Agent.
    Agent,
    /// Who made it.
    CreatedBy,
    /// Who cancelled it.
    CancelledBy,
    /// Language.
    Language,
    /// Those that are shown unless one chooses.
    Any,
}

/// A stretch of one index.
#[derive(Clone, Copy, Debug)]
pub(super) enum Run {
    Whole,
    State(StateName),
    Service(ServiceId),
}

impl Selection {
    /// The range of desired times: from the first moment, before the second.
    pub(super) fn range(&self) -> (i64, i64) {
        (self.from.map_or(i64::MIN, Timestamp::micros), self.to.map_or(i64::MAX, Timestamp::micros))
    }

    /// Everything that can be said of one row. Never empty.
    pub(super) fn conditions(&self, sql: &mut Sql, run: Run) {
        let (from, to) = self.range();
        self.conditions_within(sql, run, Some(from), Some(to));
    }

    /// The same with other ends of the range, one of which may be open.
    pub(super) fn conditions_within(&self, sql: &mut Sql, run: Run, from: Option<i64>, to: Option<i64>) {
        // Both ends are named even where they are far away: it keeps one plan
        // for every range.
        let mut and = "";
        for (end, comparison) in [(from, "desired_time >= "), (to, "desired_time < ")] {
            if let Some(end) = end {
                sql.push(and).push(comparison).bind(Arg::Int(end));
                and = " AND ";
            }
        }
        if let Some(daily) = &self.daily {
            daily.condition(sql);
        }
        // States are spelled out: some are a thousand times as rare as others,
        // and a plan for any of them would be wrong for most.
        match run {
            Run::State(state) => {
                sql.push(" AND state = '").push(state.as_str()).push("'");
            }
            Run::Service(_) | Run::Whole if !self.states.is_empty() => {
                let names: Vec<String> = self.states.iter().map(|state| format!("'{state}'")).collect();
                sql.push(" AND state IN (").push(&names.join(", ")).push(")");
            }
            Run::Service(_) | Run::Whole => {}
        }
        match (run, &self.services) {
            (Run::Service(service), _) => {
                sql.push(" AND service_id = ").bind(Arg::Id(service.0));
            }
            (_, Some(services)) => {
                sql.push(" AND ");
                if services.is_empty() {
                    sql.push("1 = 0");
                } else {
                    sql.one_of("service_id", services.iter().map(|service| Arg::Id(service.0)));
                }
            }
            (_, None) => {}
        }
        if let Some(now) = self.overdue_at {
            sql.push(" AND state = 'SCHEDULED' AND desired_time + desired_window_seconds * 1000000 < ");
            sql.bind(Arg::Int(now.micros()));
        }
        if let Some(search) = &self.search {
            search.condition(sql);
        }
    }

    /// Whether the index alone cannot tell which rows belong to the page.
    pub(super) fn is_sparse(&self) -> bool {
        self.search.is_some() || self.services.is_some() || self.overdue_at.is_some() || self.daily.is_some()
    }
}

impl Daily {
    /// One sum over what every index has, whatever the number of days: the
    /// range alone says where to read.
    fn condition(&self, sql: &mut Sql) {
        sql.push(" AND (desired_time + CASE");
        for (until, shift) in &self.shifts {
            sql.push(" WHEN desired_time < ").bind(Arg::Int(until.micros()));
            sql.push(" THEN ").bind(Arg::Int(*shift));
        }
        sql.push(" END) % 86400000000 < ").bind(Arg::Int(self.length));
    }
}

impl Search {
    fn condition(&self, sql: &mut Sql) {
        let pattern = pattern(&self.text);
        let columns: &[&str] = match self.column {
            // Digits need no folding of case.
            SearchColumn::CustomerNumber => {
                if let SearchBy::Parts(backend) = self.by {
                    sql.push(backend.pick(
                        " AND id IN (SELECT id FROM callback_numbers WHERE customer_number LIKE ",
                        " AND id = ANY(ARRAY(SELECT id FROM callbacks WHERE customer_number LIKE ",
                    ));
                    sql.bind(Arg::Text(pattern)).push(backend.pick(")", "))"));
                    return;
                }
                sql.push(" AND customer_number LIKE ").bind(Arg::Text(pattern)).push(" ESCAPE '!'");
                return;
            }
            SearchColumn::Id => &["id"],
            SearchColumn::State => &["state", "result"],
            SearchColumn::Result => &["result"],
            SearchColumn::Agent => &["agent"],
            SearchColumn::CreatedBy => &["created_by"],
            SearchColumn::CancelledBy => &["cancelled_by"],
            SearchColumn::Language => &["language"],
            SearchColumn::Any => &["state", "result", "agent"],
        };
        sql.push(" AND (");
        for (index, column) in columns.iter().enumerate() {
            if index > 0 {
                sql.push(" OR ");
            }
            sql.push("LOWER(").push(column).push(") LIKE ").bind(Arg::Text(pattern.clone()));
            sql.push(" ESCAPE '!'");
        }
        if self.column == SearchColumn::Any {
            self.elsewhere(sql);
        }
        sql.push(")");
    }

    /// The columns in which not every letter counts, and the service's name.
    fn elsewhere(&self, sql: &mut Sql) {
        let (digits, signs): (String, String) = self.text.chars().partition(char::is_ascii_digit);
        let is_number = !digits.is_empty() && signs.chars().all(|sign| " +-()./".contains(sign));
        for (column, text) in [("id", self.text.replace('-', "")), ("customer_number", digits)] {
            if !text.is_empty() && (column == "id" || is_number) {
                sql.push(" OR LOWER(").push(column).push(") LIKE ").bind(Arg::Text(pattern(&text)));
                sql.push(" ESCAPE '!'");
            }
        }
        if !self.services.is_empty() {
            sql.push(" OR ");
            sql.one_of("service_id", self.services.iter().map(|service| Arg::Id(service.0)));
        }
    }
}

/// Finds a text anywhere, whatever is in it.
fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

/// An id is a blob on SQLite and a UUID on PostgreSQL: both are searched as
/// hexadecimal digits.
pub(in crate::store) fn spell_id(sql: &mut Sql, conn: &Conn) {
    let spelled = conn.backend().pick("LOWER(hex(id))", "REPLACE(CAST(id AS TEXT), '-', '')");
    sql.text = sql.text.replace("LOWER(id)", spelled);
}

/// A list in the order of its index has one plan, whatever its range. SQLite
/// plans anew for each value that is bound as the end of a range, but not for
/// an expression.
pub(super) fn keep_plan(sql: &mut Sql, conn: &Conn) {
    if conn.backend() == Backend::Sqlite {
        for end in
            ["desired_time >= $", "desired_time < $", "(desired_time, id) > ($", "(desired_time, id) < ($"]
        {
            let kept = end.replace('$', "+$");
            sql.text = sql.text.replace(end, &kept);
        }
    }
}

/// Rows at the beginning of a range that are looked at to see whether a search
/// matches many.
const SAMPLE: i64 = 20_000;

/// The selection with the better way of searching: where the beginning of the
/// range does not fill a page, the matches are few and an index knows them.
pub(super) async fn with_search_plan(conn: &mut Conn, selection: &Selection) -> StoreResult<Selection> {
    let mut planned = selection.clone();
    let Some(search) = &mut planned.search else { return Ok(planned) };
    // The index knows parts of three digits and more.
    let digits = search.text.bytes().all(|letter| letter.is_ascii_digit());
    if search.column != SearchColumn::CustomerNumber || search.text.len() < 3 || !digits {
        return Ok(planned);
    }
    let mut sql = Sql::new(
        "SELECT COUNT(*) FROM (SELECT 1 AS one FROM (SELECT customer_number FROM callbacks WHERE desired_time >= ",
    );
    let (from, to) = selection.range();
    sql.bind(Arg::Int(from)).push(" AND desired_time < ").bind(Arg::Int(to));
    sql.push(" ORDER BY desired_time, id LIMIT ")
        .bind(Arg::Int(SAMPLE))
        .push(") r WHERE customer_number LIKE ");
    sql.bind(Arg::Text(format!("%{}%", search.text))).push(" LIMIT ").bind(Arg::Int(PAGE)).push(") s");
    let matches: i64 = fetch!(conn, sqlx::query_scalar::<_, i64>, sql, fetch_one)?;
    if matches < PAGE {
        search.by = SearchBy::Parts(conn.backend());
    }
    Ok(planned)
}

/// Matches that make a search one of many.
const PAGE: i64 = 250;

/// Fills the frozen selection of a bulk cancellation: what to insert and from
/// where. Gives the statement's `SELECT`, with the columns of an item.
pub(in crate::store) fn freeze(selection: &Selection, job: Uuid) -> Sql {
    let mut sql = Sql::new(
        "INSERT INTO bulk_cancellation_items (job_id, number, callback_id, service, customer_number, desired_time, \
         state_before) SELECT ",
    );
    sql.bind(Arg::Id(job)).push(
        ", ROW_NUMBER() OVER (ORDER BY c.desired_time, c.id), c.id, s.name, c.customer_number, c.desired_time, \
         c.state FROM callbacks c JOIN services s ON s.id = c.service_id WHERE c.id IN (SELECT id FROM callbacks \
         WHERE ",
    );
    selection.conditions(&mut sql, Run::Whole);
    sql.push(")");
    sql
}
