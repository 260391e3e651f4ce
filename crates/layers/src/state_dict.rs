//! Parameters and buffers to and from safetensors, under PyTorch's keys.
//!
//! Reading checks everything before it changes anything: a file that does not fit leaves the
//! module as it was. Writing goes to a temporary name first, so that no reader ever sees half a
//! file.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path as FilePath, PathBuf};

use safetensors::SafeTensorError;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use tenon_autodiff::LeafId;
use tenon_tensor::Array;

use crate::module::{Module, Path, Visitor, VisitorMut};

/// What is wrong with the contents of a state dict.
#[derive(Debug, thiserror::Error)]
pub enum StateDictError {
    /// The bytes are not in the safetensors format.
    #[error("not a safetensors file: {0}")]
    Format(#[from] SafeTensorError),
    /// A parameter of the module is not in the file.
    #[error("key `{key}` is missing: expected a tensor of dims {expected:?}")]
    Missing {
        /// The parameter's path.
        key: String,
        /// Its dims.
        expected: Vec<usize>,
    },
    /// The file holds a tensor that the module has no place for.
    #[error("key `{key}` is not a parameter of the model: found a tensor of dims {found:?}")]
    Unexpected {
        /// The key.
        key: String,
        /// The tensor's dims.
        found: Vec<usize>,
    },
    /// A tensor has other dims than its parameter.
    #[error("key `{key}` has the wrong dims: expected {expected:?}, found {found:?}")]
    Dims {
        /// The parameter's path.
        key: String,
        /// The parameter's dims.
        expected: Vec<usize>,
        /// The tensor's dims.
        found: Vec<usize>,
    },
    /// A tensor holds numbers of another type.
    #[error("key `{key}` has the wrong data type: expected {expected:?}, found {found:?}")]
    Dtype {
        /// The parameter's path.
        key: String,
        /// The data type of the parameter or buffer.
        expected: Dtype,
        /// The tensor's data type.
        found: Dtype,
    },
}

/// A state-dict file that could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file could not be written; nothing is left of the attempt.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The contents do not fit.
    #[error("{}: {source}", path.display())]
    Contents {
        /// The file.
        path: PathBuf,
        /// What is wrong with them.
        source: StateDictError,
    },
}

/// The parameters and buffers as the bytes of a safetensors file, sorted by key.
///
/// # Example
/// ```
/// use tenon_layers::{prelude::*, state_dict};
/// let first: Linear<U3, U2> = Init::init(&mut SeededRng::new(1));
/// let mut second: Linear<U3, U2> = Init::init(&mut SeededRng::new(2));
/// state_dict::from_bytes(&mut second, &state_dict::to_bytes(&first)).unwrap();
/// assert_eq!(first.weight.value().to_vec(), second.weight.value().to_vec());
/// ```
pub fn to_bytes(module: &(impl Module + ?Sized)) -> Vec<u8> {
    let mut entries = Entries::default();
    module.visit(&mut Path::root(), &mut entries);
    let views = entries.0.iter().map(|(key, Entry { dtype, dims, bytes })| {
        let view = TensorView::new(*dtype, dims.clone(), bytes).expect("as many bytes as the dims say");
        (key, view)
    });
    safetensors::serialize(views, None).expect("views that were just made are valid")
}

/// What a state dict holds, by key.
#[derive(Default)]
struct Entries(BTreeMap<String, Entry>);

struct Entry {
    dtype: Dtype,
    dims: Vec<usize>,
    bytes: Vec<u8>,
}

impl Visitor for Entries {
    fn param(&mut self, path: &str, _: LeafId, value: &Array<f32>) {
        let bytes = value.to_vec().into_iter().flat_map(f32::to_le_bytes).collect();
        self.0.insert(path.to_owned(), Entry { dtype: Dtype::F32, dims: value.dims().to_vec(), bytes });
    }

    fn buffer(&mut self, path: &str, id: LeafId, value: &Array<f32>) {
        self.param(path, id, value);
    }

