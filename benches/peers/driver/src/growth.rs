//! How Tenon's cost grows with the work.

use crate::comparison::Place;
use crate::limits::{self, Amounts};
use crate::measurement::Measurement;

/// The step of training that grows.
const BASE: &str = "gpt-2x64-train-b16-t64-adamw";

/// What is doubled, and the workload in which it is.
const DOUBLED: [(&str, &str); 4] = [
    ("batch", "gpt-2x64-train-b32-t64-adamw"),
    ("width", "gpt-2x128-train-b16-t64-adamw"),
    ("depth", "gpt-4x64-train-b16-t64-adamw"),
    ("sequence", "gpt-2x64-train-b16-t128-adamw"),
];

/// A workload with what it needs at least.
struct Case {
    work: Amounts,
    measured: Measurement,
}

impl Case {
    /// Arithmetic, time and memory as multiples of those of another.
    fn growth_from(&self, base: &Case) -> [f64; 3] {
        let memory = self.measured.rss as f64 / base.measured.rss as f64;
        [self.work.flops / base.work.flops, self.measured.min / base.measured.min, memory]
    }
}

/// Measures the step as it is and with each of its sizes doubled, at the place of each.
///
/// # Errors
/// When one of them cannot be measured.
pub(crate) fn measure<'a>(
    place: &impl Fn(&'static str) -> Place<'a>,
    machine: Amounts,
    is_json: bool,
) -> Result<(), String> {
    let case = |workload| -> Result<Case, String> {
        let place = place(workload);
        let work = limits::prepare(place.folder, workload)?;
        Ok(Case { work, measured: place.alone(machine.floor_of(work))? })
    };
    let base = case(BASE)?;
    let doubled = DOUBLED.iter().map(|&(size, workload)| Ok((size, case(workload)?)));
    let doubled = doubled.collect::<Result<Vec<_>, String>>()?;
    if is_json {
        println!("{}", base.measured);
        for (_, case) in &doubled {
            println!("{}", case.measured);
        }
    } else {
        print(&base, &doubled);
    }
    Ok(())
}

fn print(base: &Case, doubled: &[(&str, Case)]) {
    println!("\n{BASE}, with one of its sizes doubled:\n");
    println!("{:10} {:>11} {:>7} {:>7}", "doubled", "arithmetic", "time", "memory");
    for (size, case) in doubled {
        let [arithmetic, time, memory] = case.growth_from(base);
        println!("{size:10} {arithmetic:>11.2} {time:>7.2} {memory:>7.2}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(flops: f64, min: f64, rss: u64) -> Case {
        let measured = Measurement {
            peer: "tenon".to_owned(),
            version: "1".to_owned(),
            threads: 1,
            workload: BASE,
            min,
            median: 2.0 * min,
            n: 3,
            first: min,
            rss,
            limit_share: 0.5,
        };
        Case { work: Amounts { flops, bytes: 1.0 }, measured }
    }

    #[test]
    fn growth_is_what_the_larger_takes_of_the_smaller() {
        assert_eq!(case(4e9, 0.3, 150).growth_from(&case(1e9, 0.1, 100)), [4.0, 0.3 / 0.1, 1.5]);
    }

    #[test]
    fn each_case_doubles_one_size() {
        let sizes = |workload: &str| -> Vec<u32> {
            let parts = workload.split(|c: char| !c.is_ascii_digit());
            parts.filter_map(|digits| digits.parse().ok()).collect()
        };
        let [layers, width, batch, length] = sizes(BASE)[..] else { panic!("{BASE} has other sizes") };
        for (size, workload) in DOUBLED {
            let expected = match size {
                "batch" => [layers, width, 2 * batch, length],
                "width" => [layers, 2 * width, batch, length],
                "depth" => [2 * layers, width, batch, length],
                _ => [layers, width, batch, 2 * length],
            };
            assert_eq!(sizes(workload), expected, "{workload}");
        }
    }
}
