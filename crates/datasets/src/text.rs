//! Stretches of a text and the token that follows each of theirs.

use std::marker::PhantomData;
use std::sync::Arc;

use tenon_tensor::prelude::*;

use crate::dataset::Dataset;
use crate::error::Error;

/// A text as several that are read side by side, each cut into consecutive windows: what a model
/// with a memory learns from by truncated back-propagation through time.
///
/// With batches of as many examples as there are streams, in the order of the dataset, row `i` of
/// each batch goes on where row `i` of the batch before ended. Every token but the first of each
/// stream is predicted once; what the streams do not share evenly at the end is left out.
///
/// # Example
/// ```
/// use tenon_datasets::{Loader, Streams};
/// use tenon_tensor::prelude::*;
/// let streams: Streams<U10> = Streams::new((0..9).collect::<Vec<u32>>(), 2, 3);
/// let mut loader = Loader::new(streams, 2);
/// let batches: Vec<_> = loader.epoch().collect::<Result<_, _>>()?;
/// // Two streams of four predictions each, in windows of three and the one that is left.
/// assert_eq!(batches[0].0.as_slice(), [0, 1, 2, 4, 5, 6]);
/// assert_eq!(batches[0].1.as_slice(), [1, 2, 3, 5, 6, 7]);
/// assert_eq!(batches[1].0.as_slice(), [3, 7]);
/// # Ok::<_, tenon_datasets::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Streams<V> {
    tokens: Arc<[u32]>,
    n_streams: usize,
    /// Predictions in a stream.
    stream_len: usize,
    window: usize,
    vocabulary: PhantomData<V>,
}

impl<V> Streams<V> {
    /// A text as `n_streams` of them, in windows of `window` tokens; the last may be shorter.
    ///
    /// # Panics
    /// When there are no streams, or a window has no tokens.
    pub fn new(tokens: impl Into<Arc<[u32]>>, n_streams: usize, window: usize) -> Self {
        assert!(n_streams > 0 && window > 0, "streams and windows are not empty");
        let tokens = tokens.into();
        let stream_len = tokens.len().saturating_sub(1) / n_streams;
        Streams { tokens, n_streams, stream_len, window, vocabulary: PhantomData }
    }
}

impl<V: StaticDim + Send + Sync> Dataset for Streams<V> {
    type Batch = (Ids<(Dyn, Dyn), V>, Ids<(Dyn,), V>);

    fn len(&self) -> usize {
        self.n_streams * self.stream_len.div_ceil(self.window)
    }

    /// # Panics
    /// When the windows have different lengths: those of a batch are at the same place of their
    /// streams.
    fn batch(&self, examples: &[usize]) -> Result<Self::Batch, Error> {
        let window_of = |example: usize| {
            let (place, stream) = (example / self.n_streams * self.window, example % self.n_streams);
            let len = self.window.min(self.stream_len - place);
            (stream * self.stream_len + place, len)
        };
        Ok(windows(&self.tokens, examples.iter().map(|&example| window_of(example))))
    }
}

/// Windows of a text that overlap: what a model without a memory learns from, in any order.
///
/// Window `i` starts at token `i · stride`.
///
/// # Example
/// ```
/// use tenon_datasets::{Dataset, Windows};
/// use tenon_tensor::prelude::*;
/// let windows: Windows<U10> = Windows::new((0..9).collect::<Vec<u32>>(), 4, 2);
/// assert_eq!(windows.len(), 3);
/// let (tokens, next) = windows.batch(&[2])?;
/// assert_eq!((tokens.as_slice(), next.as_slice()), (&[4, 5, 6, 7][..], &[5, 6, 7, 8][..]));
/// # Ok::<_, tenon_datasets::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Windows<V> {
    tokens: Arc<[u32]>,
    window: usize,
    stride: usize,
    vocabulary: PhantomData<V>,
}

impl<V> Windows<V> {
    /// Windows of `window` tokens, each `stride` tokens after the one before.
    ///
    /// # Panics
    /// When a window has no tokens, or the stride is zero.
    pub fn new(tokens: impl Into<Arc<[u32]>>, window: usize, stride: usize) -> Self {
        assert!(window > 0 && stride > 0, "windows and strides are not empty");
        Windows { tokens: tokens.into(), window, stride, vocabulary: PhantomData }
    }
}

impl<V: StaticDim + Send + Sync> Dataset for Windows<V> {
    type Batch = (Ids<(Dyn, Dyn), V>, Ids<(Dyn,), V>);

    fn len(&self) -> usize {
        // A window needs one token more, which its last one predicts.
        match self.tokens.len().checked_sub(self.window + 1) {
            Some(last_start) => last_start / self.stride + 1,
            None => 0,
        }
    }

    fn batch(&self, examples: &[usize]) -> Result<Self::Batch, Error> {
        Ok(windows(&self.tokens, examples.iter().map(|&example| (example * self.stride, self.window))))
    }
}

/// The tokens of windows `(start, length)` of equal lengths, and the tokens after each.
fn windows<V: StaticDim>(
    tokens: &[u32],
    windows: impl ExactSizeIterator<Item = (usize, usize)>,
) -> (Ids<(Dyn, Dyn), V>, Ids<(Dyn,), V>) {
    let n_windows = windows.len();
    let (mut here, mut next) = (Vec::new(), Vec::new());
    for (start, len) in windows {
        here.extend_from_slice(&tokens[start..start + len]);
        next.extend_from_slice(&tokens[start + 1..start + len + 1]);
    }
    assert!(here.len().is_multiple_of(n_windows.max(1)), "windows of a batch have one length");
    let (n, len) = (here.len(), here.len() / n_windows.max(1));
    let of_vocabulary = "a text has tokens of its vocabulary";
    (
        Ids::try_from_vec((Dyn(n_windows), Dyn(len)), here).expect(of_vocabulary),
        Ids::try_from_vec((Dyn(n),), next).expect(of_vocabulary),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::loader::Loader;

    proptest! {
        #[test]
        fn each_row_goes_on_where_it_ended(len in 0_u32..60, n_streams in 1_usize..5, window in 1_usize..7) {
            let streams: Streams<U60> = Streams::new((0..len).collect::<Vec<u32>>(), n_streams, window);
            let mut rows = vec![Vec::new(); n_streams];
            for batch in Loader::new(streams, n_streams).epoch() {
                let (tokens, next) = batch.unwrap();
                let width = tokens.shape().1.0;
                for (row, tokens) in rows.iter_mut().zip(tokens.as_slice().chunks(width)) {
                    row.extend_from_slice(tokens);
                }
                prop_assert!(tokens.as_slice().iter().zip(next.as_slice()).all(|(here, next)| here + 1 == *next));
            }
            let stream_len = (len.max(1) as usize - 1) / n_streams;
            for (i, row) in rows.iter().enumerate() {
                prop_assert_eq!(row.len(), stream_len);
                prop_assert!(row.iter().enumerate().all(|(j, &token)| token as usize == i * stream_len + j));
            }
        }

        #[test]
        fn every_window_is_whole(len in 0_u32..40, window in 1_usize..7, stride in 1_usize..9) {
            let windows: Windows<U60> = Windows::new((0..len).collect::<Vec<u32>>(), window, stride);
            let all: Vec<usize> = (0..windows.len()).collect();
            let (tokens, next) = windows.batch(&all).unwrap();
            prop_assert_eq!(tokens.as_slice().len(), windows.len() * window);
            prop_assert!(next.as_slice().iter().all(|&token| token < len));
            prop_assert!(windows.len() * stride + window + 1 > len as usize);
        }
    }
}
