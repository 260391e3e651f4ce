//! Texts of different lengths, side by side.

use tenon_layers::prelude::*;
use tenon_layers::tensor::{Float, IdsError};

/// Tokens of texts, the shorter ones padded at the end.
#[derive(Clone, Debug)]
pub struct Texts<N: Dim, T: Dim, Vocab: Dim> {
    /// The tokens; any where there is padding.
    pub tokens: Ids<(N, T), Vocab>,
    /// Of which of two texts, read together, each token is.
    pub types: Ids<(N, T), U2>,
    /// Which tokens are not padding.
    pub present: Mask<(N, T)>,
}

impl<Vocab: StaticDim> Texts<Dyn, Dyn, Vocab> {
    /// Texts padded to the length of the longest, with token 0; each is the first of its two.
    ///
    /// # Errors
    /// When a token is not of the vocabulary.
    ///
    /// # Example
    /// ```
    /// use tenon_layers::prelude::*;
    /// use tenon_models::Texts;
    /// let texts: Texts<Dyn, Dyn, U10> = Texts::padded(&[vec![5], vec![7, 8]])?;
    /// assert_eq!(texts.tokens.as_slice(), [5, 0, 7, 8]);
    /// assert_eq!(texts.present.as_slice(), [true, false, true, true]);
    /// # Ok::<(), tenon_layers::tensor::IdsError>(())
    /// ```
    pub fn padded(texts: &[Vec<u32>]) -> Result<Self, IdsError> {
        let length = texts.iter().map(Vec::len).max().unwrap_or(0);
        let shape = (Dyn(texts.len()), Dyn(length));
        let padding = |text: &Vec<u32>| length - text.len();
        let tokens = texts.iter().flat_map(|text| text.iter().copied().chain(vec![0; padding(text)]));
        let present =
            texts.iter().flat_map(|text| text.iter().map(|_| true).chain(vec![false; padding(text)]));
        Ok(Texts {
            tokens: Ids::try_from_vec(shape, tokens.collect())?,
            types: Ids::try_from_vec(shape, vec![0; texts.len() * length])?,
            present: Mask::from_vec(shape, present.collect()),
        })
    }
}

impl<N: Dim, T: Dim, Vocab: Dim> Texts<N, T, Vocab> {
    /// The mean over the tokens of each text of what a model makes of them, padding left out; 0 for
    /// a text without tokens.
    ///
    /// # Shapes
    /// `(N, T, Width) → (N, Width)`
    ///
    /// # Example
    /// ```
    /// use tenon_layers::prelude::*;
    /// use tenon_models::Texts;
    /// let texts: Texts<Dyn, Dyn, U10> = Texts::padded(&[vec![5], vec![7, 8]])?;
    /// let states: Tensor<(Dyn, Dyn, U1)> =
    ///     Tensor::from_vec((Dyn(2), Dyn(2), U1::new()), vec![3.0, 100.0, 4.0, 6.0]);
    /// assert_eq!(texts.mean(&states).to_vec(), [3.0, 5.0]);
    /// # Ok::<(), tenon_layers::tensor::IdsError>(())
    /// ```
    pub fn mean<Width: StaticDim, B: Backend>(
        &self,
        states: &Tensor<(N, T, Width), B>,
    ) -> Tensor<(N, Width), B> {
        let (n, t, _) = states.shape();
        let weights = self.present.as_slice().chunks(t.size().max(1)).flat_map(|present| {
            let n_present = present.iter().filter(|&&is_present| is_present).count().max(1);
            let weight = B::Elem::from_f64(1.0 / n_present as f64);
            present.iter().map(move |&is_present| if is_present { weight } else { B::Elem::ZERO })
        });
        let weights = Tensor::from_vec((n, U1::new(), t), weights.collect());
        weights.matmul(states).sum::<1>()
    }
}
