//! Pooling with any window, stride and padding.

use proptest::prelude::*;
use tenon_kernels::pool2d::{Divisor, Pool2d, avg_pool, avg_pool_backward, max_pool, max_pool_with_indices};
use tenon_kernels::simd::{Level, with_level};
use tenon_kernels::threads::with_num_threads;
use tenon_kernels::{Float, naive};

use crate::support::{check, numbers, sum_bound};

fn any_sizes() -> impl Strategy<Value = Pool2d> {
    let pair = |range: std::ops::Range<usize>| (range.clone(), range).prop_map(|(a, b)| [a, b]);
    (0usize..4, pair(1..5), pair(1..5), pair(0..3), pair(0..30)).prop_map(
        |(planes, kernel, stride, padding, extra)| {
            let padding = [0, 1].map(|axis| padding[axis].min(kernel[axis] / 2));
            let [height, width] =
                [0, 1].map(|axis| (kernel[axis] + extra[axis]).saturating_sub(2 * padding[axis]).max(1));
            Pool2d { planes, height, width, kernel, stride, padding }
        },
    )
}

/// The maxima and their places, at every level and for one, two and three threads.
fn check_places<E: Float>(sizes: &Pool2d, x: &[E], want: &[u32]) {
    let bits = |y: &[E]| -> Vec<u64> { y.iter().map(|y| y.bits()).collect() };
    let plane = |window: usize| window / sizes.out_plane() * sizes.in_plane();
    let largest: Vec<E> = want.iter().enumerate().map(|(i, &at)| x[plane(i) + at as usize]).collect();
    for &level in Level::available() {
        for threads in 1..=3 {
            let (mut got, mut y) = (vec![u32::MAX; want.len()], vec![E::ZERO; want.len()]);
            let mut alone = y.clone();
            with_level(level, || {
                with_num_threads(threads, || {
                    max_pool_with_indices(sizes, x, &mut y, &mut got);
                    max_pool(sizes, x, &mut alone);
                });
            });
            assert_eq!(got, want, "{level:?}, {threads} threads");
            assert_eq!(bits(&y), bits(&largest), "{level:?}, {threads} threads");
            assert_eq!(bits(&alone), bits(&largest), "{level:?}, {threads} threads, without places");
        }
    }
}

/// Compares with the oracle: distinct numbers; few, with ties of which the first counts; and some that
/// are nothing or negative infinity.
fn check_maxima<E: Float>(sizes: &Pool2d) {
    let mut x = numbers::<E>(1, sizes.planes * sizes.in_plane());
    check_places(sizes, &x, &naive::max_pool2d(sizes, &x).1);
    x.iter_mut().for_each(|x| *x = (*x + *x).floor());
    check_places(sizes, &x, &naive::max_pool2d(sizes, &x).1);
    x.iter_mut().filter(|x| **x == -E::ONE).for_each(|x| *x = E::NEG_INFINITY);
    x.iter_mut().step_by(5).filter(|x| **x == E::ZERO).for_each(|x| *x = E::NAN);
    check_places(sizes, &x, &naive::max_pool2d(sizes, &x).1);
    x.fill(E::NEG_INFINITY);
    check_places(sizes, &x, &naive::max_pool2d(sizes, &x).1);
}

proptest! {
    #[test]
    fn maxima_are_where_the_oracle_finds_them(sizes in any_sizes()) {
        check_maxima::<f32>(&sizes);
        check_maxima::<f64>(&sizes);
    }

    #[test]
    fn means_and_their_gradients_agree(sizes in any_sizes()) {
        let x = numbers::<f32>(1, sizes.planes * sizes.in_plane());
        let dy = numbers::<f32>(2, sizes.planes * sizes.out_plane());
        let bound = sum_bound::<f32>(sizes.kernel[0] * sizes.kernel[1]);
        check(&naive::avg_pool2d(&sizes, &x), bound, |y| avg_pool(&sizes, Divisor::Window, &x, y));
        check(&naive::avg_pool2d_backward(&sizes, &dy), bound, |dx| {
            avg_pool_backward(&sizes, Divisor::Window, &dy, dx);
        });
    }
}

#[test]
fn the_mean_of_the_pixels_of_a_constant_image_is_the_constant() {
    let sizes = Pool2d { planes: 2, height: 7, width: 6, kernel: [3, 2], stride: [2, 1], padding: [1, 1] };
    let x = vec![3.0f32; 2 * 42];
    let want = vec![3.0; sizes.planes * sizes.out_plane()];
    check(&want, sum_bound::<f32>(6), |y| avg_pool(&sizes, Divisor::Pixels, &x, y));
    // What flows back is what flowed in.
    let mut dx = vec![f32::NAN; x.len()];
    avg_pool_backward(&sizes, Divisor::Pixels, &want, &mut dx);
    let (sent, received): (f32, f32) = (want.iter().sum(), dx.iter().sum());
    assert!((sent - received).abs() <= sent * sum_bound::<f32>(6) as f32);
}

#[test]
fn planes_of_several_tasks_are_pooled() {
    let sizes = Pool2d { planes: 40, height: 30, width: 31, kernel: [2; 2], stride: [2; 2], padding: [0; 2] };
    check_maxima::<f32>(&sizes);
    check_maxima::<f64>(&Pool2d { kernel: [3; 2], padding: [1; 2], ..sizes });
}

#[test]
fn nan_wins_and_padding_never_does() {
    let sizes = Pool2d { planes: 1, height: 4, width: 4, kernel: [2; 2], stride: [2; 2], padding: [0; 2] };
    let mut x = [-1.0; 16];
    x[5] = f32::NAN;
    x[10] = 2.0;
    check_places(&sizes, &x, &[5, 2, 8, 10]);
    let padded = Pool2d { kernel: [3; 2], stride: [3; 2], padding: [1; 2], ..sizes };
    check_places(&padded, &[f32::NEG_INFINITY; 16], &[0, 2, 8, 10]);
}

#[test]
fn a_window_may_have_more_pixels_than_there_are_integers_in_f32() {
    let height = (1 << 23) + 1;
    let sizes = Pool2d { planes: 1, height, width: 2, kernel: [height, 2], stride: [1, 2], padding: [0; 2] };
    let mut x = vec![0.0f32; 2 * height];
    x[(1 << 24) + 1] = 1.0;
    check_places(&sizes, &x, &[(1 << 24) + 1]);
}
