//! The tables of figures, with their goals.

use crate::client::Figures;

/// Counts the goals that were met, and lists those that were not.
#[derive(Debug, Default)]
pub(crate) struct Report {
    heading: String,
    met: usize,
    missed: Vec<String>,
}

/// The goal of a figure.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    /// At least this share of the rate of the bare endpoint.
    OfBare(f64),
    /// At least this many times the rate of the other build.
    OfBeside(f64),
    /// The median is at most this, in milliseconds.
    Median(f64),
    /// The 95th percentile is at most this, in milliseconds.
    P95(f64),
    /// The 99th percentile is at most this, in milliseconds.
    P99(f64),
}

/// A line of the table of rates.
#[derive(Debug, Default)]
pub(crate) struct Row<'a> {
    pub(crate) label: &'a str,
    pub(crate) clients: usize,
    pub(crate) ours: Figures,
    /// The bare endpoint in the same run.
    pub(crate) bare: Option<&'a Figures>,
    /// The other build in the same run.
    pub(crate) beside: Option<&'a Figures>,
    pub(crate) goals: &'a [Goal],
}

/// A single value, in the unit that `label` names.
#[derive(Debug, Default)]
pub(crate) struct Single<'a> {
    pub(crate) label: &'a str,
    pub(crate) ours: f64,
    /// The bare work in the same run.
    pub(crate) bare: Option<f64>,
    /// The other build in the same run.
    pub(crate) beside: Option<f64>,
    /// The goal: the largest value.
    pub(crate) at_most: Option<f64>,
}

impl Row<'_> {
    fn of_bare(&self) -> Option<f64> {
        Some(self.ours.rate() / self.bare?.rate())
    }

    fn of_beside(&self) -> Option<f64> {
        Some(self.ours.rate() / self.beside?.rate())
    }

    /// Whether a goal is met; `None` if there is nothing to compare with.
    fn meets(&self, goal: Goal) -> Option<bool> {
        match goal {
            Goal::OfBare(min) => self.of_bare().map(|ratio| ratio >= min),
            Goal::OfBeside(min) => self.of_beside().map(|ratio| ratio >= min),
            Goal::Median(max) => Some(self.ours.within(500) <= max),
            Goal::P95(max) => Some(self.ours.within(950) <= max),
            Goal::P99(max) => Some(self.ours.within(990) <= max),
        }
    }
}

impl Goal {
    fn text(self) -> String {
        match self {
            Self::OfBare(min) => format!("≥ {min} of bare"),
            Self::OfBeside(min) => format!("≥ {min} × beside"),
            Self::Median(max) => format!("p50 ≤ {max} ms"),
            Self::P95(max) => format!("p95 ≤ {max} ms"),
            Self::P99(max) => format!("p99 ≤ {max} ms"),
        }
    }
}

/// Prints the header of [`Report::row`].
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

/// Prints the header of [`Report::value`].
pub(crate) fn values() {
    println!(
        "| {:<64} | {:>10} | {:>10} | {:>10} | {:<12} | met |",
        "what", "ours", "bare", "beside", "goal"
    );
    println!("|{}|{}", "-".repeat(66), "---|".repeat(5));
}

/// Prints the header of [`Report::spread`].
pub(crate) fn spreads() {
    println!("| {:<58} | {:>8} | {:>8} | {:>8} | met |", "what", "p50", "p95", "p95 ≤");
    println!("|{}|{}", "-".repeat(60), "---|".repeat(4));
}

/// Prints a remark below the table.
pub(crate) fn note(text: &str) {
    println!("\n{text}");
}

/// A number, or an empty cell.
fn cell(value: Option<f64>, decimals: usize) -> String {
    value.map_or(String::new(), |value| format!("{value:.decimals$}"))
}

impl Report {
    /// Prints the heading of a figure.
    pub(crate) fn figure(&mut self, name: &str, label: &str) {
        name.clone_into(&mut self.heading);
        println!("\n## {name}: {label}\n");
    }

