use std::path::PathBuf;
use std::{env, fs};

use png::BitDepth;
use proptest::prelude::*;

use super::*;

/// A file that is removed at the end of its test.
struct TemporaryFile(PathBuf);

impl TemporaryFile {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = env::temp_dir().join(format!("tenon-image-{}-{name}.png", std::process::id()));
        fs::write(&path, bytes).unwrap();
        Self(path)
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        fs::remove_file(&self.0).unwrap();
    }
}

/// A PNG file of two pixels beside each other.
fn encode(color: ColorType, depth: BitDepth, palette: &[u8], samples: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 2, 1);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if color == ColorType::Indexed {
        encoder.set_palette(palette);
    }
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(samples).unwrap();
    writer.finish().unwrap();
    bytes
}

#[track_caller]
fn assert_reads(name: &str, png: &[u8], pixels: [u8; 2]) {
    let file = TemporaryFile::new(name, png);
    let picture = Picture::read_png(&file.0).unwrap();
    assert_eq!(picture, Picture::new(2, 1, pixels.to_vec()));
}

#[test]
fn every_color_type_and_depth_is_read() {
    use BitDepth::{Eight, Four, One, Sixteen, Two};
    use ColorType::{Grayscale, GrayscaleAlpha, Indexed, Rgb, Rgba};
    let cases: [(&str, ColorType, BitDepth, &[u8], [u8; 2]); 11] = [
        ("grey-1", Grayscale, One, &[0b0100_0000], [0, 255]),
        ("grey-2", Grayscale, Two, &[0b0111_0000], [85, 255]),
        ("grey-4", Grayscale, Four, &[0x3f], [51, 255]),
        ("grey-8", Grayscale, Eight, &[7, 200], [7, 200]),
        ("grey-16", Grayscale, Sixteen, &[7, 0, 200, 255], [7, 200]),
        ("rgb-8", Rgb, Eight, &[255, 0, 0, 0, 255, 0], [76, 150]),
        ("rgb-16", Rgb, Sixteen, &[0, 0, 0, 0, 255, 255, 9, 9, 9, 9, 9, 9], [29, 9]),
        ("palette-1", Indexed, One, &[0b1000_0000], [40, 20]),
        ("palette-8", Indexed, Eight, &[1, 0], [40, 20]),
        ("grey-alpha", GrayscaleAlpha, Eight, &[9, 255, 100, 0], [9, 255]),
        ("rgba", Rgba, Eight, &[0, 0, 0, 0, 250, 250, 250, 255], [0, 250]),
    ];
    for (name, color, depth, samples, pixels) in cases {
        let palette = [20, 20, 20, 40, 40, 40];
        assert_reads(name, &encode(color, depth, &palette, samples), pixels);
    }
}

#[test]
fn transparent_picture_gets_a_background_of_contrast() {
    // Half transparent, dark ink: over white. Bright ink: over black.
    assert_eq!(on_contrast(&[[0, 255], [0, 0], [0, 128]]), [0, 255, 127]);
    assert_eq!(on_contrast(&[[255, 255], [255, 0], [255, 128]]), [255, 0, 128]);
}

#[test]
fn damaged_files_are_refused_by_name() {
    let good = encode(ColorType::Grayscale, BitDepth::Eight, &[], &[1, 2]);
    for len in 0..good.len() {
        let file = TemporaryFile::new("truncated", &good[..len]);
        let error = Picture::read_png(&file.0).unwrap_err();
        assert!(matches!(&error, Error::Png { path, .. } if *path == file.0), "{len}: {error}");
    }
    let missing = Path::new("no-such-picture.png");
    let error = Picture::read_png(missing).unwrap_err();
    assert!(matches!(error, Error::Read { path, .. } if path == missing));
}

#[test]
fn large_claim_of_a_small_file_is_refused() {
    let mut bytes = Vec::new();
    // Only the header is written: the size is refused before anything is decoded.
    let encoder = png::Encoder::new(&mut bytes, 100_000, 3);
    drop(encoder.write_header().unwrap());
    let file = TemporaryFile::new("large", &bytes);
    let error = Picture::read_png(&file.0).unwrap_err().to_string();
    let end = "size: expected at most 8192 pixels a side, found 100000x3";
    assert_eq!(error, format!("{}: {end}", file.0.display()));
}

#[test]
fn ink_on_paper_becomes_light_on_black() {
    let mut pixels = [255; Mnist::PIXELS];
    pixels[400] = 0;
    let digit = Picture::new(28, 28, pixels.to_vec()).to_mnist();
    assert_eq!((digit[400], digit[0]), (255, 0));
}

#[test]
fn flat_picture_is_centered() {
    // Two bright pixels side by side fill the middle half of the square.
    let mut digit = Picture::new(2, 1, vec![90, 90])
        .to_mnist()
        .chunks(28)
        .map(|row| {
            assert!(row.iter().all(|pixel| pixel == &row[0]));
            row[0]
        })
        .collect::<Vec<_>>();
    assert_eq!(digit.drain(7..21).collect::<Vec<_>>(), [90; 14]);
    assert_eq!(digit, [0; 14]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn digit_of_the_right_size_is_not_changed(mut pixels in prop::collection::vec(any::<u8>(), Mnist::PIXELS)) {
        for (i, pixel) in pixels.iter_mut().enumerate() {
            if [i / 28, i % 28].iter().any(|&at| at == 0 || at == 27) {
                *pixel = 0;
            }
        }
        prop_assert_eq!(Picture::new(28, 28, pixels.clone()).to_mnist().to_vec(), pixels);
    }

    #[test]
    fn cells_cover_every_pixel_exactly(square in 1_usize..100, smaller in 0_usize..100) {
        let len = square.saturating_sub(smaller).max(1);
        let mut covered = vec![0; len];
        for cell in 0..Mnist::SIDE {
            for (pixel, units) in coverage(cell, square, len) {
                prop_assert!(units > 0);
                covered[pixel] += units;
            }
        }
        prop_assert_eq!(covered, vec![UNITS; len]);
    }

    #[test]
    fn uniform_gray_stays_what_it_is(side in 1_usize..80, grey in 0_u8..=127) {
        let picture = Picture::new(side, side, vec![grey; side * side]);
        prop_assert_eq!(picture.to_mnist(), [grey; Mnist::PIXELS]);
    }
}
