//! The conditions of a list, and how a search is executed.

use ringback_domain::wire::list::SearchField;
use ringback_domain::{CallbackId, ServiceId, StateName, Timestamp};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::store::error::inconsistent;
use crate::store::sql::{Arg, Sql, fetch};
use crate::store::{Backend, Conn, StoreResult};

/// A filter as the database can apply it: names are resolved to ids, and the
/// caller's visible services are included.
#[derive(Clone, Debug, Default, Hash)]
pub struct Selection {
    /// Earliest desired time, inclusive.
    pub from: Option<Timestamp>,
    /// Latest desired time, exclusive.
    pub to: Option<Timestamp>,
    /// Only these hours of every day within the range.
    pub daily: Option<Daily>,
    /// Only these states; empty for all.
    pub states: Vec<StateName>,
    /// Only these services, ordered by name; `None` for all.
    pub services: Option<Vec<ServiceId>>,
    /// Only callbacks that contain this text.
    pub search: Option<Search>,
    /// Only callbacks that are still SCHEDULED after the end of their window, as
    /// of this time.
    pub overdue_at: Option<Timestamp>,
}

/// Hours of every day, as arithmetic that both databases can do: a time matches
/// if, after adding its shift, it lies in the first `length` of a UTC day.
#[derive(Clone, Debug, Hash)]
pub struct Daily {
    /// Shifts in microseconds, each for the times before a moment; the last
    /// moment is the end of the range. There are several if the clocks change
    /// within the range.
    pub shifts: Vec<(Timestamp, i64)>,
    /// Length of the hours, in microseconds.
    pub length: i64,
}

/// A search in some columns.
#[derive(Clone, Debug, Hash)]
pub struct Search {
    /// The columns: in one or the other.
    pub columns: Vec<SearchField>,
    /// The text to find, folded.
    pub text: String,
    /// The digits to find in a number, one or the other; none is found without.
    pub numbers: Vec<String>,
    /// The services whose name contains the text.
    pub services: Vec<ServiceId>,
    /// How the rows are found.
    pub plan: SearchPlan,
}

/// How the rows of a search are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SearchPlan {
    /// Scan the list: fast if many rows match.
    #[default]
    Scan,
    /// Look up the trigram index of customer numbers: fast if few rows match.
    NumberIndex(Backend),
}

/// A contiguous part of one index.
#[derive(Clone, Copy, Debug)]
pub(super) enum Run {
    All,
    State(StateName),
    Service(ServiceId),
}

impl Selection {
    /// The range of desired times in microseconds, without its end.
    pub(super) fn range(&self) -> (i64, i64) {
        (self.from.map_or(i64::MIN, Timestamp::micros), self.to.map_or(i64::MAX, Timestamp::micros))
    }

    /// Writes the conditions on a row. There is always at least one.
    pub(super) fn conditions(&self, sql: &mut Sql, run: Run) {
        let (from, to) = self.range();
        self.conditions_within(sql, run, Some(from), Some(to));
    }

