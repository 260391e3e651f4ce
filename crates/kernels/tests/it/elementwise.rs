//! Functions of elements over views with any strides.

use proptest::prelude::*;
use tenon_kernels::{View, elementwise, simd};

use crate::support::{AnyView, any_dims, check_exact, numbers};

/// Views of equal dims.
fn views(n: usize) -> impl Strategy<Value = Vec<AnyView>> {
    any_dims().prop_flat_map(move |dims| prop::collection::vec(AnyView::of(dims), n))
}

proptest! {
    #[test]
    fn map_and_copy_follow_the_strides(views in views(1)) {
        let view = &views[0];
        let x = view.data::<f32>(1);
        let elements = view.elements(&x);
        check_exact(&elements, |y| elementwise::copy(view.view(&x), y));
        let want: Vec<f32> = elements.iter().map(|x| 2.0 * x + 1.0).collect();
        check_exact(&want, |y| elementwise::map(view.view(&x), y, |x| 2.0 * x + 1.0));
        check_exact(&want, |y| {
            y.copy_from_slice(&elements);
            elementwise::map_mut(y, |x| 2.0 * x + 1.0);
        });
    }

    #[test]
    fn zip_follows_the_strides_of_both(views in views(2)) {
        let (a, b) = (views[0].data::<f64>(1), views[1].data::<f64>(2));
        let a_elements = views[0].elements(&a);
        let want: Vec<f64> =
            a_elements.iter().zip(views[1].elements(&b)).map(|(a, b)| a - 2.0 * b).collect();
        check_exact(&want, |y| {
            elementwise::zip(views[0].view(&a), views[1].view(&b), y, |a, b| a - 2.0 * b);
        });
        check_exact(&want, |y| {
            y.copy_from_slice(&a_elements);
            elementwise::zip_mut(y, views[1].view(&b), |a, b| a - 2.0 * b);
        });
    }

    #[test]
    fn zip3_follows_the_strides_of_all(views in views(3)) {
        let data: Vec<Vec<f32>> = (0..3).map(|i| views[i].data(i as u64)).collect();
        let elements: Vec<Vec<f32>> = (0..3).map(|i| views[i].elements(&data[i])).collect();
        let f = |a: f32, b: f32, c: f32| if a > 0.0 { b } else { c };
        let want: Vec<f32> =
            (0..elements[0].len()).map(|i| f(elements[0][i], elements[1][i], elements[2][i])).collect();
        check_exact(&want, |y| {
            let [a, b, c] = [0, 1, 2].map(|i| views[i].view(&data[i]));
            elementwise::zip3(a, b, c, y, f);
        });
    }
}

#[test]
fn broadcasts_over_many_blocks() {
    // A bias for each channel of images, larger than a task.
    let (n, c, pixels) = (8, 6, 900);
    let x = numbers::<f32>(1, n * c * pixels);
    let bias = numbers::<f32>(2, c);
    let want: Vec<f32> = x.iter().enumerate().map(|(i, x)| x + bias[i / pixels % c]).collect();
    check_exact(&want, |y| {
        let a = View::contiguous(&x, &[n, c, pixels]);
        let b = View::new(&bias, 0, &[n, c, pixels], &[0, 1, 0]);
        elementwise::zip(a, b, y, |a, b| a + b);
    });
}

#[test]
fn transposes_large_matrices() {
    let (rows, cols) = (301, 257);
    let x = numbers::<f32>(1, rows * cols);
    let want: Vec<f32> = (0..rows * cols).map(|i| x[i % rows * cols + i / rows]).collect();
    check_exact(&want, |y| {
        elementwise::copy(View::new(&x, 0, &[cols, rows], &[1, cols as isize]), y);
    });
}

#[test]
fn outputs_may_have_another_type() {
    let x = [1.0f32, -2.0, f32::NAN];
    let mut negative = [true; 3];
    elementwise::map(View::flat(&x), &mut negative, |x| x < 0.0);
    assert_eq!(negative, [false, true, false]);
}

#[test]
#[should_panic(expected = "a view of [3] with strides [2]")]
fn a_view_outside_of_its_data_is_refused() {
    View::new(&[0.0f32; 4], 0, &[3], &[2]);
}

#[test]
fn a_forced_level_never_exceeds_the_machine() {
    simd::with_level(simd::Level::Avx512, || {
        assert!(simd::Level::available().contains(&simd::level()));
    });
}
