//! Random numbers depend on their place and on nothing else.

use tenon_kernels::random::{Stream, mask, uniform};

use crate::support::{at_every_level, check_exact};

const STREAM: Stream = Stream { seed: 42, stream: 3 };

#[test]
fn parts_and_threads_do_not_change_the_numbers() {
    let n = 20_000;
    let whole = at_every_level::<f32>(n, |y| uniform(STREAM, 100, y)).swap_remove(0);
    let mut parts = vec![f32::NAN; n];
    let (left, right) = parts.split_at_mut(777);
    uniform(STREAM, 100, left);
    uniform(STREAM, 877, right);
    assert_eq!(whole, parts);
}

#[test]
fn uniform_numbers_fill_the_unit_interval() {
    let n = 100_000;
    let mut y = vec![f64::NAN; n];
    uniform(STREAM, 0, &mut y);
    assert!(y.iter().all(|y| (0.0..1.0).contains(y)));
    let mean = y.iter().sum::<f64>() / n as f64;
    let variance = y.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / n as f64;
    // Five standard deviations of the mean and of the variance of n uniform numbers.
    assert!((mean - 0.5).abs() < 5.0 / (12.0 * n as f64).sqrt(), "mean {mean}");
    assert!((variance - 1.0 / 12.0).abs() < 5.0 / (180.0 * n as f64).sqrt(), "variance {variance}");
}

#[test]
fn streams_and_seeds_differ() {
    let numbers = |stream| {
        let mut y = vec![0f32; 8];
        uniform(stream, 0, &mut y);
        y
    };
    assert_ne!(numbers(STREAM), numbers(Stream { stream: 4, ..STREAM }));
    assert_ne!(numbers(STREAM), numbers(Stream { seed: 43, ..STREAM }));
}

#[test]
fn numbers_are_those_of_their_places() {
    // Odd and even first places, and lengths that are no multiple of any vector's.
    for offset in [0, 1, 6, (1 << 33) - 3] {
        for n in [0, 1, 2, 3, 31, 67] {
            let bits = |i| STREAM.bits(offset + i as u64);
            let single: Vec<f32> = (0..n).map(|i| (bits(i) >> 40) as f32 / (1u64 << 24) as f32).collect();
            let double: Vec<f64> = (0..n).map(|i| (bits(i) >> 11) as f64 / (1u64 << 53) as f64).collect();
            check_exact(&single, |y| uniform(STREAM, offset, y));
            check_exact(&double, |y| uniform(STREAM, offset, y));
            let masked: Vec<f32> = single.iter().map(|&u| if u < 0.3 { 0.0 } else { 2.0 }).collect();
            check_exact(&masked, |y| mask(STREAM, offset, 0.3, 2.0, y));
        }
    }
}

#[test]
fn a_mask_has_its_share_of_zeros() {
    let n = 100_000;
    let mut y = vec![f32::NAN; n];
    mask(STREAM, 0, 0.3, 2.0, &mut y);
    let share = y.iter().filter(|&&x| x == 0.0).count() as f64 / n as f64;
    // Five standard deviations of the share.
    assert!((share - 0.3).abs() < 5.0 * (0.3 * 0.7 / n as f64).sqrt(), "share {share}");
}
