//! Measurements for people.

use std::collections::BTreeMap;

use crate::comparison::TENON;
use crate::limits::Amounts;
use crate::measurement::Measurement;

/// What was measured with one number of threads.
pub(crate) struct Table {
    threads: usize,
    machine: Amounts,
    workloads: Vec<Vec<Measurement>>,
}

impl Table {
    pub(crate) fn new(threads: usize, machine: Amounts) -> Self {
        Table { threads, machine, workloads: Vec::new() }
    }

    pub(crate) fn add(&mut self, rows: Vec<Measurement>) {
        self.workloads.push(rows);
    }

    pub(crate) fn print_header(&self) {
        let Amounts { flops, bytes } = self.machine;
        println!(
            "\n{} threads: at most {:.0} GFLOP/s and {:.1} GB/s\n",
            self.threads,
            flops / 1e9,
            bytes / 1e9
        );
        println!(
            "{:30} {:13} {:>10} {:>10} {:>7} {:>7} {:>6} {:>10} {:>8}",
            "workload", "peer", "min ms", "median ms", "ratio", "median", "limit", "first ms", "RSS MB"
        );
    }

    /// The rows of one workload.
    pub(crate) fn print(&self, rows: &[Measurement]) {
        for row in rows {
            let ratio = |time: fn(&Measurement) -> f64| {
                let best = best_other(rows, &row.peer, time);
                best.map_or_else(|| "–".to_owned(), |best| format!("{:.2}", time(row) / best))
            };
            println!(
                "{:30} {:13} {:10.4} {:10.4} {:>7} {:>7} {:5.0}% {:10.2} {:8.1}",
                row.workload,
                row.peer,
                1e3 * row.min,
                1e3 * row.median,
                ratio(|row| row.min),
                ratio(|row| row.median),
                100.0 * row.limit_share,
                1e3 * row.first,
                row.rss as f64 / 1e6
            );
        }
    }

    /// How many times as fast Tenon is as each peer, over the workloads of training.
    pub(crate) fn print_summary(&self) {
        let mut ratios: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for rows in &self.workloads {
            let Some(own) = rows.iter().find(|row| row.peer == TENON && is_training(row)) else { continue };
            for row in rows.iter().filter(|row| row.peer != TENON) {
                ratios.entry(&row.peer).or_default().push(row.min / own.min);
            }
            if let Some(best) = best_other(rows, TENON, |row| row.min) {
                ratios.entry("the best of each").or_default().push(best / own.min);
            }
        }
        if !ratios.is_empty() {
            println!("\ntraining, geometric mean of minima over Tenon's:");
        }
        for (peer, ratios) in ratios {
            let mean = ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64;
            println!("  {peer:16} {:.2} ({} workloads)", mean.exp(), ratios.len());
        }
    }

    /// How many times as fast each library is at training as with the threads of another table.
    pub(crate) fn print_speedup_over(&self, fewer: &Table) {
        let before = |row: &Measurement| {
            let mut rows = fewer.workloads.iter().flatten();
            rows.find(|before| (before.workload, &before.peer) == (row.workload, &row.peer))
        };
        println!("\ntraining, minima with {} threads over those with {}:", fewer.threads, self.threads);
        for rows in self.workloads.iter().filter(|rows| rows.iter().any(is_training)) {
            let speedups = rows.iter().filter_map(|row| {
                before(row).map(|before| format!("{} {:.2}", row.peer, before.min / row.min))
            });
            println!("  {:30} {}", rows[0].workload, Vec::from_iter(speedups).join(", "));
        }
    }
}

fn is_training(row: &Measurement) -> bool {
    row.workload.contains("-train-")
}

/// The least time of the libraries other than this one.
fn best_other(rows: &[Measurement], peer: &str, time: impl Fn(&Measurement) -> f64) -> Option<f64> {
    rows.iter().filter(|row| row.peer != peer).map(time).min_by(f64::total_cmp)
}
