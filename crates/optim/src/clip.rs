//! Gradients of a bounded length.

use tenon_kernels::reduce;
use tenon_tensor::Array;

/// Shortens the gradients of a step to a largest norm, all by the same factor, so that their
/// direction stays.
///
/// With ‖g‖ the Euclidean norm of all gradients as one vector, each becomes
/// g · min(1, max/(‖g‖ + 10⁻⁶)).
///
/// # Source
/// Pascanu, Mikolov and Bengio 2013, "On the difficulty of training recurrent neural networks",
/// algorithm 1, in the form of PyTorch's `clip_grad_norm_`, whose small constant this has too.
///
/// # Example
/// ```
/// use tenon_optim::{ClipNorm, Optimizer, Sgd};
/// use tenon_tensor::prelude::*;
/// let mut weight: Tensor<(U2,)> = Tensor::zeros();
/// let gradient: Tensor<(U2,)> = Tensor::from([30.0, 40.0]);
/// let clip = ClipNorm { max_norm: 5.0 };
/// let mut optimizer = Optimizer::new(Sgd::default());
/// let mut step = optimizer.step(1.0).scale_gradients(clip.factor([gradient.array()]));
/// step.update("weight", weight.array_mut(), Some(gradient.array()));
/// assert!((weight.to_vec()[1] + 4.0).abs() < 1e-5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClipNorm {
    /// The largest norm of all gradients together.
    pub max_norm: f64,
}

/// Keeps the quotient finite where all gradients are zero; PyTorch's value.
const EPSILON: f64 = 1e-6;

impl ClipNorm {
    /// What every gradient is to be multiplied with. It is not a number if a gradient is not.
    pub fn factor<'a>(&self, gradients: impl IntoIterator<Item = &'a Array<f32>>) -> f64 {
        let factor = self.max_norm / (norm(gradients) + EPSILON);
        // Not `min`, which would make 1 of a factor that is not a number.
        if factor > 1.0 { 1.0 } else { factor }
    }
}

/// The Euclidean norm of all numbers together.
fn norm<'a>(gradients: impl IntoIterator<Item = &'a Array<f32>>) -> f64 {
    gradients.into_iter().map(sum_of_squares).sum::<f64>().sqrt()
}

fn sum_of_squares(gradient: &Array<f32>) -> f64 {
    reduce::sum_of_squares(gradient.clone().contiguous().as_slice().expect("contiguous"))
}

#[cfg(test)]
mod tests {
    use tenon_tensor::Dims;

    use super::*;

    fn array(numbers: &[f32]) -> Array<f32> {
        Array::from_vec(Dims::new(&[numbers.len()]), numbers.to_vec())
    }

    #[test]
    fn all_gradients_count_as_one_vector() {
        let (a, b) = (array(&[2.0, 3.0]), array(&[6.0]));
        let factor = ClipNorm { max_norm: 3.5 }.factor([&a, &b]);
        assert!((factor - 0.5).abs() < 1e-6, "{factor}");
    }

    #[test]
    fn short_gradients_stay() {
        assert_eq!(ClipNorm { max_norm: 1.0 }.factor([&array(&[0.3, 0.4])]), 1.0);
        assert_eq!(ClipNorm { max_norm: 1.0 }.factor([&array(&[0.0])]), 1.0);
        assert_eq!(ClipNorm { max_norm: 1.0 }.factor([]), 1.0);
    }

    #[test]
    fn large_numbers_do_not_overflow_and_others_are_not_hidden() {
        let factor = ClipNorm { max_norm: 1.0 }.factor([&array(&[1e30, 1e30])]);
        assert!(factor > 0.0 && factor < 1e-29, "{factor}");
        assert!(ClipNorm { max_norm: 1.0 }.factor([&array(&[f32::NAN])]).is_nan());
    }

    #[test]
    fn views_are_read_as_they_are() {
        let repeated = Array::full(Dims::new(&[100]), 1.0);
        let factor = ClipNorm { max_norm: 1.0 }.factor([&repeated]);
        assert!((factor - 0.1).abs() < 1e-6, "{factor}");
    }
}