    fn counter(&mut self, path: &str, _: LeafId, count: i64) {
        let bytes = count.to_le_bytes().to_vec();
        self.0.insert(path.to_owned(), Entry { dtype: Dtype::I64, dims: Vec::new(), bytes });
    }
}

/// Takes the parameters from the bytes of a safetensors file.
///
/// # Errors
/// When the bytes are not safetensors, a key is missing or unexpected, or a tensor has other dims
/// or another data type than its parameter. The module is then unchanged.
pub fn from_bytes(module: &mut (impl Module + ?Sized), bytes: &[u8]) -> Result<(), StateDictError> {
    from_bytes_besides(module, bytes, &[])
}

/// Takes the parameters from the bytes of a safetensors file that may also hold tensors under these
/// keys, which are left alone: what another library keeps beside the parameters of the same model.
///
/// # Errors
/// Those of [`from_bytes`].
pub fn from_bytes_besides(
    module: &mut (impl Module + ?Sized),
    bytes: &[u8],
    others: &[&str],
) -> Result<(), StateDictError> {
    let tensors = SafeTensors::deserialize(bytes)?;
    let mut check = Check { left: tensors.iter().collect(), problem: None };
    check.left.retain(|key, _| !others.contains(key));
    module.visit(&mut Path::root(), &mut check);
    if let Some(problem) = check.problem {
        return Err(problem);
    }
    if let Some((key, view)) = check.left.pop_first() {
        return Err(StateDictError::Unexpected { key: key.to_owned(), found: view.shape().to_vec() });
    }
    module.visit_mut(&mut Path::root(), &mut Read { tensors: &tensors });
    Ok(())
}

/// Compares a module with the tensors of a file, and keeps the first problem.
struct Check<'a> {
    left: BTreeMap<&'a str, TensorView<'a>>,
    problem: Option<StateDictError>,
}

impl Check<'_> {
    fn expect(&mut self, key: &str, dtype: Dtype, dims: &[usize]) {
        let found = self.left.remove(key);
        self.problem = self.problem.take().or_else(|| check(key, dtype, dims, found.as_ref()).err());
    }
}

impl Visitor for Check<'_> {
    fn param(&mut self, path: &str, _: LeafId, value: &Array<f32>) {
        self.expect(path, Dtype::F32, &value.dims());
    }

    fn buffer(&mut self, path: &str, _: LeafId, value: &Array<f32>) {
        self.expect(path, Dtype::F32, &value.dims());
    }

    fn counter(&mut self, path: &str, _: LeafId, _: i64) {
        self.expect(path, Dtype::I64, &[]);
    }
}

fn check(
    key: &str,
    dtype: Dtype,
    dims: &[usize],
    found: Option<&TensorView<'_>>,
) -> Result<(), StateDictError> {
    let (key, expected) = (key.to_owned(), dims.to_vec());
    let Some(found) = found else { return Err(StateDictError::Missing { key, expected }) };
    if found.shape() != expected {
        return Err(StateDictError::Dims { key, expected, found: found.shape().to_vec() });
    }
    if found.dtype() != dtype {
        return Err(StateDictError::Dtype { key, expected: dtype, found: found.dtype() });
    }
    Ok(())
}

/// Takes the numbers of a file that fits the module.
struct Read<'a> {
    tensors: &'a SafeTensors<'a>,
}

impl Read<'_> {
    fn bytes(&self, path: &str) -> &[u8] {
        self.tensors.tensor(path).expect("every key was found before").data()
    }
}

impl VisitorMut for Read<'_> {
    fn param(&mut self, path: &str, _: LeafId, value: &mut Array<f32>) {
        let (numbers, _) = self.bytes(path).as_chunks();
        for (number, &bytes) in value.make_mut().iter_mut().zip(numbers) {
            *number = f32::from_le_bytes(bytes);
        }
    }

    fn buffer(&mut self, path: &str, id: LeafId, value: &mut Array<f32>) {
        self.param(path, id, value);
    }

    fn counter(&mut self, path: &str, _: LeafId, count: &mut i64) {
        *count = i64::from_le_bytes(self.bytes(path).try_into().expect("a scalar of eight bytes"));
    }
}

