//! The parts of a page that every run has.

use std::fmt::Write;

use super::curves as plot;
use crate::metrics::{EpochMetrics, History};

/// A whole page. It is light or dark as its reader prefers, and loads nothing from anywhere.
pub(super) fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<h1>{title}</h1>\n\
         {body}</body>\n</html>\n",
        title = escaped(title),
        style = include_str!("style.css"),
    )
}

/// The numbers that matter most, each with its meaning.
pub(super) fn tiles(numbers: Vec<(String, &str)>) -> String {
    let tile = |(number, meaning): (String, &str)| format!("<p><b>{number}</b>{meaning}</p>\n");
    format!("<div class=\"tiles\">\n{}</div>\n", numbers.into_iter().map(tile).collect::<String>())
}

/// Loss and accuracy, epoch by epoch.
pub(super) fn curves(history: &History) -> String {
    let of = |measure: fn(&EpochMetrics) -> Option<f64>| -> Vec<(f64, f64)> {
        let point = |epoch: &EpochMetrics| Some((epoch.epoch as f64, measure(epoch)?));
        history.epochs.iter().filter_map(point).collect()
    };
    let loss = plot::draw(
        plot::Range::FromZero,
        &[
            ("training", of(|epoch| Some(epoch.train.loss))),
            ("validation", of(|epoch| Some(epoch.validation?.loss))),
            ("test", of(|epoch| Some(epoch.test.loss))),
        ],
    );
    let accuracy = plot::draw(
        plot::Range::ToHundred,
        &[
            ("training", of(|epoch| Some(100.0 * epoch.train.accuracy))),
            ("validation", of(|epoch| Some(100.0 * epoch.validation?.accuracy))),
            ("test", of(|epoch| Some(100.0 * epoch.test.accuracy))),
        ],
    );
    format!(
        "<div class=\"curves\">\n<section>\n<h2>Loss by epoch</h2>\n{loss}</section>\n\
         <section>\n<h2>Accuracy by epoch, in percent</h2>\n{accuracy}</section>\n</div>\n"
    )
}

/// A line per epoch.
pub(super) fn epochs(history: &History) -> String {
    let mut rows = String::new();
    for epoch in &history.epochs {
        let kept = if epoch.epoch == history.kept_epoch { " class=\"kept\"" } else { "" };
        let _ = write!(rows, "<tr{kept}><th>{}</th><td>{:.2e}</td>", epoch.epoch, epoch.learning_rate);
        for measured in [Some(epoch.train), epoch.validation, Some(epoch.test)] {
            let _ = match measured {
                Some(at) => write!(rows, "<td>{:.4}</td><td>{}</td>", at.loss, percent(at.accuracy)),
                None => write!(rows, "<td>–</td><td>–</td>"),
            };
        }
        let _ = writeln!(rows, "<td>{:.1}</td><td>{:.0}</td></tr>", epoch.seconds, epoch.samples_per_second);
    }
    format!(
        "<section>\n<h2>Epochs</h2>\n<p>The weights of the marked epoch were kept.</p>\n\
         <div class=\"wide\"><table>\n\
         <tr><th>epoch</th><th>learning rate</th><th colspan=\"2\">training</th>\
         <th colspan=\"2\">validation</th><th colspan=\"2\">test</th><th>seconds</th>\
         <th>examples/s</th></tr>\n{rows}</table></div>\n</section>\n"
    )
}

/// How the run was made.
pub(super) fn settings(settings: &[(&str, String)]) -> String {
    let row = |(name, value): &(&str, String)| {
        format!("<tr><th>{}</th><td>{}</td></tr>\n", escaped(name), escaped(value))
    };
    let rows: String = settings.iter().map(row).collect();
    format!("<section>\n<h2>Settings</h2>\n<table class=\"settings\">\n{rows}</table>\n</section>\n")
}

/// A share as people read it.
pub(super) fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// Text as HTML shows it.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
