//! Pictures from elsewhere, brought to the form of a dataset.
//!
//! A model trained on MNIST has only seen white digits on black, 28 pixels high and wide.
//! [`Picture::read_png`] reads any PNG file as grey pixels, and [`Picture::to_mnist`] makes such a
//! digit of it.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use png::{ColorType, Transformations};

use crate::error::Error;
use crate::mnist::Mnist;

/// The largest width and height that is decoded, so that a small file cannot claim all memory.
const MOST_PIXELS_A_SIDE: u32 = 8192;

/// The weights of red, green and blue in the brightness of a color, in thousandths: ITU-R BT.601,
/// section 2.5.1.
const LUMA: [u32; 3] = [299, 587, 114];

/// A grey picture, row by row from the top; 0 is black and 255 is white.
///
/// # Example
/// ```
/// use tenon_datasets::Mnist;
/// use tenon_datasets::image::Picture;
///
/// // A black dot on white paper.
/// let mut pixels = vec![255; 56 * 56];
/// pixels[28 * 56 + 28] = 0;
/// let picture = Picture::new(56, 56, pixels);
/// let digit = picture.to_mnist();
/// // White on black now, and a quarter as bright, since a pixel covers four of the original.
/// assert_eq!(digit[14 * 28 + 14], 64);
/// assert_eq!(digit.iter().filter(|&&pixel| pixel > 0).count(), 1);
///
/// // What a model is given.
/// let images = Mnist::images_to_tensor([digit.as_slice()].into_iter());
/// assert_eq!(images.dims(), [1, 1, 28, 28]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Picture {
    /// A picture of these pixels.
    ///
    /// # Panics
    /// If there is no pixel, or not `width · height` of them.
    pub fn new(width: usize, height: usize, pixels: Vec<u8>) -> Self {
        assert!(width > 0 && height > 0, "a picture has at least one pixel");
        assert_eq!(pixels.len(), width * height, "one byte for each pixel");
        Self { width, height, pixels }
    }

    /// Reads a PNG file of any color type and bit depth.
    ///
    /// Colors become their brightness; 16 bits lose the lower 8.
    /// Where the picture is transparent, a background shows that contrasts with what is drawn:
    /// white behind a picture that is dark on average, black behind one that is bright.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Png`] or [`Error::PictureSize`].
    ///
    /// # Source
    /// Brightness: ITU-R BT.601, applied to the stored values as is customary for grey conversion.
    pub fn read_png(path: &Path) -> Result<Self, Error> {
        let refuse = |cause| Error::Png { path: path.to_owned(), cause };
        let file = File::open(path).map_err(|cause| Error::Read { path: path.to_owned(), cause })?;
        let mut decoder = png::Decoder::new(BufReader::new(file));
        decoder.set_transformations(Transformations::normalize_to_color8());
        let info = decoder.read_header_info().map_err(refuse)?;
        let (width, height) = (info.width, info.height);
        if width.max(height) > MOST_PIXELS_A_SIDE {
            return Err(Error::PictureSize {
                path: path.to_owned(),
                most: MOST_PIXELS_A_SIDE,
                width,
                height,
            });
        }
        let mut reader = decoder.read_info().map_err(refuse)?;
        let size = reader.output_buffer_size().ok_or(png::DecodingError::LimitsExceeded);
        let mut samples = vec![0; size.map_err(refuse)?];
        let frame = reader.next_frame(&mut samples).map_err(refuse)?;
        // The checksums of what follows the picture count, too.
        reader.finish().map_err(refuse)?;
        let pixels = match frame.color_type {
            ColorType::Grayscale => samples,
            ColorType::Rgb => samples.as_chunks().0.iter().map(brightness).collect(),
            ColorType::GrayscaleAlpha => on_contrast(samples.as_chunks().0),
            ColorType::Rgba => {
                let colors = samples.as_chunks().0.iter();
                let grey: Vec<_> = colors
                    .map(|&[red, green, blue, alpha]| [brightness(&[red, green, blue]), alpha])
                    .collect();
                on_contrast(&grey)
            }
            ColorType::Indexed => unreachable!("palettes are expanded to colors"),
        };
        Ok(Self::new(width as usize, height as usize, pixels))
    }

    /// The 28 × 28 pixels of the picture as MNIST would hold them: a bright figure on black.
    ///
    /// A picture whose outermost pixels are bright on average (above half) is inverted: it is ink
    /// on paper.
    /// A picture that is not square is centered on a black square.
    /// Then each pixel is the average over the area it covers of the original, exact fractions of
    /// pixels included; a picture that is 28 × 28 already is not changed by that.
    ///
    /// MNIST's own digits were also scaled to a box of 20 × 20 and moved until their center of mass
    /// was in the middle; this is left to whoever makes the picture.
    pub fn to_mnist(&self) -> [u8; Mnist::PIXELS] {
        let inverted = if self.has_bright_border() { u8::MAX } else { 0 };
        let square = self.width.max(self.height);
        let area = (span(square) * span(square)) as u64;
        let mut digit = [0; Mnist::PIXELS];
        for (i, pixel) in digit.iter_mut().enumerate() {
            let (row, column) = (i / Mnist::SIDE, i % Mnist::SIDE);
            let mut sum = 0;
            for (y, covered_y) in coverage(row, square, self.height) {
                for (x, covered_x) in coverage(column, square, self.width) {
                    // Inverting is exclusive or with all ones.
                    let brightness = self.pixels[y * self.width + x] ^ inverted;
                    sum += u64::from(brightness) * (covered_y * covered_x) as u64;
                }
            }
            *pixel = ((sum + area / 2) / area) as u8;
        }
        digit
    }

    fn has_bright_border(&self) -> bool {
        let on_border = |&(i, _): &(usize, &u8)| {
            let (y, x) = (i / self.width, i % self.width);
            y == 0 || x == 0 || y == self.height - 1 || x == self.width - 1
        };
        let border = self.pixels.iter().enumerate().filter(on_border);
        let (sum, n) = border.fold((0, 0), |(sum, n), (_, &pixel)| (sum + u64::from(pixel), n + 1));
        2 * sum > n * u64::from(u8::MAX)
    }
}