    /// Prints a line below [`rates`]. `load` and `cores` are the cores that the
    /// bench and the server kept busy.
    pub(crate) fn row(&mut self, row: &Row<'_>) {
        let ours = &row.ours;
        let met = self.judge(row.label, row.goals.iter().map(|goal| row.meets(*goal)));
        let goals: Vec<String> = row.goals.iter().map(|goal| goal.text()).collect();
        println!(
            "| {:<44} | {:>3} | {:>8.0} | {:>7.1} | {:>7.1} | {:>7.1} | {:>8} | {:>8} | {:>5} | {:>8} | {:>9} | {:>5} | \
             {:>5} | {:<32} | {met:<3} |",
            row.label,
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

    /// Prints a line below [`values`].
    pub(crate) fn value(&mut self, value: &Single<'_>) {
        let met = self.judge(value.label, value.at_most.iter().map(|max| Some(value.ours <= *max)));
        let goal = value.at_most.map_or(String::new(), |max| format!("≤ {max}"));
        println!(
            "| {:<64} | {:>10.2} | {:>10} | {:>10} | {goal:<12} | {met:<3} |",
            value.label,
            value.ours,
            cell(value.bare, 2),
            cell(value.beside, 2)
        );
    }

    /// Prints a line below [`spreads`]. `goal` is for the 95th percentile. The
    /// unit is milliseconds, unless `label` names another.
    pub(crate) fn spread(&mut self, label: &str, mut values: Vec<f64>, goal: Option<f64>) {
        values.sort_by(f64::total_cmp);
        let at = |share: usize| {
            values.get(values.len() * share / 100).or(values.last()).copied().unwrap_or_default()
        };
        let met = self.judge(label, goal.iter().map(|goal| Some(at(95) <= *goal)));
        println!("| {label:<58} | {:>8.1} | {:>8.1} | {:>8} | {met:<3} |", at(50), at(95), cell(goal, 0));
    }

    /// The last column: whether all goals are met that can be judged.
    fn judge(&mut self, label: &str, met: impl Iterator<Item = Option<bool>>) -> &'static str {
        let judged: Vec<bool> = met.flatten().collect();
        if judged.is_empty() {
            return "";
        }
        if judged.iter().all(|met| *met) {
            self.met += 1;
            return "yes";
        }
        self.missed.push(format!("{}: {}", self.heading, label.trim()));
        "NO"
    }

    /// Reports that the current figure could not be measured.
    pub(crate) fn failed(&mut self, why: &str) {
        println!("\n{} could not be measured: {why}", self.heading);
        self.missed.push(format!("{}: not measured", self.heading));
    }

    /// Prints how many goals are met, and which are not.
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
    fn goals_in_milliseconds_are_judged_by_percentile() {
        let row = Row { ours: figures(), ..Row::default() };
        assert_eq!(row.meets(Goal::Median(51.0)), Some(true));
        assert_eq!(row.meets(Goal::Median(50.0)), Some(false));
        assert_eq!(row.meets(Goal::P95(96.0)), Some(true));
        assert_eq!(row.meets(Goal::P99(99.0)), Some(false));
    }

    #[test]
    fn goals_relative_to_others_are_judged_by_the_rate() {
        let (bare, mut beside) = (figures(), figures());
        beside.done = 50;
        let row = Row { ours: figures(), bare: Some(&bare), beside: Some(&beside), ..Row::default() };
        assert_eq!(row.meets(Goal::OfBare(1.0)), Some(true));
        assert_eq!(row.meets(Goal::OfBare(1.1)), Some(false));
        assert_eq!(row.meets(Goal::OfBeside(2.0)), Some(true));
        assert_eq!(row.meets(Goal::OfBeside(2.1)), Some(false));
    }

    #[test]
    fn a_goal_without_another_build_is_neither_met_nor_missed() {
        let mut report = Report::default();
        report.row(&Row { ours: figures(), goals: &[Goal::OfBeside(2.0)], ..Row::default() });
        assert_eq!((report.met, report.missed.len()), (0, 0));
    }

    #[test]
    fn a_missed_goal_is_listed_under_its_figure() {
        let mut report = Report::default();
        report.figure("P6", "due");
        report.value(&Single { label: "idle", ours: 0.6, at_most: Some(0.5), ..Single::default() });
        report.value(&Single { label: "early", at_most: Some(0.0), ..Single::default() });
        assert_eq!((report.met, report.missed), (1, vec!["P6: idle".to_owned()]));
    }
}
