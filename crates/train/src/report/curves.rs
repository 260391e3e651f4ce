//! Curves over epochs, as SVG.

use plotters::prelude::*;

/// Colors that can be told apart, by their brightness too, on light and on dark.
const COLORS: [RGBColor; 3] = [RGBColor(76, 120, 168), RGBColor(84, 162, 75), RGBColor(228, 120, 40)];

const SIZE: (u32, u32) = (520, 280);

/// Which numbers the vertical axis shows.
#[derive(Clone, Copy)]
pub(super) enum Range {
    /// From zero to the largest.
    FromZero,
    /// From the smallest to 100.
    ToHundred,
}

/// Series of points, as an SVG element with a legend.
pub(super) fn draw(range: Range, series: &[(&str, Vec<(f64, f64)>)]) -> String {
    let mut svg = String::new();
    draw_onto(SVGBackend::with_string(&mut svg, SIZE), range, series)
        .expect("drawing into a string cannot fail");
    let mut legend = String::new();
    for ((name, points), color) in series.iter().zip(COLORS) {
        if !points.is_empty() {
            let RGBColor(red, green, blue) = color;
            legend += &format!("<li><i style=\"background:rgb({red} {green} {blue})\"></i>{name}</li>");
        }
    }
    // Black becomes the color of the text around, which is light where the page is dark. Inside a
    // page, an SVG element needs no name space.
    let svg = svg.replace("#000000", "currentColor").replace(" xmlns=\"http://www.w3.org/2000/svg\"", "");
    format!("{svg}<ul class=\"legend\">{legend}</ul>\n")
}

fn draw_onto<'a>(
    backend: SVGBackend<'a>,
    range: Range,
    series: &[(&str, Vec<(f64, f64)>)],
) -> Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>> {
    let points = || series.iter().flat_map(|(_, points)| points);
    let last = points().map(|point| point.0).fold(1.0, f64::max);
    let lowest = points().map(|point| point.1).fold(f64::INFINITY, f64::min);
    let highest = points().map(|point| point.1).fold(f64::NEG_INFINITY, f64::max);
    let y = match range {
        _ if !(lowest.is_finite() && highest.is_finite()) => 0.0..1.0,
        Range::FromZero => 0.0..(1.05 * highest).max(1e-3),
        Range::ToHundred => (lowest - 0.1 * (100.0 - lowest)).clamp(0.0, 99.9)..100.0,
    };

    let area = backend.into_drawing_area();
    let mut chart = ChartBuilder::on(&area)
        .margin(8)
        .x_label_area_size(28)
        .y_label_area_size(48)
        .build_cartesian_2d(0.5..last + 0.5, y)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .bold_line_style(BLACK.mix(0.15))
        .light_line_style(TRANSPARENT)
        .axis_style(BLACK.mix(0.4))
        .x_labels((last as usize).min(10))
        .y_labels(6)
        .x_label_formatter(&|epoch| format!("{epoch:.0}"))
        .label_style(("sans-serif", 13).into_font().color(&BLACK.mix(0.75)))
        .draw()?;
    for ((_, points), color) in series.iter().zip(COLORS) {
        chart.draw_series(LineSeries::new(points.iter().copied(), color.stroke_width(2)))?;
        chart.draw_series(points.iter().map(|&point| Circle::new(point, 3, color.filled())))?;
    }
    area.present()
}
