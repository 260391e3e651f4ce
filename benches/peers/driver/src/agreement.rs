//! Whether two libraries have computed the same.

/// Half the distance between neighboring `f32` at 1.
const UNIT_ROUNDOFF: f64 = 1.0 / (1 << 24) as f64;

/// The error of a sum of products in another order grows with the root of its length, if roundings
/// are independent (Higham 2002, "Accuracy and stability of numerical algorithms", section 2.8); the
/// longest sums of the workloads are gradients of weights, over some 32 · 32 · 32 positions.
const LONGEST_SUM: f64 = 32_768.0;

/// How many such sums follow each other, at most, in a forward pass.
const DEPTH: f64 = 20.0;

/// By how much a step of training magnifies a difference. Adam's first steps have the same length
/// whatever the size of a gradient, so where one is little more than rounding, whole steps differ; in
/// the loss these few parameters weigh little.
const GROWTH_PER_STEP: f64 = 4.0;

/// Compares what the checked runs of a library computed with what Tenon's did.
///
/// # Errors
/// The first difference that rounding does not explain, in words.
pub(crate) fn check(workload: &str, expected: &[f64], found: &[f64]) -> Result<(), String> {
    if expected.len() != found.len() {
        return Err(format!("expected {} losses, found {}", expected.len(), found.len()));
    }
    let scale = expected.iter().fold(0.0_f64, |scale, loss| scale.max(loss.abs()));
    let is_training = workload.contains("-train-");
    for (i, (expected, found)) in expected.iter().zip(found).enumerate() {
        let growth = if is_training { GROWTH_PER_STEP.powi(i as i32) } else { 1.0 };
        let tolerance = UNIT_ROUNDOFF * LONGEST_SUM.sqrt() * DEPTH * growth;
        let difference = (expected - found).abs() / scale;
        if difference.is_nan() || difference > tolerance {
            return Err(format!(
                "loss {i} is {found}, Tenon's {expected}: they differ by {difference:.1e}, rounding by {tolerance:.1e}"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn rounding_is_no_difference() {
        assert_eq!(check("mlp-train-b128-adam", &[2.0, 1.5], &[2.000_01, 1.500_1]), Ok(()));
    }

    #[test]
    fn another_learning_rate_is() {
        // The second loss of a step that is one percent shorter.
        let message = check("mlp-train-b128-adam", &[2.3, 2.0], &[2.3, 2.003]).unwrap_err();
        assert!(message.starts_with("loss 1 is 2.003, Tenon's 2:"), "{message}");
        assert!(check("gemm-256", &[1.0], &[f64::NAN]).is_err());
        assert!(check("gemm-256", &[1.0], &[]).is_err());
    }
}
