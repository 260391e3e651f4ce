//! Convolutions of LeNet-5 and of a residual network, forward and both gradients.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tenon_benches::{assert_sums_agree, numbers};
use tenon_kernels::conv2d::{Conv2d, Weights, forward, input_gradient, weight_gradient};
use tenon_kernels::gemm::Activation;
use tenon_kernels::naive;

// By tiles, as a plain product, and all forms of the general way.
const WORKLOADS: [(&str, Conv2d); 7] = [
    ("lenet_conv1_b64", Conv2d::square(64, [1, 6], 28, 5, 2)),
    ("lenet_conv2_b64", Conv2d::square(64, [6, 16], 14, 5, 0)),
    ("3x3_64c_32px_b16", Conv2d::square(16, [64, 64], 32, 3, 1)),
    ("alexnet_conv2_b2", Conv2d::square(2, [96, 256], 27, 5, 2)),
    ("3x3_64c_4px_b16", Conv2d::square(16, [64, 64], 4, 3, 1)),
    ("3x3_s2_64c_56px_b2", Conv2d { stride: [2; 2], ..Conv2d::square(2, [64, 128], 56, 3, 1) }),
    ("lenet_c5_b64", Conv2d::square(64, [16, 120], 5, 5, 0)),
];

fn bench(criterion: &mut Criterion) {
    for (name, sizes) in WORKLOADS {
        let (x, w, dy) =
            (numbers(1, sizes.input_len()), numbers(2, sizes.weight_len()), numbers(3, sizes.output_len()));
        let (mut y, mut dx, mut dw) = (dy.clone(), x.clone(), w.clone());
        check(&Conv2d { batch: 2, ..sizes });

        let mut group = criterion.benchmark_group(format!("conv2d/{name}_f32"));
        let window = sizes.weight_len() / sizes.out_channels;
        group.throughput(Throughput::Elements((2 * sizes.output_len() * window) as u64));
        group.bench_function("forward", |bencher| {
            bencher.iter(|| {
                forward(&sizes, black_box(&x), Weights::new(&w), None, Activation::Identity, &mut y)
            });
        });
        group.bench_function("input_gradient", |bencher| {
            bencher.iter(|| input_gradient(&sizes, black_box(&dy), Weights::new(&w), &mut dx));
        });
        group.bench_function("weight_gradient", |bencher| {
            bencher.iter(|| weight_gradient(&sizes, black_box(&x), &dy, &mut dw));
        });
    }
}

/// Holds all three kernels against the naive ones, on a batch that these can manage.
fn check(sizes: &Conv2d) {
    let (x, w, dy) =
        (numbers(1, sizes.input_len()), numbers(2, sizes.weight_len()), numbers(3, sizes.output_len()));
    let (mut y, mut dx, mut dw) = (dy.clone(), x.clone(), w.clone());
    let window = sizes.weight_len() / sizes.out_channels;
    forward(sizes, &x, Weights::new(&w), None, Activation::Identity, &mut y);
    assert_sums_agree(&y, &naive::conv2d(sizes, &x, &w, None), window);
    input_gradient(sizes, &dy, Weights::new(&w), &mut dx);
    let taps = sizes.out_channels * sizes.kernel[0] * sizes.kernel[1];
    assert_sums_agree(&dx, &naive::conv2d_input_gradient(sizes, &dy, &w), taps);
    weight_gradient(sizes, &x, &dy, &mut dw);
    let positions = sizes.output_len() / sizes.out_channels;
    assert_sums_agree(&dw, &naive::conv2d_weight_gradient(sizes, &x, &dy), positions);
}

criterion_group!(benches, bench);
criterion_main!(benches);
