//! What a model is made of and what it costs, layer by layer.

use std::fmt;

use tenon_tensor::shape::Shape;
use tenon_tensor::{Cpu, Dims, Tensor};

use crate::context::Context;
use crate::module::{Module, parameter_count};
use crate::trace::{Step, Trace, Traced};

/// What a model is made of and what it costs, layer by layer, for one input.
///
/// It is printed as a table; operations that only rearrange numbers, and cost nothing, are left
/// out of it.
///
/// # Example
/// ```
/// use tenon_layers::{Summary, Traced, prelude::*};
/// let net: (Linear<U3, U4>, ReLU, Linear<U4, U2>) = Init::init(&mut SeededRng::new(0));
/// let summary = Summary::of(&net, &Tensor::<(U5, U3)>::zeros(), |x, ctx| {
///     net.forward(x, ctx);
/// });
/// assert_eq!(summary.parameters, 26);
/// assert_eq!(summary.rows[0].layer, "0");
/// println!("{summary}");
/// ```
#[derive(Clone, Debug)]
pub struct Summary {
    /// One row per operation that computes or keeps something, in the order of the forward pass.
    pub rows: Vec<Row>,
    /// The learned numbers.
    pub parameters: usize,
    /// The arithmetic of the forward pass: additions, multiplications, comparisons and elementary
    /// functions, each counted as one.
    pub flops: u64,
    /// The bytes that a forward pass in training keeps for the backward pass.
    pub kept_bytes: usize,
}

/// A row of a [`Summary`].
#[derive(Clone, Debug)]
pub struct Row {
    /// The path of the layer, or the name of an operation without parameters.
    pub layer: String,
    /// The name of the operation.
    pub operation: &'static str,
    /// The dims of the result.
    pub output: Dims,
    /// The learned numbers that are read here first.
    pub parameters: usize,
    /// The arithmetic.
    pub flops: u64,
    /// The bytes kept for the backward pass.
    pub kept_bytes: usize,
}

impl Summary {
    /// Runs `forward` once, in training mode, and writes down what it does.
    pub fn of<S: Shape>(
        module: &(impl Module + ?Sized),
        input: &Tensor<S>,
        forward: impl FnOnce(Tensor<S, Traced<Cpu>>, &mut Context<Traced<Cpu>>),
    ) -> Self {
        let trace = Trace::new();
        let mut ctx = trace.context(module);
        forward(trace.input(input), &mut ctx);
        Summary::from_steps(&trace.steps(), parameter_count(module))
    }

    /// A summary of what was run; for models whose input is not a tensor of numbers.
    pub fn from_steps(steps: &[Step], parameters: usize) -> Self {
        let rows: Vec<Row> = (steps.iter())
            .filter(|step| step.flops > 0 || step.kept_bytes > 0 || step.parameters > 0)
            .map(|step| Row {
                layer: if step.layer.is_empty() { "·".to_owned() } else { step.layer.clone() },
                operation: step.operation,
                output: step.output,
                parameters: step.parameters,
                flops: step.flops,
                kept_bytes: step.kept_bytes,
            })
            .collect();
        let flops = rows.iter().map(|row| row.flops).sum();
        let kept_bytes = rows.iter().map(|row| row.kept_bytes).sum();
        Summary { rows, parameters, flops, kept_bytes }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cells = |row: &Row| {
            [
                row.layer.clone(),
                row.operation.to_owned(),
                format!("{:?}", &row.output[..]),
                grouped(row.parameters as u64),
                grouped(row.flops),
                grouped(row.kept_bytes as u64),
            ]
        };
        let header = ["layer", "operation", "output", "parameters", "FLOPs", "kept bytes"].map(String::from);
        let total = [
            "total".to_owned(),
            String::new(),
            String::new(),
            grouped(self.parameters as u64),
            grouped(self.flops),
            grouped(self.kept_bytes as u64),
        ];
        let mut table = vec![header];
        table.extend(self.rows.iter().map(cells));
        table.push(total);
        let mut widths = [0; 6];
        for row in &table {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let [layer, operation, output, parameters, flops, kept] = widths;
        for [a, b, c, d, e, g] in &table {
            writeln!(
                f,
                "{a:layer$}  {b:operation$}  {c:output$}  {d:>parameters$}  {e:>flops$}  {g:>kept$}"
            )?;
        }
        Ok(())
    }
}

/// A number with its digits in threes.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    #[test]
    fn the_table_has_a_row_per_layer_and_a_total() {
        let net: (Linear<U784, U128>, ReLU, Linear<U128, U10>) = Init::init(&mut SeededRng::new(0));
        let images: Tensor<(U2, U784)> = Tensor::from_fn(Default::default(), |_| 0.5);
        let summary = Summary::of(&net, &images, |x, ctx| {
            net.forward(x, ctx);
        });
        let expected = "\
layer  operation  output    parameters    FLOPs  kept bytes
0      linear     [2, 128]     100 480  401 664       6 272
·      relu       [2, 128]           0      256       1 024
2      linear     [2, 10]        1 290    5 140           0
total                          101 770  407 060       7 296
";
        assert_eq!(summary.to_string(), expected);
    }
}
