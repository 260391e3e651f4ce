//! The largest elements against a stable sort.

use tenon_kernels::reduce::Axis;
use tenon_kernels::simd::{Level, with_level};
use tenon_kernels::threads::with_num_threads;
use tenon_kernels::top_k::top_k;

use crate::support::numbers;

fn check(x: &[f32], axis: Axis, k: usize) {
    let Axis { outer, len, inner } = axis;
    let mut want = vec![0; outer * k * inner];
    for line in 0..axis.reduced() {
        let (slab, column) = (line / inner, line % inner);
        let at = |place: u32| x[(slab * len + place as usize) * inner + column];
        let mut order: Vec<u32> = (0..len as u32).collect();
        // The sort is stable, so that of equals the first stays the first; −0 equals 0.
        order.sort_by(|&a, &b| match (at(a).is_nan(), at(b).is_nan()) {
            (false, false) => at(b).partial_cmp(&at(a)).expect("numbers"),
            (a, b) => b.cmp(&a),
        });
        for rank in 0..k {
            want[(slab * k + rank) * inner + column] = order[rank];
        }
    }
    for &level in Level::available() {
        for threads in 1..=3 {
            let mut got = vec![u32::MAX; want.len()];
            with_level(level, || with_num_threads(threads, || top_k(x, axis, k, &mut got)));
            assert_eq!(got, want, "the {k} largest along {axis:?}, {level:?}, {threads} threads");
        }
    }
}

#[test]
fn the_largest_come_in_their_order() {
    for (outer, len, inner) in [(3, 1, 1), (2, 5, 1), (40, 1000, 1), (3, 33, 1), (2, 70, 3), (0, 4, 2)] {
        let axis = Axis { outer, len, inner };
        let x = numbers::<f32>(1, axis.numel());
        // Many equals, and some of every kind that compares in its own way.
        let coarse: Vec<f32> = x.iter().map(|x| (3.0 * x).round()).collect();
        let kinds = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, -0.0];
        let mixed: Vec<f32> =
            x.iter().enumerate().map(|(i, &x)| if i % 3 == 0 { kinds[i / 3 % 5] } else { x }).collect();
        let rising: Vec<f32> = (0..x.len()).map(|i| i as f32).collect();
        for k in [0, 1, 3, 8, 32, 33, 64, len].into_iter().filter(|&k| k <= len) {
            for x in [&x, &coarse, &mixed, &rising] {
                check(x, axis, k);
            }
        }
    }
}

#[test]
#[should_panic(expected = "the 3 largest of 2")]
fn more_than_there_are_is_refused() {
    top_k(&[1.0, 2.0], Axis { outer: 1, len: 2, inner: 1 }, 3, &mut [0; 3]);
}