    /// The same with another range of desired times, which may be open.
    pub(super) fn conditions_within(&self, sql: &mut Sql, run: Run, from: Option<i64>, to: Option<i64>) {
        // An unlimited range has bounds as well, so that every range uses the
        // same plan.
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
        // States are literals, not arguments: some are a thousand times rarer
        // than others and need a plan of their own.
        match run {
            Run::State(state) => {
                sql.push(" AND state = '").push(state.as_str()).push("'");
            }
            Run::Service(_) | Run::All if !self.states.is_empty() => {
                let names: Vec<String> = self.states.iter().map(|state| format!("'{state}'")).collect();
                sql.push(" AND state IN (").push(&names.join(", ")).push(")");
            }
            Run::Service(_) | Run::All => {}
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
    /// One expression for any number of days. It uses only the desired time,
    /// which every index contains.
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
    /// A search for numbers with one of these parts.
    pub fn of_number(parts: Vec<String>) -> Self {
        Self {
            columns: vec![SearchField::CustomerNumber],
            text: String::new(),
            numbers: parts,
            services: Vec::new(),
            plan: SearchPlan::Scan,
        }
    }

    fn condition(&self, sql: &mut Sql) {
        if let SearchPlan::NumberIndex(backend) = self.plan {
            sql.push(backend.pick(" AND id IN (", " AND id = ANY(ARRAY("));
            for (index, digits) in self.numbers.iter().enumerate() {
                sql.push(if index == 0 { "" } else { " UNION " });
                sql.push("SELECT id FROM callback_numbers WHERE customer_number LIKE ");
                sql.bind(Arg::Text(format!("%{digits}%")));
            }
            sql.push(backend.pick(")", "))"));
            return;
        }
        sql.push(" AND (1 = 0");
        for column in &self.columns {
            let expression = match column {
                SearchField::CustomerNumber => {
                    self.any_number(sql);
                    continue;
                }
                SearchField::Service => {
                    if !self.services.is_empty() {
                        sql.push(" OR ");
                        sql.one_of("service_id", self.services.iter().map(|service| Arg::Id(service.0)));
                    }
                    continue;
                }
                SearchField::Id => "LOWER(id)",
                // As the list shows it.
                SearchField::State => "LOWER(state || COALESCE(' (' || result || ')', ''))",
                SearchField::Result => "LOWER(result)",
                SearchField::Agent => "agent_folded",
                SearchField::CreatedBy => "created_by_folded",
                SearchField::CancelledBy => "cancelled_by_folded",
                SearchField::Language => "LOWER(language)",
                // The filter has put its columns in its place.
                SearchField::Any => continue,
            };
            // An id is hexadecimal digits here.
            let is_id = *column == SearchField::Id;
            let text = if is_id { self.text.replace('-', "") } else { self.text.clone() };
            if !text.is_empty() {
                sql.push(" OR ").push(expression).push(" LIKE ").bind(Arg::Text(pattern(&text)));
                sql.push(" ESCAPE '!'");
            }
        }
        sql.push(")");
    }

    /// Or that the number contains one of the parts.
    fn any_number(&self, sql: &mut Sql) {
        for digits in &self.numbers {
            // Numbers have no upper and lower case, so `LOWER` is left out.
            sql.push(" OR customer_number LIKE ").bind(Arg::Text(format!("%{digits}%")));
        }
    }

    /// Whether the trigram index, which cannot find fewer than three digits, has
    /// all that is searched for.
    fn is_indexed(&self) -> bool {
        self.columns == [SearchField::CustomerNumber]
            && !self.numbers.is_empty()
            && self.numbers.iter().all(|part| part.len() >= MIN_INDEXED_DIGITS)
    }
}

/// The `LIKE` pattern of a text anywhere in a value, with wildcards escaped.
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

/// Replaces `LOWER(id)`, because ids are searched as hexadecimal digits: they
/// are blobs on SQLite and UUIDs on PostgreSQL.
pub(super) fn id_as_hex(sql: &mut Sql, conn: &Conn) {
    let hex = conn.backend().pick("LOWER(hex(id))", "REPLACE(CAST(id AS TEXT), '-', '')");
    sql.text = sql.text.replace("LOWER(id)", hex);
}

/// Makes SQLite use one plan for every range: it plans again whenever the bound
/// end of a range has another value, but not if the end is an expression.
pub(super) fn pin_plan(sql: &mut Sql, conn: &Conn) {
    if conn.backend() == Backend::Sqlite {
        for end in
            ["desired_time >= $", "desired_time < $", "(desired_time, id) > ($", "(desired_time, id) < ($"]
        {
            let expression = end.replace('$', "+$");
            sql.text = sql.text.replace(end, &expression);
        }
    }
}

/// Makes SQLite read the index that has the order, and not sort all rows of a range
/// of desired times, which is the whole list where the range is open.
pub(super) fn pin_order(sql: &mut Sql, conn: &Conn) {
    if conn.backend() == Backend::Sqlite {
        for end in ["desired_time >= ", "desired_time < "] {
            sql.text = sql.text.replace(end, &format!("+{end}"));
        }
    }
}

/// The shortest part of a number that the trigram index finds.
pub const MIN_INDEXED_DIGITS: usize = 3;

/// Rows at the start of a range that are sampled to estimate how many match.
const SAMPLE_ROWS: i64 = 20_000;

/// Matches in the sample from which on a scan is the better plan: one page.
const MIN_SCAN_MATCHES: i64 = 250;

/// The selection with the better search plan: the index, unless the sample
/// already fills a page.
pub(super) async fn with_search_plan(conn: &mut Conn, selection: &Selection) -> StoreResult<Selection> {
    let mut planned = selection.clone();
    let Some(search) = &mut planned.search else { return Ok(planned) };
    if !search.is_indexed() {
        return Ok(planned);
    }
    let mut sql = Sql::new(
        "SELECT COUNT(*) FROM (SELECT 1 AS one FROM (SELECT customer_number FROM callbacks WHERE desired_time >= ",
    );
    let (from, to) = selection.range();
    sql.bind(Arg::Int(from)).push(" AND desired_time < ").bind(Arg::Int(to));
    sql.push(" ORDER BY desired_time, id LIMIT ").bind(Arg::Int(SAMPLE_ROWS)).push(") r WHERE 1 = 0");
    search.any_number(&mut sql);
    sql.push(" LIMIT ").bind(Arg::Int(MIN_SCAN_MATCHES)).push(") s");
    let matches: i64 = fetch!(conn, sqlx::query_scalar::<_, i64>, sql, fetch_one)?;
    if matches < MIN_SCAN_MATCHES {
        search.plan = SearchPlan::NumberIndex(conn.backend());
    }
    Ok(planned)
}

/// The ids of the selected callbacks by state, each in the order of desired times.
pub async fn ids_by_state(
    conn: &mut Conn,
    selection: &Selection,
) -> StoreResult<Vec<(StateName, Vec<CallbackId>)>> {
    // One value for each state: rows would cost more to read than to find.
    let mut sql = Sql::new(
        "SELECT state, string_agg(LOWER(id), '' ORDER BY desired_time, id) FROM callbacks \
         WHERE ",
    );
    selection.conditions(&mut sql, Run::All);
    sql.push(" GROUP BY state");
    id_as_hex(&mut sql, conn);
    let rows = fetch!(conn, sqlx::query_as::<_, (String, String)>, sql, fetch_all)?;
    rows.into_iter()
        .map(|(state, hex)| {
            let state = state.parse().map_err(|_| inconsistent("callbacks", &state, "state"))?;
            let (ids, _) = hex.as_bytes().as_chunks::<32>();
            let id = |digits: &[u8; 32]| Uuid::try_parse_ascii(digits).map(CallbackId);
            let ids: Result<_, _> = ids.iter().map(id).collect();
            Ok((state, ids.map_err(|_| inconsistent("callbacks", state, "id"))?))
        })
        .collect()
}
