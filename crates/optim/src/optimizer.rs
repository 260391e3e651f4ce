//! A rule together with what it remembers.

use tenon_tensor::{Array, Dims};

use crate::group::Group;
use crate::rule::{Rule, Update};

/// Applies an update rule to parameters, in place.
///
/// It knows a parameter by the position at which it comes in each step, checked by name and dims.
/// Buffers are made when a parameter is first updated; later steps allocate nothing.
///
/// # Example
/// ```
/// use tenon_optim::{Optimizer, Sgd};
/// use tenon_tensor::prelude::*;
/// let mut weight: Tensor<(U2,)> = Tensor::from([1.0, 2.0]);
/// let gradient: Tensor<(U2,)> = Tensor::from([10.0, -10.0]);
/// let mut optimizer = Optimizer::new(Sgd::default());
/// optimizer.step(0.1).update("weight", weight.array_mut(), Some(gradient.array()));
/// assert_eq!(weight.to_vec(), [0.0, 3.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Optimizer<R> {
    rule: R,
    groups: Vec<Group<R>>,
    state: OptimizerState,
}

/// Everything that an optimizer remembers between steps.
#[derive(Clone, Debug, Default)]
pub struct OptimizerState {
    /// One for each parameter, in the order in which they come.
    pub parameters: Vec<ParameterState>,
}

/// What an optimizer remembers of one parameter.
#[derive(Clone, Debug)]
pub struct ParameterState {
    /// The name it came under.
    pub name: String,
    /// The sizes of its axes.
    pub dims: Dims,
    /// How many times it has been updated.
    pub n_updates: u64,
    /// The buffers of the rule, each of the parameter's dims.
    pub buffers: Vec<Array<f32>>,
}

/// A state that is not one of the rule it is given to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("state of `{name}`: expected {expected} buffers of {n_elements} numbers, found lengths {found:?}")]
pub struct StateError {
    /// The parameter.
    pub name: String,
    /// How many buffers the rule keeps of a parameter.
    pub expected: usize,
    /// How many elements the parameter has.
    pub n_elements: usize,
    /// The lengths of the buffers there are.
    pub found: Vec<usize>,
}

impl<R: Rule> Optimizer<R> {
    /// An optimizer that remembers nothing yet.
    pub fn new(rule: R) -> Self {
        Optimizer { rule, groups: Vec::new(), state: OptimizerState::default() }
    }

    /// An optimizer that goes on where another one was.
    ///
    /// # Errors
    /// When the state was not made by such a rule.
    pub fn with_state(rule: R, state: OptimizerState) -> Result<Self, StateError> {
        for ParameterState { name, dims, n_updates, buffers } in &state.parameters {
            let expected = if *n_updates > 0 { rule.state_names().len() } else { 0 };
            let found: Vec<usize> = buffers.iter().map(Array::numel).collect();
            if found != vec![dims.numel(); expected] {
                return Err(StateError { name: name.clone(), expected, n_elements: dims.numel(), found });
            }
        }
        Ok(Optimizer { rule, groups: Vec::new(), state })
    }

    /// Gives settings of their own to the parameters that `contains`, asked for a name and dims, says
    /// yes to. A parameter belongs to the first group that contains it.
    ///
    /// # Example
    /// ```
    /// use tenon_optim::{Optimizer, Sgd, is_vector};
    /// let rule = Sgd { momentum: 0.9, weight_decay: 5e-4, ..Sgd::default() };
    /// // No decay of biases and of the scales of normalizations.
    /// let optimizer = Optimizer::new(rule).group(is_vector, Sgd { weight_decay: 0.0, ..rule });
    /// ```
    ///
    /// # Panics
    /// When the rule does not keep the same buffers as the optimizer's.
    pub fn group(mut self, contains: fn(&str, &[usize]) -> bool, rule: R) -> Self {
        assert_eq!(rule.state_names(), self.rule.state_names(), "groups keep the same buffers");
        self.groups.push(Group { contains, rule });
        self
    }

    /// The rule.
    pub fn rule(&self) -> &R {
        &self.rule
    }

    /// What it remembers, to be saved.
    pub fn state(&self) -> &OptimizerState {
        &self.state
    }

    /// Begins a step of this learning rate, in which every parameter is then
    /// [updated](Step::update) once, always in the same order.
    pub fn step(&mut self, learning_rate: f64) -> Step<'_, R> {
        Step { optimizer: self, learning_rate, gradient_scale: 1.0, next: 0 }
    }
}

/// A step under way.
#[derive(Debug)]
#[must_use = "a step does nothing until parameters are updated"]
pub struct Step<'a, R> {
    optimizer: &'a mut Optimizer<R>,
    learning_rate: f64,
    gradient_scale: f32,
    next: usize,
}

