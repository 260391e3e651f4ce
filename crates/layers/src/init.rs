//! Initial values of parameters.
//!
//! PyTorch's names and defaults. Gains: 1 for linear maps and sigmoid, 5/3 for tanh, √2 for ReLU.

use rand::Rng;
use rand_distr::{Distribution, Normal as NormalDistribution, Uniform as UniformDistribution};
use tenon_tensor::Tensor;
use tenon_tensor::shape::StaticShape;

use crate::param::Param;

/// Layers that know how to begin: PyTorch's default distributions.
pub trait Init: Sized {
    /// The layer with fresh parameters.
    fn init(rng: &mut impl Rng) -> Self;
}

macro_rules! tuple {
    ($($M:ident)*) => {
        impl<$($M: Init),*> Init for ($($M,)*) {
            fn init(rng: &mut impl Rng) -> Self {
                ($($M::init(rng),)*)
            }
        }
    };
}
tuple!(A);
tuple!(A B);
tuple!(A B C);
tuple!(A B C D);
tuple!(A B C D E);
tuple!(A B C D E F);
tuple!(A B C D E F G);
tuple!(A B C D E F G H);
tuple!(A B C D E F G H I);
tuple!(A B C D E F G H I J);
tuple!(A B C D E F G H I J K);
tuple!(A B C D E F G H I J K L);

/// How many inputs one output adds up, and how many outputs one input reaches; for a weight
/// `(Out, In, …)` these are the sizes of axes 1 and 0, each times the size of the window.
///
/// # Panics
/// When there are fewer than two axes.
fn fans(dims: &[usize]) -> (f64, f64) {
    assert!(dims.len() >= 2, "a weight of dims {dims:?} has no inputs and outputs");
    let window: usize = dims[2..].iter().product();
    ((dims[1] * window) as f64, (dims[0] * window) as f64)
}

fn draw<S: StaticShape>(rng: &mut impl Rng, distribution: impl Distribution<f32>) -> Param<S> {
    Param::new(Tensor::from_fn(S::default(), |_| distribution.sample(rng)))
}

/// A constant.
pub fn constant<S: StaticShape>(number: f64) -> Param<S> {
    Param::new(Tensor::from_fn(S::default(), |_| number as f32))
}

/// Uniform on `[low, high)`.
///
/// # Panics
/// When the bounds are not finite, or `low` is not below `high`.
pub fn uniform<S: StaticShape>(rng: &mut impl Rng, low: f64, high: f64) -> Param<S> {
    let distribution = UniformDistribution::new(low as f32, high as f32);
    draw(rng, distribution.unwrap_or_else(|error| panic!("uniform on [{low}, {high}): {error}")))
}

/// Normal with a mean and a standard deviation.
///
/// # Panics
/// When the deviation is not finite.
pub fn normal<S: StaticShape>(rng: &mut impl Rng, mean: f64, deviation: f64) -> Param<S> {
    let distribution = NormalDistribution::new(mean as f32, deviation as f32);
    draw(rng, distribution.unwrap_or_else(|error| panic!("normal with deviation {deviation}: {error}")))
}

/// Kaiming uniform: on `±gain √(3 / fan_in)`.
///
/// # Source
/// He et al. 2015, "Delving deep into rectifiers", equation 10, as a uniform distribution.
pub fn kaiming_uniform<S: StaticShape>(rng: &mut impl Rng, gain: f64) -> Param<S> {
    let (fan_in, _) = fans(S::default().dims().as_ref());
    let bound = gain * (3.0 / fan_in).sqrt();
    uniform(rng, -bound, bound)
}

/// Kaiming normal: deviation `gain / √fan_in`.
///
/// # Source
/// He et al. 2015, "Delving deep into rectifiers", equation 10.
pub fn kaiming_normal<S: StaticShape>(rng: &mut impl Rng, gain: f64) -> Param<S> {
    let (fan_in, _) = fans(S::default().dims().as_ref());
    normal(rng, 0.0, gain / fan_in.sqrt())
}

/// Xavier uniform: on `±gain √(6 / (fan_in + fan_out))`.
///
/// # Source
/// Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural
/// networks", equation 16.
pub fn xavier_uniform<S: StaticShape>(rng: &mut impl Rng, gain: f64) -> Param<S> {
    let (fan_in, fan_out) = fans(S::default().dims().as_ref());
    let bound = gain * (6.0 / (fan_in + fan_out)).sqrt();
    uniform(rng, -bound, bound)
}

/// Xavier normal: deviation `gain √(2 / (fan_in + fan_out))`.
///
/// # Source
/// Glorot and Bengio 2010, equation 12.
pub fn xavier_normal<S: StaticShape>(rng: &mut impl Rng, gain: f64) -> Param<S> {
    let (fan_in, fan_out) = fans(S::default().dims().as_ref());
    normal(rng, 0.0, gain * (2.0 / (fan_in + fan_out)).sqrt())
}

/// PyTorch's default for the weights of linear and convolution layers, and for their biases:
/// uniform on `±1/√fan_in`.
///
/// # Source
/// PyTorch's `nn.Linear.reset_parameters`: Kaiming uniform with `a = √5`, whose gain is `√(1/3)`.
pub fn torch_default<S: StaticShape>(rng: &mut impl Rng, fan_in: usize) -> Param<S> {
    let bound = 1.0 / (fan_in as f64).sqrt();
    uniform(rng, -bound, bound)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SeededRng;
    use tenon_tensor::prelude::*;

    fn moments(param: &Param<(U200, U100, U3)>) -> (f64, f64, f64) {
        let numbers = param.value().to_vec();
        let n = numbers.len() as f64;
        let mean = numbers.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
        let variance = numbers.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / n;
        let largest = numbers.iter().fold(0.0, |most, &x| f64::from(x.abs()).max(most));
        (mean, variance.sqrt(), largest)
    }

    /// Six standard errors of a mean and of a deviation of 60 000 samples.
    fn close(found: f64, expected: f64, scale: f64) -> bool {
        (found - expected).abs() < 6.0 * scale / 60_000f64.sqrt()
    }

    #[test]
    fn distributions_have_their_moments_and_bounds() {
        let rng = &mut SeededRng::new(3);
        let (fan_in, fan_out) = (300.0f64, 600.0f64);
        let deviation = (1.0 / fan_in).sqrt();
        let (mean, std, _) = moments(&kaiming_normal(rng, 1.0));
        assert!(close(mean, 0.0, deviation) && close(std, deviation, deviation), "{mean} {std}");

        let (mean, std, largest) = moments(&kaiming_uniform(rng, 1.0));
        assert!(close(mean, 0.0, deviation) && close(std, deviation, deviation), "{mean} {std}");
        assert!(largest <= (3.0 / fan_in).sqrt() && largest > 0.99 * (3.0 / fan_in).sqrt());

        let deviation = (2.0 / (fan_in + fan_out)).sqrt();
        let (mean, std, _) = moments(&xavier_normal(rng, 1.0));
        assert!(close(mean, 0.0, deviation) && close(std, deviation, deviation), "{mean} {std}");
        let (_, std, largest) = moments(&xavier_uniform(rng, 1.0));
        assert!(close(std, deviation, deviation) && largest <= (6.0 / (fan_in + fan_out)).sqrt());
    }

    #[test]
    fn a_seed_gives_the_same_bits() {
        let draw = |seed| normal::<(U5, U5)>(&mut SeededRng::new(seed), 0.0, 1.0).value().to_vec();
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }
}
