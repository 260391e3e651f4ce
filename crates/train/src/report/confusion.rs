//! The confusion matrix as a table.

use std::fmt::Write;

use crate::tally::Confusion;

use super::escaped;

/// The color of right answers and that of wrong ones: red, green and blue.
const RIGHT: &str = "76 120 168";
const WRONG: &str = "228 120 40";

/// A row per class, a column per answer, each cell tinted by its share of the row.
pub(super) fn table(confusion: &Confusion, classes: &[String]) -> String {
    let n = confusion.n_classes();
    let mut table = String::from("<div class=\"wide\"><table class=\"confusion\">\n<tr><th></th>");
    for class in classes {
        let _ = write!(table, "<th>{}</th>", escaped(class));
    }
    table += "<th>right</th></tr>\n";
    for (label, class) in classes.iter().enumerate().take(n) {
        let total: u64 = (0..n).map(|answer| confusion[(label, answer)]).sum();
        let share = |count: u64| count as f64 / total.max(1) as f64;
        let _ = write!(table, "<tr><th>{}</th>", escaped(class));
        for answer in 0..n {
            let count = confusion[(label, answer)];
            let color = if label == answer { RIGHT } else { WRONG };
            // The square root makes a handful among a thousand visible.
            let opacity = 0.85 * share(count).sqrt();
            let number = if count == 0 { String::new() } else { count.to_string() };
            let _ = write!(table, "<td style=\"background:rgb({color} / {opacity:.3})\">{number}</td>");
        }
        let _ = writeln!(table, "<th>{:.2} %</th></tr>", 100.0 * share(confusion[(label, label)]));
    }
    table + "</table></div>\n"
}
