//! A first look at every kernel.
use tenon_kernels::conv2d::{self, Conv2d};
use tenon_kernels::gemm::Activation;
use tenon_kernels::{View, elementwise, fuzz, naive, random, reduce, vector};

#[test]
fn fuzz_seeds() {
    for seed in 0..500u64 {
        let stream = random::Stream { seed, stream: 0 };
        let data: Vec<u8> = (0..20).map(|i| stream.bits(i) as u8).collect();
        fuzz::check_gemm(&data);
    }
}
#[test]
fn conv() {
    for groups in [1, 2] {
        let s = Conv2d {
            batch: 3,
            in_channels: 4,
            height: 9,
            width: 8,
            out_channels: 6,
            kernel: [3, 2],
            stride: [2, 1],
            padding: [1, 1],
            dilation: [1, 2],
            groups,
        };
        let stream = random::Stream { seed: 1, stream: 2 };
        let mut x = vec![0f64; s.input_len()];
        random::uniform(stream, 0, &mut x);
        let mut w = vec![0f64; s.weight_len()];
        random::uniform(stream, 1000, &mut w);
        let mut dy = vec![0f64; s.output_len()];
        random::uniform(stream, 10000, &mut dy);
        let mut y = vec![f64::NAN; s.output_len()];
        conv2d::forward(&s, &x, &w, None, Activation::Identity, &mut y);
        for (a, b) in y.iter().zip(naive::conv2d(&s, &x, &w, None)) {
            assert!((a - b).abs() < 1e-12);
        }
        let mut dx = vec![f64::NAN; s.input_len()];
        conv2d::input_gradient(&s, &dy, &w, &mut dx);
        for (a, b) in dx.iter().zip(naive::conv2d_input_gradient(&s, &dy, &w)) {
            assert!((a - b).abs() < 1e-12);
        }
        let mut dw = vec![f64::NAN; s.weight_len()];
        conv2d::weight_gradient(&s, &x, &dy, &mut dw);
        for (a, b) in dw.iter().zip(naive::conv2d_weight_gradient(&s, &x, &dy)) {
            assert!((a - b).abs() < 1e-12);
        }
    }
}
#[test]
fn copies() {
    let x: Vec<f32> = (0..50 * 40 * 3).map(|i| i as f32).collect();
    let mut y = vec![f32::NAN; x.len()];
    // (50, 3, 40) from (40, 50, 3)
    elementwise::copy(View::new(&x, 0, &[50, 3, 40], &[3, 1, 150]), &mut y);
    for i in 0..50 {
        for j in 0..3 {
            for k in 0..40 {
                assert_eq!(y[(i * 3 + j) * 40 + k], x[k * 150 + i * 3 + j]);
            }
        }
    }
    elementwise::copy(
        View::new(&x, x.len() - 1, &[50, 3, 40], &[-3, -1, -150]),
        &mut y,
    );
    for i in 0..50 {
        for j in 0..3 {
            for k in 0..40 {
                assert_eq!(
                    y[(i * 3 + j) * 40 + k],
                    x[x.len() - 1 - (k * 150 + i * 3 + j)]
                );
            }
        }
    }
    let mut s = vec![0.0; 40];
    reduce::sum_to(&x, &[50, 3, 40], &[40], &mut s);
    let mut z = vec![0f32; 6000];
    elementwise::zip(
        View::contiguous(&x, &[50, 3, 40]),
        View::new(&s, 0, &[50, 3, 40], &[0, 0, 1]),
        &mut z,
        |a, b| a + b,
    );
    assert_eq!(z[41], x[41] + s[1]);
}
#[test]
fn functions() {
    let x: Vec<f32> = (0..200000).map(|i| (i as f32 - 100000.0) * 0.001).collect();
    let mut y = vec![0f32; x.len()];
    type Case = (fn(&[f32], &mut [f32]), fn(f64) -> f64);
    let cases: [Case; 5] = [
        (vector::exp, f64::exp),
        (vector::tanh, f64::tanh),
        (vector::sigmoid, |x| 1.0 / (1.0 + (-x).exp())),
        (vector::ln, f64::ln),
        (vector::sqrt, f64::sqrt),
    ];
    for (f, g) in cases {
        f(&x, &mut y);
        let mut worst = 0.0;
        for (&x, &y) in x.iter().zip(&y) {
            let want = g(x as f64);
            if want.is_nan() {
                assert!(y.is_nan());
                continue;
            }
            if want.is_infinite() || (want as f32).is_infinite() {
                assert_eq!(y, want as f32);
                continue;
            }
            let ulp = ((want as f32).abs().next_up() as f64) - (want as f32).abs() as f64;
            let e = (y as f64 - want).abs() / ulp;
            if e > worst {
                worst = e;
                println!("x {x} got {y} want {want} ulp {e}");
            }
        }
        println!("worst {worst}\n");
    }
}
