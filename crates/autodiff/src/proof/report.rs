//! Worst errors per operation, and their table.

use std::fmt::Write;

use super::failure::Failure;

/// The errors of one case.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CaseReport {
    /// The largest error of the result in `f64`, relative to the size of what is summed.
    pub forward: f64,
    /// The same in `f32`.
    pub forward_f32: f64,
    /// The relative error of the gradients.
    pub first: f64,
    /// The relative error of the derivatives of the gradients.
    pub second: f64,
}

/// The worst errors of an operation over all cases that were tried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Report {
    /// The name of the operation.
    pub name: &'static str,
    /// How many cases were tried.
    pub cases: usize,
    /// The worst of each error.
    pub worst: CaseReport,
}

impl Report {
    pub(super) fn new(name: &'static str) -> Self {
        Report { name, cases: 0, worst: CaseReport::default() }
    }

    /// Counts a case.
    pub(super) fn add(&mut self, case: CaseReport) {
        self.cases += 1;
        self.worst = self.worst.max(case);
    }
}

impl CaseReport {
    /// The larger of each error.
    fn max(self, other: Self) -> Self {
        CaseReport {
            forward: self.forward.max(other.forward),
            forward_f32: self.forward_f32.max(other.forward_f32),
            first: self.first.max(other.first),
            second: self.second.max(other.second),
        }
    }
}

/// The columns of the table: a heading and what stands under it.
const COLUMNS: [(&str, fn(&CaseReport) -> f64); 4] = [
    ("forward f32", |worst| worst.forward_f32),
    ("forward f64", |worst| worst.forward),
    ("first order", |worst| worst.first),
    ("second order", |worst| worst.second),
];

/// A table for people: one row per operation, then what failed, then a summary.
pub fn table(results: &[Result<Report, Failure>]) -> String {
    let name_of = |result: &Result<Report, Failure>| match result {
        Ok(report) => report.name,
        Err(failure) => failure.name,
    };
    let width = results.iter().map(|result| name_of(result).len()).max().unwrap_or(0).max("operation".len());
    let mut table = format!("{:width$}  cases", "operation");
    for (heading, _) in COLUMNS {
        write_to(&mut table, format_args!("  {heading:>12}"));
    }
    table.push('\n');
    for result in results {
        match result {
            Ok(Report { name, cases, worst }) => {
                write_to(&mut table, format_args!("{name:width$}  {cases:>5}"));
                for (_, error) in COLUMNS {
                    write_to(&mut table, format_args!("  {:>12.1e}", error(worst)));
                }
            }
            Err(Failure { name, check, .. }) => {
                write_to(&mut table, format_args!("{name:width$}  FAILS the check `{check}`"));
            }
        }
        table.push('\n');
    }
    for failure in results.iter().filter_map(|result| result.as_ref().err()) {
        write_to(&mut table, format_args!("\n{failure}\n"));
    }
    table + "\n" + &summary(results)
}

/// How many operations hold, and which is worst at what.
fn summary(results: &[Result<Report, Failure>]) -> String {
    let reports: Vec<&Report> = results.iter().flatten().collect();
    let n_cases: usize = reports.iter().map(|report| report.cases).sum();
    let mut summary = format!("{} of {} operations hold in {n_cases} cases", reports.len(), results.len());
    for (heading, error) in COLUMNS {
        let worst = reports.iter().max_by(|a, b| error(&a.worst).total_cmp(&error(&b.worst)));
        if let Some(report) = worst {
            write_to(
                &mut summary,
                format_args!("; {heading} {:.1e} ({})", error(&report.worst), report.name),
            );
        }
    }
    summary + "\n"
}

fn write_to(table: &mut String, arguments: std::fmt::Arguments<'_>) {
    table.write_fmt(arguments).expect("a string takes everything that is written to it");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::Check;

    #[test]
    fn rows_are_aligned_and_the_summary_names_the_worst() {
        let worst = CaseReport { forward: 1e-16, forward_f32: 1e-7, first: 2e-10, second: 3e-9 };
        let failure = Failure {
            check: Check::First,
            name: "tan",
            case: "Tan on [2]".into(),
            what: "the slope: expected 1e0, found 2e0".into(),
            choices: vec![3, 1],
            seed: 9,
        };
        let results = [
            Ok(Report { name: "exp", cases: 8, worst }),
            Err(failure),
            Ok(Report { name: "ln", cases: 8, worst: CaseReport { first: 1e-9, ..worst } }),
        ];
        assert_eq!(
            table(&results),
            "\
operation  cases   forward f32   forward f64   first order  second order
exp            8        1.0e-7       1.0e-16       2.0e-10        3.0e-9
tan        FAILS the check `first order`
ln             8        1.0e-7       1.0e-16        1.0e-9        3.0e-9

tan: the check `first order` fails
  case: Tan on [2]
  the slope: expected 1e0, found 2e0
  again: prove_case::<P, _>(&[3, 1], 9)

2 of 3 operations hold in 16 cases; forward f32 1.0e-7 (ln); forward f64 1.0e-16 (ln); first order 1.0e-9 (ln); second order 3.0e-9 (ln)
"
        );
    }
}