/// Lengths are counted in this many units a pixel of the original, so that all of them are whole
/// numbers.
const UNITS: usize = 2 * Mnist::SIDE;

/// The length that one of the 28 cells of a side covers, in units.
const fn span(square: usize) -> usize {
    square * UNITS / Mnist::SIDE
}

/// The pixels, out of `len` centered on a side of `square` pixels, that a cell covers, and how many
/// units of each.
fn coverage(cell: usize, square: usize, len: usize) -> impl Iterator<Item = (usize, usize)> {
    let margin = (square - len) * UNITS / 2;
    let start = cell * span(square);
    let end = start + span(square);
    let first = start.saturating_sub(margin) / UNITS;
    let last = end.saturating_sub(margin).div_ceil(UNITS).min(len);
    (first..last).map(move |pixel| {
        let pixel_start = margin + pixel * UNITS;
        let covered = end.min(pixel_start + UNITS) - start.max(pixel_start);
        (pixel, covered)
    })
}

fn brightness(color: &[u8; 3]) -> u8 {
    let sum: u32 = LUMA.iter().zip(color).map(|(weight, &part)| weight * u32::from(part)).sum();
    ((sum + 500) / 1000) as u8
}

/// Grey pixels with opacities, shown on white or on black, whichever is further from their average.
fn on_contrast(pixels: &[[u8; 2]]) -> Vec<u8> {
    let (mut ink, mut opaque) = (0, 0);
    for &[grey, alpha] in pixels {
        ink += u64::from(grey) * u64::from(alpha);
        opaque += u64::from(u8::MAX) * u64::from(alpha);
    }
    let background = if 2 * ink < opaque { u32::from(u8::MAX) } else { 0 };
    let blend = |&[grey, alpha]: &[u8; 2]| {
        let (grey, alpha, full) = (u32::from(grey), u32::from(alpha), u32::from(u8::MAX));
        ((grey * alpha + background * (full - alpha) + full / 2) / full) as u8
    };
    pixels.iter().map(blend).collect()
}

#[cfg(test)]
mod tests;
