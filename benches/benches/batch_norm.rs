//! Statistics and normalization of the channels of features, of small images and of larger ones.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tenon_benches::numbers;
use tenon_kernels::batch_norm::{Normalization, Sizes, moments, normalize};
use tenon_testkit::{Tolerance, assert_close};

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("batch_norm");
    for [batch, channels, positions] in [[128, 512, 1], [64, 256, 4], [64, 64, 196]] {
        let sizes = Sizes { batch, channels, positions };
        let x = numbers(1, sizes.numel());
        let (scale, shift) = (numbers(2, channels), numbers(3, channels));
        let (mut mean, mut variance) = (vec![0.0; channels], vec![0.0; channels]);
        let mut y = vec![0.0; x.len()];
        normalized(&sizes, &x, [&mut mean, &mut variance], [&scale, &shift], &mut y);
        check(&sizes, &x, [&mean, &variance], [&scale, &shift], &y);

        group.throughput(Throughput::Bytes(2 * 4 * x.len() as u64));
        let name = BenchmarkId::from_parameter(format!("{batch}x{channels}x{positions}_f32"));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                normalized(&sizes, black_box(&x), [&mut mean, &mut variance], [&scale, &shift], &mut y)
            });
        });
    }
}

fn normalized(
    sizes: &Sizes,
    x: &[f32],
    [mean, variance]: [&mut [f32]; 2],
    [scale, shift]: [&[f32]; 2],
    y: &mut [f32],
) {
    moments(sizes, x, mean, variance);
    normalize(sizes, x, Normalization { mean, scale, shift }, None, false, y);
}

/// Holds some channels against their definition.
fn check(sizes: &Sizes, x: &[f32], [mean, variance]: [&[f32]; 2], [scale, shift]: [&[f32]; 2], y: &[f32]) {
    for channel in (0..sizes.channels).step_by(7) {
        let places = (0..sizes.numel()).filter(|i| i / sizes.positions % sizes.channels == channel);
        let places: Vec<usize> = places.collect();
        let of = |numbers: &[f32]| places.iter().map(|&i| f64::from(numbers[i])).collect::<Vec<f64>>();
        let (x, n) = (of(x), places.len() as f64);
        let expected = x.iter().sum::<f64>() / n;
        let spread = x.iter().map(|x| (x - expected).powi(2)).sum::<f64>() / n;
        // A mean of numbers of [-1, 1) is a sum divided by their number, and so is that of squares of at most
        // 4. A result, whose factor is in [-1, 1), is off by as much as the mean and by three roundings of 2.
        let sum = Tolerance::sum::<f32>(places.len(), 1.0);
        assert_close(&[mean[channel]], &[expected], sum);
        assert_close(&[variance[channel]], &[spread], sum.amplified(4.0));
        let [scale, shift] = [scale, shift].map(|numbers| f64::from(numbers[channel]));
        let expected: Vec<f64> = x.iter().map(|x| (x - expected) * scale + shift).collect();
        assert_close(&of(y), &expected, sum.plus(Tolerance::sum::<f32>(3, 2.0)));
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
