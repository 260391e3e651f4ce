//! Characters as tokens.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use tenon_tensor::shape::StaticDim;
use thiserror::Error;

/// The characters that texts are made of, one token each, numbered in the order of Unicode.
///
/// `V` is the size of the vocabulary as a type, which the tokens of a text carry.
///
/// # Example
/// ```
/// use tenon_datasets::Alphabet;
/// use tenon_tensor::prelude::*;
/// let alphabet: Alphabet<U3> = Alphabet::new("cab")?;
/// assert_eq!(alphabet.encode("bac")?, [1, 0, 2]);
/// assert_eq!(alphabet.decode(&[1, 0, 2]), "bac");
/// assert_eq!(alphabet.encode("bed").unwrap_err().to_string(), "characters outside of the vocabulary: 'd', 'e'");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alphabet<V> {
    characters: Vec<char>,
    vocabulary: PhantomData<V>,
}

/// A vocabulary of another size than its type says.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("vocabulary: expected {expected} different characters, found {found}")]
pub struct AlphabetError {
    /// How many characters the type says.
    pub expected: usize,
    /// How many there are.
    pub found: usize,
}

/// A text with characters that have no token.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("characters outside of the vocabulary: {}", listed(.characters))]
pub struct UnknownCharacters {
    /// Each of them once, in the order of Unicode.
    pub characters: Vec<char>,
}

/// How many unknown characters a message names.
const N_LISTED: usize = 10;

fn listed(characters: &[char]) -> String {
    let names: Vec<String> = characters.iter().take(N_LISTED).map(|c| format!("{c:?}")).collect();
    match characters.len().saturating_sub(N_LISTED) {
        0 => names.join(", "),
        n_more => format!("{} and {n_more} more", names.join(", ")),
    }
}

impl<V: StaticDim> Alphabet<V> {
    /// The alphabet of these characters, in any order and each any number of times: a whole text
    /// will do.
    ///
    /// # Errors
    /// When there are not as many different ones as `V` says.
    pub fn new(characters: &str) -> Result<Self, AlphabetError> {
        let characters: Vec<char> = characters.chars().collect::<BTreeSet<_>>().into_iter().collect();
        if characters.len() != V::N {
            return Err(AlphabetError { expected: V::N, found: characters.len() });
        }
        Ok(Alphabet { characters, vocabulary: PhantomData })
    }

    /// The characters, in the order of their tokens.
    pub fn characters(&self) -> &[char] {
        &self.characters
    }

    /// The tokens of a text.
    ///
    /// # Errors
    /// When the text has other characters; the error names them.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, UnknownCharacters> {
        let token = |c: char| self.characters.binary_search(&c).ok();
        let tokens: Option<Vec<u32>> = text.chars().map(|c| token(c).map(|token| token as u32)).collect();
        tokens.ok_or_else(|| {
            let unknown: BTreeSet<char> = text.chars().filter(|&c| token(c).is_none()).collect();
            UnknownCharacters { characters: unknown.into_iter().collect() }
        })
    }

    /// The text of tokens.
    ///
    /// # Panics
    /// When a token is not below `V`.
    pub fn decode(&self, tokens: &[u32]) -> String {
        tokens.iter().map(|&token| self.characters[token as usize]).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tenon_tensor::prelude::*;

    use super::*;

    #[test]
    fn an_alphabet_of_another_size_is_refused() {
        let error = Alphabet::<U3>::new("abba").unwrap_err();
        assert_eq!(error.to_string(), "vocabulary: expected 3 different characters, found 2");
    }

    #[test]
    fn unknown_characters_are_named_once_and_not_without_end() {
        let alphabet: Alphabet<U2> = Alphabet::new("ab").unwrap();
        let error = alphabet.encode("a\nöab\n").unwrap_err();
        assert_eq!(error.to_string(), "characters outside of the vocabulary: '\\n', 'ö'");
        let error = alphabet.encode("cdefghijklmn").unwrap_err();
        assert!(error.to_string().ends_with("'l' and 2 more"), "{error}");
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding(text in "[a-d\n]{0,40}") {
            let alphabet: Alphabet<U5> = Alphabet::new("dcba\n").unwrap();
            prop_assert_eq!(alphabet.decode(&alphabet.encode(&text).unwrap()), text);
        }
    }
}
