//! Updates against the same formulas, one parameter at a time in double precision.

use tenon_kernels::optim::{Adam, Decay, Direction, Sgd, adam, sgd, sgd_momentum};

use crate::support::{check, numbers};

/// More than one task.
const N: usize = 40_000;

#[test]
fn sgd_follows_its_formula() {
    let rule = Sgd { learning_rate: 0.1, momentum: 0.0, weight_decay: 0.01, direction: Direction::Velocity };
    let (param, grad) = (numbers::<f64>(1, N), numbers::<f64>(2, N));
    let want: Vec<f64> = param.iter().zip(&grad).map(|(p, g)| p - 0.1 * (g + 0.01 * p)).collect();
    check(&want, 4.0 * f64::EPSILON, |y| {
        y.copy_from_slice(&param);
        sgd(&rule, y, &grad);
    });
}

#[test]
fn momentum_accumulates_over_steps() {
    for direction in [Direction::Velocity, Direction::LookAhead] {
        let rule = Sgd { learning_rate: 0.1, momentum: 0.9, weight_decay: 0.01, direction };
        let (param, grad) = (numbers::<f64>(1, N), numbers::<f64>(2, N));
        let (mut want, mut velocity) = (param.clone(), vec![0.0; N]);
        for _ in 0..3 {
            for i in 0..N {
                let g = grad[i] + 0.01 * want[i];
                velocity[i] = 0.9 * velocity[i] + g;
                want[i] -= 0.1
                    * match direction {
                        Direction::Velocity => velocity[i],
                        Direction::LookAhead => g + 0.9 * velocity[i],
                    };
            }
        }
        check(&want, 32.0 * f64::EPSILON, |y| {
            y.copy_from_slice(&param);
            let mut velocity = vec![0.0; N];
            for _ in 0..3 {
                sgd_momentum(&rule, y, &grad, &mut velocity);
            }
        });
    }
}

#[test]
fn adam_follows_its_formula() {
    for decay in [Decay::Gradient, Decay::Decoupled] {
        let rule = |step| Adam {
            learning_rate: 0.01,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weight_decay: 0.1,
            decay,
            step,
        };
        let (param, grad) = (numbers::<f64>(1, N), numbers::<f64>(2, N));
        let (mut want, mut m, mut v) = (param.clone(), vec![0.0; N], vec![0.0; N]);
        for t in 1..=3 {
            for i in 0..N {
                let mut g: f64 = grad[i];
                match decay {
                    Decay::Gradient => g += 0.1 * want[i],
                    Decay::Decoupled => want[i] -= 0.01 * 0.1 * want[i],
                }
                m[i] = 0.9 * m[i] + 0.1 * g;
                v[i] = 0.999 * v[i] + 0.001 * g * g;
                let m_hat = m[i] / (1.0 - 0.9f64.powi(t));
                let v_hat = v[i] / (1.0 - 0.999f64.powi(t));
                want[i] -= 0.01 * m_hat / (v_hat.sqrt() + 1e-8);
            }
        }
        // β₁ and β₂ are subtracted from 1, which costs the digits that 0.999 shares with it.
        check(&want, 1e4 * f64::EPSILON, |y| {
            y.copy_from_slice(&param);
            let (mut m, mut v) = (vec![0.0; N], vec![0.0; N]);
            for t in 1..=3 {
                adam(&rule(t), y, &grad, &mut m, &mut v);
            }
        });
    }
}
