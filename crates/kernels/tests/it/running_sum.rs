//! Running sums against sums added one by one.

use tenon_kernels::Float;
use tenon_kernels::reduce::Axis;
use tenon_kernels::running_sum::running_sum;

use crate::support::{check_exact, numbers};

fn check<E: Float>(axis: Axis, from_end: bool) {
    let x = numbers::<E>(1, axis.numel());
    let mut want = x.clone();
    for line in 0..axis.reduced() {
        let (slab, column) = (line / axis.inner, line % axis.inner);
        let mut sum = E::ZERO;
        for step in 0..axis.len {
            let k = if from_end { axis.len - 1 - step } else { step };
            let at = (slab * axis.len + k) * axis.inner + column;
            sum += x[at];
            want[at] = sum;
        }
    }
    check_exact(&want, |y| running_sum(&x, axis, from_end, y));
}

#[test]
fn sums_run_from_either_end() {
    // Rows that are no multiple of what is added up at a time, columns of more than one strip,
    // several tasks, and nothing at all.
    let axes = [(1, 7, 1), (4, 5, 1), (9, 30, 1), (70, 1000, 1), (3, 40, 2), (300, 9, 7), (2, 3, 1500)];
    let empty = [(0, 3, 1), (2, 0, 1), (2, 0, 3), (2, 3, 0)];
    for (outer, len, inner) in axes.into_iter().chain(empty) {
        for from_end in [false, true] {
            check::<f32>(Axis { outer, len, inner }, from_end);
            check::<f64>(Axis { outer, len, inner }, from_end);
        }
    }
}