impl<R: Rule> Step<'_, R> {
    /// Multiplies every gradient of this step by `factor`, before anything else is done with it.
    pub fn scale_gradients(self, factor: f64) -> Self {
        Step { gradient_scale: factor as f32, ..self }
    }

    /// Moves the next parameter by its gradient, or leaves it where it is if it has none.
    ///
    /// The numbers change in place if this array is their only handle; the gradient is read where
    /// it lies unless it is a view with gaps.
    ///
    /// # Panics
    /// When the parameter is not the one that came at this position before, or the gradient has
    /// other dims.
    pub fn update(&mut self, name: &str, parameter: &mut Array<f32>, gradient: Option<&Array<f32>>) {
        let Optimizer { rule, groups, state } = &mut *self.optimizer;
        if self.next == state.parameters.len() {
            state.parameters.push(ParameterState::new(name, parameter.dims()));
        }
        let known = &mut state.parameters[self.next];
        self.next += 1;
        assert!(
            known.name == name && known.dims == parameter.dims(),
            "expected the parameter `{}` {:?}, found `{name}` {:?}",
            known.name,
            known.dims,
            parameter.dims(),
        );
        let Some(gradient) = gradient else { return };
        assert_eq!(gradient.dims(), known.dims, "the gradient of `{name}` has other dims");
        let group = groups.iter().find(|group| (group.contains)(name, &known.dims));
        let rule = group.map_or(&*rule, |group| &group.rule);
        let n_buffers = rule.state_names().len();
        known.buffers.resize_with(n_buffers, || Array::write(known.dims, |numbers| numbers.fill(0.0)));
        known.n_updates += 1;
        let update = Update { number: known.n_updates, learning_rate: self.learning_rate };
        let scale = self.gradient_scale;
        // A new array only where there is something to change.
        let gradient = if scale == 1.0 { gradient.clone() } else { gradient.clone().map(move |g| g * scale) };
        let gradient = gradient.contiguous();
        let gradient = gradient.as_slice().expect("contiguous");
        rule.update(update, parameter.make_mut(), gradient, &mut known.buffers);
    }
}

impl ParameterState {
    fn new(name: &str, dims: Dims) -> Self {
        ParameterState { name: name.to_owned(), dims, n_updates: 0, buffers: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Adam, Sgd};

    fn array(numbers: [f32; 4]) -> Array<f32> {
        Array::from_vec(Dims::new(&[2, 2]), numbers.to_vec())
    }

    #[test]
    fn gradients_may_be_views() {
        let transposed = array([1.0, 2.0, 3.0, 4.0]).permuted(&[1, 0]);
        let repeated = Array::full(Dims::new(&[2, 2]), 1.0);
        for (gradient, expected) in
            [(transposed, [-1.0, -3.0, -2.0, -4.0]), (repeated, [-1.0, -1.0, -1.0, -1.0])]
        {
            let mut parameter = array([0.0; 4]);
            Optimizer::new(Sgd::default()).step(1.0).update("w", &mut parameter, Some(&gradient));
            assert_eq!(parameter.to_vec(), expected);
        }
    }

    #[test]
    fn without_a_gradient_nothing_moves_and_nothing_is_kept() {
        let mut optimizer = Optimizer::new(Adam::default());
        let mut parameter = array([1.0; 4]);
        optimizer.step(1.0).update("w", &mut parameter, None);
        assert_eq!(parameter.to_vec(), [1.0; 4]);
        assert_eq!(optimizer.state().parameters[0].n_updates, 0);
        assert!(optimizer.state().parameters[0].buffers.is_empty());
        // A state saved before the first update is a state.
        let state = optimizer.state().clone();
        optimizer = Optimizer::with_state(Adam::default(), state).unwrap();
        optimizer.step(1.0).update("w", &mut parameter, Some(&array([1.0; 4])));
        assert_eq!(optimizer.state().parameters[0].n_updates, 1);
    }

    #[test]
    fn a_copy_that_someone_holds_keeps_its_numbers() {
        let mut parameter = array([1.0; 4]);
        let before = parameter.clone();
        Optimizer::new(Sgd::default()).step(1.0).update("w", &mut parameter, Some(&array([1.0; 4])));
        assert_eq!((before.to_vec(), parameter.to_vec()), (vec![1.0; 4], vec![0.0; 4]));
    }

    #[test]
    fn a_group_follows_its_own_settings() {
        let rule = Sgd { weight_decay: 0.5, ..Sgd::default() };
        let mut optimizer = Optimizer::new(rule).group(crate::is_vector, Sgd::default());
        let mut bias = Array::from_vec(Dims::new(&[4]), vec![1.0; 4]);
        let mut weight = array([1.0; 4]);
        let mut step = optimizer.step(1.0);
        step.update("bias", &mut bias, Some(&Array::full(Dims::new(&[4]), 0.0)));
        step.update("weight", &mut weight, Some(&array([0.0; 4])));
        assert_eq!((bias.to_vec(), weight.to_vec()), (vec![1.0; 4], vec![0.5; 4]));
    }

    #[test]
    #[should_panic(expected = "expected the parameter `w` [2, 2], found `v` [2, 2]")]
    fn another_parameter_at_the_same_position_is_refused() {
        let mut optimizer = Optimizer::new(Sgd::default());
        optimizer.step(1.0).update("w", &mut array([1.0; 4]), None);
        optimizer.step(1.0).update("v", &mut array([1.0; 4]), None);
    }

    #[test]
    fn the_state_of_another_rule_is_refused() {
        let mut optimizer = Optimizer::new(Sgd { momentum: 0.9, ..Sgd::default() });
        optimizer.step(1.0).update("w", &mut array([1.0; 4]), Some(&array([1.0; 4])));
        let error = Optimizer::with_state(Adam::default(), optimizer.state().clone()).unwrap_err();
        let expected = "state of `w`: expected 2 buffers of 4 numbers, found lengths [4]";
        assert_eq!(error.to_string(), expected);
    }
}