/// Writes the parameters to a safetensors file.
///
/// # Errors
/// When the file cannot be written; what was there before is then still there.
pub fn save(module: &(impl Module + ?Sized), path: &FilePath) -> Result<(), FileError> {
    write_atomically(path, &to_bytes(module))
        .map_err(|source| FileError::Write { path: path.to_owned(), source })
}

/// Takes the parameters from a safetensors file.
///
/// # Errors
/// When the file cannot be read or its contents do not fit. The module is then unchanged.
pub fn load(module: &mut (impl Module + ?Sized), path: &FilePath) -> Result<(), FileError> {
    let bytes = fs::read(path).map_err(|source| FileError::Read { path: path.to_owned(), source })?;
    from_bytes(module, &bytes).map_err(|source| FileError::Contents { path: path.to_owned(), source })
}

/// Writes a file under a temporary name beside its own, makes sure that it is on the disk, and
/// renames it: at every moment the path holds the old bytes or the new, whole.
pub fn write_atomically(path: &FilePath, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
    name.push(format!(".{}.partial", std::process::id()));
    let partial = path.with_file_name(name);
    let written = File::create(&partial)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&partial, path));
    if written.is_err() {
        // The error that matters is the first one.
        let _ = fs::remove_file(&partial);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    fn linear(seed: u64) -> Linear<U3, U2> {
        Init::init(&mut SeededRng::new(seed))
    }

    fn message(bytes: &[u8]) -> String {
        let mut module = linear(1);
        let before = to_bytes(&module);
        let error = from_bytes(&mut module, bytes).unwrap_err();
        assert_eq!(to_bytes(&module), before, "an error must leave the module unchanged");
        error.to_string()
    }

    #[test]
    fn exporting_what_was_imported_gives_the_same_bytes() {
        let bytes = to_bytes(&linear(7));
        let mut module = linear(1);
        from_bytes(&mut module, &bytes).unwrap();
        assert_eq!(to_bytes(&module), bytes);
    }

    #[test]
    fn errors_name_the_key_and_what_was_expected_and_found() {
        let wider: Linear<U4, U2> = Init::init(&mut SeededRng::new(1));
        let expected = "key `weight` has the wrong dims: expected [2, 3], found [2, 4]";
        assert_eq!(message(&to_bytes(&wider)), expected);

        let unbiased = Linear::<U3, U2>::without_bias(&mut SeededRng::new(1));
        assert_eq!(message(&to_bytes(&unbiased)), "key `bias` is missing: expected a tensor of dims [2]");

        let pair = (linear(1), linear(2));
        assert_eq!(message(&to_bytes(&pair)), "key `weight` is missing: expected a tensor of dims [2, 3]");
        let mut bare = Linear::<U3, U2>::without_bias(&mut SeededRng::new(1));
        let error = from_bytes(&mut bare, &to_bytes(&linear(1))).unwrap_err().to_string();
        assert_eq!(error, "key `bias` is not a parameter of the model: found a tensor of dims [2]");
    }

    #[test]
    fn corrupt_bytes_are_refused() {
        let bytes = to_bytes(&linear(1));
        for cut in [0, 4, 8, 20, bytes.len() - 1] {
            assert!(message(&bytes[..cut]).starts_with("not a safetensors file"), "cut at {cut}");
        }
        let mut lying = bytes.clone();
        lying[0] = 0xff;
        lying[5] = 0xff;
        assert!(message(&lying).starts_with("not a safetensors file"));
    }

    #[test]
    fn a_folder_that_does_not_exist_is_named() {
        let path = FilePath::new("no/such/folder/model.safetensors");
        let error = save(&linear(1), path).unwrap_err().to_string();
        assert!(error.starts_with("cannot write no/such/folder/model.safetensors: "), "{error}");
        let error = load(&mut linear(1), path).unwrap_err().to_string();
        assert!(error.starts_with("cannot read no/such/folder/model.safetensors: "), "{error}");
    }
}
