//! The table of figures, each with its goal and whether it is met.

use crate::client::Figures;

/// What has been measured so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    heading: String,
    met: usize,
    missed: Vec<String>,
}

/// What a figure is to reach.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    /// At least so much of the rate of the bare endpoint.
    OfBare(f64),
    /// At least so many times the rate of the other build.
    OfBeside(f64),
    /// Half of all within so many milliseconds.
    Median(f64),
    /// 95 of 100 within so many milliseconds.
    P95(f64),
    /// 99 of 100 within so many milliseconds.
    P99(f64),
}

/// Figures of one kind of work.
#[derive(Debug, Default)]
pub(crate) struct Row<'a> {
    pub(crate) what: &'a str,
    pub(crate) clients: usize,
    pub(crate) ours: Figures,
    /// Of the bare endpoint, in the same run.
    pub(crate) bare: Option<&'a Figures>,
    /// Of the other build, in the same run.
    pub(crate) beside: Option<&'a Figures>,
    pub(crate) goals: &'a [Goal],
}

/// A single value, in the unit that `what` names.
#[derive(Debug, Default)]
pub(crate) struct Single<'a> {
    pub(crate) what: &'a str,
    pub(crate) ours: f64,
    /// Of the bare work, in the same run.
    pub(crate) bare: Option<f64>,
    /// Of the other build, in the same run.
    pub(crate) beside: Option<f64>,
    /// The goal.
    pub(crate) at_most: Option<f64>,
}

impl Row<'_> {
    fn of_bare(&self) -> Option<f64> {
        Some(self.ours.rate() / self.bare?.rate())
    }

    fn of_beside(&self) -> Option<f64> {
        Some(self.ours.rate() / self.beside?.rate())
    }

    /// Whether a goal is met; `None` where there is nothing to compare with.
    fn meets(&self, goal: Goal) -> Option<bool> {
        match goal {
            Goal::OfBare(least) => self.of_bare().map(|ratio| ratio >= least),
            Goal::OfBeside(least) => self.of_beside().map(|ratio| ratio >= least),
            Goal::Median(most) => Some(self.ours.within(500) <= most),
            Goal::P95(most) => Some(self.ours.within(950) <= most),
            Goal::P99(most) => Some(self.ours.within(990) <= most),
        }
    }
}

impl Goal {
    fn text(self) -> String {
        match self {
            Self::OfBare(least) => format!("≥ {least} of bare"),
            Self::OfBeside(least) => format!("≥ {least} × beside"),
            Self::Median(most) => format!("p50 ≤ {most} ms"),
            Self::P95(most) => format!("p95 ≤ {most} ms"),
            Self::P99(most) => format!("p99 ≤ {most} ms"),
        }
    }
}

/// The heads of the columns of [`Report::row`].
pub(crate) fn rates() {
    println!(
        "| {:<44} | cl. | {:>8} | {:>7} | {:>7} | {:>7} | {:>8} | {:>8} | {:>5} | {:>8} | {:>9} | {:>5} | {:>5} | \
         {:<32} | met |",
        "what",
        "ours/s",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "bare/s",
        "bare p99",
        "ratio",
        "beside/s",
        "ratio",
        "load",
        "cores",
        "goal"
    );
    println!("|{}|{}", "-".repeat(46), "---|".repeat(14));
}

/// The heads of the columns of [`Report::value`].
pub(crate) fn values() {
    println!(
        "| {:<64} | {:>10} | {:>10} | {:>10} | {:<12} | met |",
        "what", "ours", "bare", "beside", "goal"
    );
    println!("|{}|{}", "-".repeat(66), "---|".repeat(5));
}

/// The heads of the columns of [`Report::spread`].
pub(crate) fn spreads() {
    println!("| {:<58} | {:>8} | {:>8} | {:>8} | met |", "what", "p50", "p95", "p95 ≤");
    println!("|{}|{}", "-".repeat(60), "---|".repeat(4));
}

/// A remark below the table.
pub(crate) fn note(text: &str) {
    println!("\n{text}");
}

/// A number, or nothing where there is none.
fn cell(value: Option<f64>, decimals: usize) -> String {
    value.map_or(String::new(), |value| format!("{value:.decimals$}"))
}

impl Report {
    /// Begins a figure, with the heads of the columns.
    pub(crate) fn figure(&mut self, name: &str, what: &str) {
        name.clone_into(&mut self.heading);
        println!("\n## {name}: {what}\n");
    }

