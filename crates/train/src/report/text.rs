//! A page about a run of a model of text.

use super::sections::{self, escaped, percent};
use crate::metrics::History;

/// What the report of a model of text tells.
#[derive(Debug)]
pub struct TextReport<'a> {
    /// What was trained, in a few words.
    pub title: &'a str,
    /// The settings, by name.
    pub settings: Vec<(&'a str, String)>,
    /// What was measured.
    pub history: &'a History,
    /// What the held-out text costs another model: what it is called, and its nats per character.
    pub baseline: (&'a str, f64),
    /// What the model wrote.
    pub sample: &'a str,
}

impl TextReport<'_> {
    /// The page. It is light or dark as its reader prefers, and loads nothing from anywhere.
    pub fn to_html(&self) -> String {
        let body = [
            self.summary(),
            sections::curves(self.history),
            self.sample(),
            sections::epochs(self.history),
            sections::settings(&self.settings),
        ];
        sections::page(self.title, &body.concat())
    }

    fn summary(&self) -> String {
        let test = &self.history.test;
        let (baseline, nats) = self.baseline;
        let mut numbers = vec![
            (format!("{:.4}", test.loss()), "nats per character of the held-out text"),
            (format!("{nats:.4}"), baseline),
            (percent(test.accuracy()), "of its characters are foreseen"),
            (format!("{:.0} s", self.history.seconds), "from beginning to end"),
            (format!("{:.0}", self.history.samples_per_second()), "training characters a second"),
        ];
        if self.history.interrupted {
            numbers.push((format!("{}", self.history.epochs.len()), "epochs, then interrupted"));
        }
        sections::tiles(numbers)
    }

    fn sample(&self) -> String {
        format!(
            "<section>\n<h2>What it writes</h2>\n<pre class=\"wide\">{}</pre>\n</section>\n",
            escaped(self.sample)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::Tally;

    #[test]
    fn says_what_a_character_costs_and_shows_text_as_text() {
        let mut test = Tally::default();
        test.count(2, &[0, 1, 1], &[0, 1, 0], 1.25);
        let history = History { epochs: Vec::new(), kept_epoch: 0, test, interrupted: false, seconds: 5.0 };
        let html = TextReport {
            title: "verses",
            settings: vec![("seed", "1".to_owned())],
            history: &history,
            baseline: ("nats, says a table", 1.5),
            sample: "<pre>\nA & B",
        }
        .to_html();
        for part in ["1.2500", "1.5000", "66.67 %", "&lt;pre&gt;\nA &amp; B", "<h2>Settings</h2>"] {
            assert!(html.contains(part), "{part}");
        }
        assert!(!html.contains("http") && !html.contains("<script"));
    }
}
