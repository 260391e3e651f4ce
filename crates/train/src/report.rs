//! A page about a run, in one file that needs nothing else.

mod confusion;
mod curves;
mod picture;
mod sections;
mod text;

use std::fmt::Write;

use crate::metrics::History;
use sections::{escaped, percent};

pub use text::TextReport;

/// What the report of a run tells.
#[derive(Debug)]
pub struct Report<'a> {
    /// What was trained, in a few words.
    pub title: &'a str,
    /// The settings, by name.
    pub settings: Vec<(&'a str, String)>,
    /// What was measured.
    pub history: &'a History,
    /// The names of the classes.
    pub classes: Vec<String>,
    /// Test examples that were answered wrongly, worst first.
    pub mistakes: Vec<Mistake>,
}

/// A picture that was taken for another class.
#[derive(Clone, Debug)]
pub struct Mistake {
    /// The width of the picture.
    pub width: u32,
    /// Its grey pixels, row by row; 0 is black.
    pub pixels: Vec<u8>,
    /// The class it is of.
    pub label: usize,
    /// The class it was taken for.
    pub answer: usize,
    /// The probability that the model gave its answer.
    pub probability: f64,
}

impl Report<'_> {
    /// The page. It is light or dark as its reader prefers, and loads nothing from anywhere.
    pub fn to_html(&self) -> String {
        let body = [
            self.summary(),
            sections::curves(self.history),
            self.confusion(),
            self.mistakes(),
            sections::epochs(self.history),
            sections::settings(&self.settings),
        ];
        sections::page(self.title, &body.concat())
    }

    fn summary(&self) -> String {
        let test = &self.history.test;
        let mut numbers = vec![
            (percent(test.accuracy()), "of the test examples are answered rightly"),
            (format!("{:.4}", test.loss()), "is the mean loss on them"),
            (format!("{:.0} s", self.history.seconds), "from beginning to end"),
            (format!("{:.0}", self.history.samples_per_second()), "training examples a second"),
        ];
        if self.history.interrupted {
            numbers.push((format!("{}", self.history.epochs.len()), "epochs, then interrupted"));
        }
        sections::tiles(numbers)
    }

    fn confusion(&self) -> String {
        let table = confusion::table(self.history.test.confusion(), &self.classes);
        format!(
            "<section>\n<h2>Confusion</h2>\n<p>Rows are what test examples are, columns what they were \
             taken for.</p>\n{table}</section>\n"
        )
    }

    fn mistakes(&self) -> String {
        if self.mistakes.is_empty() {
            return String::new();
        }
        let mut figures = String::new();
        for Mistake { width, pixels, label, answer, probability } in &self.mistakes {
            let _ = writeln!(
                figures,
                "<figure><img src=\"{}\" width=\"84\" alt=\"{label}\"><figcaption>{label} taken for {answer}\
                 <br><small>{} sure</small></figcaption></figure>",
                picture::data_uri(*width, pixels),
                percent(*probability),
                label = escaped(&self.classes[*label]),
                answer = escaped(&self.classes[*answer]),
            );
        }
        format!(
            "<section>\n<h2>Mistakes</h2>\n<p>Test examples answered wrongly, the most confident answers \
             first.</p>\n<div class=\"pictures\">\n{figures}</div>\n</section>\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{EpochMetrics, Measured};
    use crate::tally::Tally;

    fn history() -> History {
        let mut test = Tally::default();
        test.count(2, &[0, 1, 1], &[0, 1, 0], 0.25);
        let at = |loss| Measured { loss, accuracy: 1.0 - loss };
        let epoch = |epoch| EpochMetrics {
            epoch,
            steps: 10 * epoch,
            learning_rate: 0.01,
            train: at(0.5 / epoch as f64),
            validation: (epoch > 1).then(|| at(0.25)),
            test: at(0.75 / epoch as f64),
            seconds: 2.0,
            samples_per_second: 1000.0,
        };
        History { epochs: vec![epoch(1), epoch(2)], kept_epoch: 2, test, interrupted: true, seconds: 5.0 }
    }

    fn html(history: &History) -> String {
        let mistake =
            Mistake { width: 2, pixels: vec![0, 255, 128, 0], label: 0, answer: 1, probability: 0.9 };
        Report {
            title: "<a> & \"b\"",
            settings: vec![("folder", "a<b>".to_owned())],
            history,
            classes: vec!["zero".to_owned(), "one".to_owned()],
            mistakes: vec![mistake],
        }
        .to_html()
    }

    #[test]
    fn says_what_happened() {
        let html = html(&history());
        for part in ["66.67 %", "zero taken for one", "90.00 % sure", "then interrupted", "1000"] {
            assert!(html.contains(part), "{part}");
        }
        assert_eq!(html.matches("<svg").count(), 2);
        assert_eq!(html.matches("<tr class=\"kept\"><th>2</th>").count(), 1);
    }

    #[test]
    fn loads_nothing_from_anywhere() {
        let html = html(&history());
        for word in ["http", "src=\"/", "@import", "url(", "<script", "<link"] {
            assert!(!html.contains(word), "{word}");
        }
    }

    #[test]
    fn shows_text_as_text() {
        let html = html(&history());
        assert!(html.contains("&lt;a&gt; &amp; &quot;b&quot;") && html.contains("a&lt;b&gt;"));
    }

    #[test]
    fn a_single_epoch_and_none_have_a_report() {
        let mut history = history();
        history.epochs.truncate(1);
        assert!(html(&history).contains("<svg"));
        history.epochs.clear();
        assert!(html(&history).contains("<h2>Settings</h2>"));
    }
}