    /// A line of [`rates`]. `load` and `cores` are the processors that
    /// the bench and the server kept busy.
    pub(crate) fn row(&mut self, row: &Row<'_>) {
        let ours = &row.ours;
        let met = self.judge(row.what, row.goals.iter().map(|goal| row.meets(*goal)));
        let goals: Vec<String> = row.goals.iter().map(|goal| goal.text()).collect();
        println!(
            "| {:<44} | {:>3} | {:>8.0} | {:>7.1} | {:>7.1} | {:>7.1} | {:>8} | {:>8} | {:>5} | {:>8} | {:>9} | {:>5} | \
             {:>5} | {:<32} | {met:<3} |",
            row.what,
            row.clients,
            ours.rate(),
            ours.within(500),
            ours.within(950),
            ours.within(990),
            cell(row.bare.map(Figures::rate), 0),
            cell(row.bare.map(|bare| bare.within(990)), 1),
            cell(row.of_bare(), 2),
            cell(row.beside.map(Figures::rate), 0),
            cell(row.of_beside(), 2),
            cell(ours.load_cores, 2),
            cell(ours.server_cores, 2),
            goals.join(", ")
        );
    }

    /// A line of [`values`].
    pub(crate) fn value(&mut self, value: &Single<'_>) {
        let met = self.judge(value.what, value.at_most.iter().map(|most| Some(value.ours <= *most)));
        let goal = value.at_most.map_or(String::new(), |most| format!("≤ {most}"));
        println!(
            "| {:<64} | {:>10.2} | {:>10} | {:>10} | {goal:<12} | {met:<3} |",
            value.what,
            value.ours,
            cell(value.bare, 2),
            cell(value.beside, 2)
        );
    }

    /// Values of which 95 of 100 are to be at most `goal`, in the unit that
    /// `what` names, milliseconds otherwise.
    pub(crate) fn spread(&mut self, what: &str, mut values: Vec<f64>, goal: Option<f64>) {
        values.sort_by(f64::total_cmp);
        let at = |share: usize| {
            values.get(values.len() * share / 100).or(values.last()).copied().unwrap_or_default()
        };
        let met = self.judge(what, goal.iter().map(|goal| Some(at(95) <= *goal)));
        println!("| {what:<58} | {:>8.1} | {:>8.1} | {:>8} | {met:<3} |", at(50), at(95), cell(goal, 0));
    }

    /// Whether all goals that could be judged are met, for the last column.
    fn judge(&mut self, what: &str, met: impl Iterator<Item = Option<bool>>) -> &'static str {
        let judged: Vec<bool> = met.flatten().collect();
        if judged.is_empty() {
            return "";
        }
        if judged.iter().all(|met| *met) {
            self.met += 1;
            return "yes";
        }
        self.missed.push(format!("{}: {}", self.heading, what.trim()));
        "NO"
    }

    /// The current figure could not be measured.
    pub(crate) fn failed(&mut self, why: &str) {
        println!("\n{} could not be measured: {why}", self.heading);
        self.missed.push(format!("{}: not measured", self.heading));
    }

    /// How many goals are met, and which are not.
    pub(crate) fn summary(&self) {
        println!("\n{} goals met, {} not met", self.met, self.missed.len());
        for missed in &self.missed {
            println!("  NO  {missed}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A hundred pieces of work of 1 to 100 ms, one a millisecond.
    fn figures() -> Figures {
        let taken = (1..=100).map(Duration::from_millis).collect();
        Figures::new(taken, Duration::from_millis(100))
    }

    #[test]
    fn goals_in_milliseconds_are_judged_by_their_share_of_all() {
        let row = Row { ours: figures(), ..Row::default() };
        assert_eq!(row.meets(Goal::Median(51.0)), Some(true));
        assert_eq!(row.meets(Goal::Median(50.0)), Some(false));
        assert_eq!(row.meets(Goal::P95(96.0)), Some(true));
        assert_eq!(row.meets(Goal::P99(99.0)), Some(false));
    }

    #[test]
    fn goals_beside_others_are_judged_by_the_rate() {
        let (bare, mut beside) = (figures(), figures());
        beside.done = 50;
        let row = Row { ours: figures(), bare: Some(&bare), beside: Some(&beside), ..Row::default() };
        assert_eq!(row.meets(Goal::OfBare(1.0)), Some(true));
        assert_eq!(row.meets(Goal::OfBare(1.1)), Some(false));
        assert_eq!(row.meets(Goal::OfBeside(2.0)), Some(true));
        assert_eq!(row.meets(Goal::OfBeside(2.1)), Some(false));
    }

    #[test]
    fn a_goal_beside_a_build_that_is_not_there_is_neither_met_nor_missed() {
        let mut report = Report::default();
        report.row(&Row { ours: figures(), goals: &[Goal::OfBeside(2.0)], ..Row::default() });
        assert_eq!((report.met, report.missed.len()), (0, 0));
    }

    #[test]
    fn a_missed_goal_is_listed_under_its_figure() {
        let mut report = Report::default();
        report.figure("P6", "due");
        report.value(&Single { what: "idle", ours: 0.6, at_most: Some(0.5), ..Single::default() });
        report.value(&Single { what: "early", at_most: Some(0.0), ..Single::default() });
        assert_eq!((report.met, report.missed), (1, vec!["P6: idle".to_owned()]));
    }
}
