//! What every update rule must do, tested for each.

use tenon_tensor::{Array, Dims, threads};
use tenon_testkit::{Tolerance, assert_close, data};

use crate::optimizer::Optimizer;
use crate::rule::{Rule, Update};

/// What a rule states of itself for the tests.
pub(crate) trait Contract: Rule + Copy {
    /// A learning rate at which it goes down the valley of Rosenbrock's function.
    const LEARNING_RATE: f64;

    /// Settings that together use every term of the rule.
    fn settings() -> Vec<Self>;

    /// The same rule without weight decay.
    fn without_decay(self) -> Self;

    /// The recurrence as its source states it, for one number: the parameter after the update.
    fn recurrence(&self, update: Update, parameter: f64, gradient: f64, state: &mut [f64]) -> f64;
}

/// The tests of the contract, for one rule.
macro_rules! tests {
    ($Rule:ty) => {
        crate::contract::tests!(@ $Rule, follows_the_recurrence, goes_down_a_parabola,
            goes_down_the_valley_of_rosenbrock, zero_gradients_leave_parameters_alone,
            goes_on_from_a_saved_state, bits_do_not_depend_on_threads);
    };
    (@ $Rule:ty, $($test:ident),+) => {$(
        #[test]
        fn $test() {
            crate::contract::$test::<$Rule>();
        }
    )+};
}
pub(crate) use tests;

fn vector(numbers: Vec<f32>) -> Array<f32> {
    Array::from_vec(Dims::new(&[numbers.len()]), numbers)
}

/// The parameters after some steps along given gradients.
fn follow<R: Rule>(optimizer: &mut Optimizer<R>, parameter: &mut Array<f32>, seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let gradient = vector(data::normal(seed, parameter.numel(), 0.0, 1.0));
        optimizer.step(0.01).update("w", parameter, Some(&gradient));
    }
}

pub(crate) fn follows_the_recurrence<R: Contract>() {
    // No multiple of a vector width, so that every loop has a remainder.
    const N: usize = 37;
    const N_STEPS: u64 = 20;
    for rule in R::settings() {
        let start: Vec<f32> = data::uniform(1, N, -1.0, 1.0);
        let mut expected: Vec<f64> = start.iter().map(|&x| f64::from(x)).collect();
        let mut states = vec![vec![0.0; rule.state_names().len()]; N];
        for number in 1..=N_STEPS {
            let update = Update { number, learning_rate: 0.01 };
            let gradient: Vec<f32> = data::normal(number, N, 0.0, 1.0);
            for ((x, &g), state) in expected.iter_mut().zip(&gradient).zip(&mut states) {
                *x = rule.recurrence(update, *x, f64::from(g), state);
            }
        }
        let mut parameter = vector(start);
        follow(&mut Optimizer::new(rule), &mut parameter, 1..N_STEPS + 1);
        // A dozen roundings a step, of numbers of order one.
        let tolerance = Tolerance::sum::<f32>(12 * N_STEPS as usize, 1.0);
        assert_close(&parameter.to_vec(), &expected, tolerance);
    }
}

pub(crate) fn goes_down_a_parabola<R: Contract>() {
    for rule in R::settings() {
        let mut optimizer = Optimizer::new(rule.without_decay());
        let mut x = vector(vec![1.0, -2.0]);
        for _ in 0..400 {
            // The gradient of x² is 2 x.
            let gradient = x.clone().map(|x| 2.0 * x);
            optimizer.step(0.02).update("x", &mut x, Some(&gradient));
        }
        assert!(x.to_vec().iter().all(|x| x.abs() < 0.05), "{rule:?} ends at {x:?}");
    }
}

pub(crate) fn goes_down_the_valley_of_rosenbrock<R: Contract>() {
    let value = |x: f32, y: f32| (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2);
    for rule in R::settings() {
        let mut optimizer = Optimizer::new(rule.without_decay());
        let mut point = vector(vec![-1.2, 1.0]);
        for _ in 0..4000 {
            let [x, y] = point.to_vec()[..] else { unreachable!("two numbers") };
            let dx = -2.0 * (1.0 - x) - 400.0 * x * (y - x * x);
            let dy = 200.0 * (y - x * x);
            optimizer.step(R::LEARNING_RATE).update("point", &mut point, Some(&vector(vec![dx, dy])));
        }
        let [x, y] = point.to_vec()[..] else { unreachable!("two numbers") };
        // It starts at 24.2; the bottom of the valley is below 4 everywhere on the way.
        assert!(value(x, y) < 1.0, "{rule:?} ends at ({x}, {y}), of value {}", value(x, y));
    }
}

pub(crate) fn zero_gradients_leave_parameters_alone<R: Contract>() {
    for rule in R::settings() {
        let mut optimizer = Optimizer::new(rule.without_decay());
        let mut parameter = vector(vec![1.5, -0.25, 0.0]);
        for _ in 0..3 {
            optimizer.step(0.1).update("w", &mut parameter, Some(&vector(vec![0.0; 3])));
        }
        assert_eq!(parameter.to_vec(), [1.5, -0.25, 0.0]);
    }
}

pub(crate) fn goes_on_from_a_saved_state<R: Contract>() {
    for rule in R::settings() {
        let mut parameter = vector(data::uniform(1, 37, -1.0, 1.0));
        let mut optimizer = Optimizer::new(rule);
        follow(&mut optimizer, &mut parameter, 0..5);
        let mut resumed = vector(parameter.to_vec());
        let saved = optimizer.state().clone();
        follow(&mut optimizer, &mut parameter, 5..10);
        follow(&mut Optimizer::with_state(rule, saved).unwrap(), &mut resumed, 5..10);
        assert_eq!(parameter.to_vec(), resumed.to_vec());
    }
}

pub(crate) fn bits_do_not_depend_on_threads<R: Contract>() {
    for rule in R::settings() {
        let run = |n_threads| {
            threads::with_num_threads(n_threads, || {
                let mut parameter = vector(data::uniform(1, 100_003, -1.0, 1.0));
                follow(&mut Optimizer::new(rule), &mut parameter, 0..3);
                parameter.to_vec()
            })
        };
        assert_eq!(run(1), run(2));
    }
}
