//! A file that PyTorch wrote.

use std::collections::BTreeMap;
use std::fs;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use tenon_layers::prelude::*;
use tenon_layers::tensor::shape::Shape;
use tenon_layers::tensor::{Element, Float};

/// How much farther from the truth than PyTorch's `f32` another order of the same operations may
/// be: both add up as many roundings, of which the largest differ by chance.
const SLACK: f64 = 8.0;

pub(crate) struct Fixture {
    bytes: Vec<u8>,
}

impl Fixture {
    pub(crate) fn read(name: &str) -> Self {
        let path = format!("{}/../../fixtures/{name}.safetensors", env!("CARGO_MANIFEST_DIR"));
        Fixture { bytes: fs::read(path).unwrap() }
    }

    fn tensors(&self) -> SafeTensors<'_> {
        SafeTensors::deserialize(&self.bytes).unwrap()
    }

    /// The state dict, as a file of its own.
    pub(crate) fn state(&self) -> Vec<u8> {
        let tensors = self.tensors();
        let state: BTreeMap<&str, TensorView<'_>> = tensors
            .iter()
            .filter_map(|(key, view)| key.strip_prefix("state.").map(|key| (key, view)))
            .collect();
        safetensors::serialize(state, None).unwrap()
    }

    /// The numbers under a key.
    fn numbers(&self, key: &str) -> Vec<f64> {
        let tensors = self.tensors();
        let view = tensors.tensor(key).unwrap_or_else(|error| panic!("{key}: {error}"));
        let data = view.data();
        match view.dtype() {
            Dtype::F32 => data.as_chunks().0.iter().map(|&x| f32::from_le_bytes(x).into()).collect(),
            Dtype::F64 => data.as_chunks().0.iter().map(|&x| f64::from_le_bytes(x)).collect(),
            other => panic!("{key} holds {other:?}"),
        }
    }

    pub(crate) fn integers(&self, key: &str) -> Vec<i64> {
        let tensors = self.tensors();
        let view = tensors.tensor(key).unwrap_or_else(|error| panic!("{key}: {error}"));
        assert_eq!(view.dtype(), Dtype::I64, "{key}");
        view.data().as_chunks().0.iter().map(|&x| i64::from_le_bytes(x)).collect()
    }

    /// An input of numbers.
    pub(crate) fn input<S: StaticShape, B: Backend>(&self, name: &str) -> Tensor<S, B> {
        let numbers = self.numbers(&format!("input.{name}"));
        Tensor::from_vec(S::default(), numbers.into_iter().map(B::Elem::from_f64).collect())
    }

    /// An input of ids.
    pub(crate) fn ids<S: StaticShape, V: StaticDim>(&self, name: &str) -> Ids<S, V> {
        let ids = self.integers(&format!("input.{name}"));
        Ids::try_from_vec(S::default(), ids.into_iter().map(|id| id as u32).collect()).unwrap()
    }

    /// An input of flags.
    pub(crate) fn mask<S: Shape + Default>(&self, name: &str) -> Mask<S> {
        let flags = self.integers(&format!("input.{name}"));
        Mask::from_vec(S::default(), flags.into_iter().map(|flag| flag != 0).collect())
    }

    /// Asserts that numbers agree with those of PyTorch.
    ///
    /// The distance of PyTorch's `f32` from its `f64` tells how much the roundings on the way to a
    /// tensor are amplified; those of `f64` are amplified alike. So the bound is a few times that
    /// distance, or one rounding of the largest number where that is more, in proportion to the
    /// machine epsilon.
    #[track_caller]
    pub(crate) fn assert_close<E: Element>(&self, name: &str, found: &[E]) {
        let [rounded, truth] = ["f32", "f64"].map(|precision| self.numbers(&format!("{precision}.{name}")));
        assert_eq!(found.len(), truth.len(), "{name}: {} numbers", found.len());
        let most = |numbers: &mut dyn Iterator<Item = f64>| numbers.fold(0.0, f64::max);
        let distance = most(&mut rounded.iter().zip(&truth).map(|(x, y)| (x - y).abs()));
        let one_rounding = f64::from(f32::EPSILON) * most(&mut truth.iter().map(|x| x.abs()));
        let of_precision = E::EPSILON.to_f64() / f64::from(f32::EPSILON);
        let bound = SLACK * distance.max(one_rounding) * of_precision;
        for (i, (x, y)) in found.iter().zip(&truth).enumerate() {
            let error = (x.to_f64() - y).abs();
            assert!(error <= bound, "{name}[{i}]: {x:?} is {error:e} from {y}, more than {bound:e}");
        }
    }
}
