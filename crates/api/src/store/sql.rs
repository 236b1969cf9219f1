//! Statements that are built at run time. Their text never contains input, which
//! is always bound.

use uuid::Uuid;

/// Ids as one value to bind: a JSON array of 32 hexadecimal digits each.
pub(super) fn id_array(ids: impl Iterator<Item = Uuid>) -> String {
    let ids: Vec<String> = ids.map(|id| id.simple().to_string()).collect();
    serde_json::to_string(&ids).unwrap_or_default()
}

/// A value bound to a statement.
#[derive(Clone, Debug)]
pub(super) enum Arg {
    Int(i64),
    Text(String),
    Id(Uuid),
}

/// A statement under construction, with its arguments.
#[derive(Clone, Debug, Default)]
pub(super) struct Sql {
    pub(super) text: String,
    pub(super) args: Vec<Arg>,
}

impl Sql {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), args: Vec::new() }
    }

    pub(super) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    pub(super) fn bind(&mut self, arg: Arg) -> &mut Self {
        use std::fmt::Write;
        self.args.push(arg);
        let number = self.args.len();
        // Writing to a string cannot fail.
        let _ = write!(self.text, "${number}");
        self
    }

    /// `column IN ($1, $2, …)`.
    pub(super) fn one_of(&mut self, column: &str, args: impl IntoIterator<Item = Arg>) {
        self.push(column).push(" IN (");
        for (index, arg) in args.into_iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            self.bind(arg);
        }
        self.push(")");
    }
}

/// Binds every argument to a query.
macro_rules! bind_all {
    ($query:expr, $args:expr) => {{
        let mut query = $query;
        for arg in $args {
            query = match arg {
                Arg::Int(value) => query.bind(value),
                Arg::Text(value) => query.bind(value),
                Arg::Id(value) => query.bind(value),
            };
        }
        query
    }};
}
pub(super) use bind_all;

/// Binds every argument to a query and runs it with the given method.
macro_rules! fetch {
    ($conn:expr, $make:expr, $sql:expr, $fetch:ident) => {{
        let sql: Sql = $sql;
        $crate::store::on!($conn, |c| {
            $crate::store::sql::bind_all!($make(AssertSqlSafe(sql.text)), sql.args).$fetch(c).await
        })
    }};
}
pub(super) use fetch;

/// Appends a statement to another and renumbers its arguments.
pub(super) fn append(into: &mut Sql, part: Sql) {
    let mut pieces = part.text.split('$');
    into.push(pieces.next().unwrap_or_default());
    let mut args = part.args.into_iter();
    for piece in pieces {
        let rest = piece.trim_start_matches(|letter: char| letter.is_ascii_digit());
        if let Some(arg) = args.next() {
            into.bind(arg);
        }
        into.push(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appending_a_statement_renumbers_its_arguments() {
        let mut outer = Sql::new("a = ");
        outer.bind(Arg::Int(1)).push(" AND ");
        let mut inner = Sql::new("b = ");
        inner.bind(Arg::Int(2)).push(" AND c = ").bind(Arg::Int(3));
        append(&mut outer, inner);
        assert_eq!(outer.text, "a = $1 AND b = $2 AND c = $3");
        assert_eq!(outer.args.len(), 3);
    }
}
