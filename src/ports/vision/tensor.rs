//! The tensor runtime: one picture in, numbers out, behind a small trait.
//!
//! [`TfLite`] is the real one: the TensorFlow Lite C library, loaded at run time, with the XNNPACK
//! delegate on one thread. Without that delegate the same model runs four times slower; with two
//! threads and one busy core, single runs were seen to take a hundred times longer.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use edgefirst_tflite::{Delegate, Interpreter, Library, Model, Tensor, TensorMut, TensorType};

use crate::ports::store;

/// A network that is ready to run. Numbers go in and come out as real values: where the network is
/// quantised, the implementation converts, so that callers need not know.
pub trait Tensors: Send {
    /// What it takes. There is exactly one input.
    fn input(&self) -> &Spec;

    /// What it gives, in the order of the model file.
    fn outputs(&self) -> &[Spec];

    /// Runs it. `input` holds [`Spec::len`] values in row-major order; each of `outputs` is resized to
    /// its own. Values outside the range of a quantised input are clamped to it.
    ///
    /// # Errors
    /// When `input` has another length, or the library reports a failure.
    fn run(&mut self, input: &[f32], outputs: &mut [Vec<f32>]) -> Result<(), TensorError>;
}

/// How one number of a tensor is stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Element {
    /// A float of 32 bits.
    Float32,
    /// real = scale * (stored - zero_point), stored in -128..=127
    Int8 {
        /// The step from one stored value to the next, in real values.
        scale: f32,
        /// The stored value that stands for 0.
        zero_point: i32,
    },
    /// The same, stored in 0..=255.
    Uint8 {
        /// The step from one stored value to the next, in real values.
        scale: f32,
        /// The stored value that stands for 0.
        zero_point: i32,
    },
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Element::Float32 => write!(f, "float32"),
            Element::Int8 { scale, zero_point } => write!(f, "int8 (scale {scale}, zero point {zero_point})"),
            Element::Uint8 { scale, zero_point } => {
                write!(f, "uint8 (scale {scale}, zero point {zero_point})")
            }
        }
    }
}

/// The shape and the storage of a tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// Length of each dimension, the outermost first.
    pub shape: Vec<usize>,
    /// How each number is stored.
    pub element: Element,
}

impl Spec {
    /// How many numbers it holds.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.shape, self.element)
    }
}

/// What keeps a network from running.
#[derive(Debug, thiserror::Error)]
pub enum TensorError {
    /// There is no file at the library's path.
    #[error(
        "the tensor library {path} is missing. Run deploy/fetch-assets, or name your own build of \
         libtensorflowlite_c.so in the configuration"
    )]
    LibraryMissing {
        /// Where it was looked for.
        path: String,
    },
    /// The file at the library's path is not usable.
    #[error(
        "{path} is not a TensorFlow Lite C library that moodbox can use: {reason}. Run deploy/fetch-assets, or \
         name your own build of libtensorflowlite_c.so with XNNPACK in the configuration"
    )]
    Library {
        /// The file.
        path: String,
        /// What the loader says, or the function that is missing.
        reason: String,
    },
    /// A model file cannot be read.
    #[error("{path}: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// A file is no model, or is cut off.
    #[error("{path} is not a whole TensorFlow Lite model: {reason}. Fetch or copy the file again")]
    NotAModel {
        /// The file.
        path: String,
        /// What is missing in it.
        reason: String,
    },
    /// An input or output of the model is of a shape or type that is not handled here.
    #[error("{path}: {what} is {found}, which moodbox cannot feed or read; it needs {wanted}")]
    Shape {
        /// The model file.
        path: String,
        /// Which input or output.
        what: String,
        /// Its shape and type.
        found: String,
        /// What is handled here.
        wanted: String,
    },
    /// The library reported a failure while it computed.
    #[error("running {path} failed: {reason}")]
    Run {
        /// The model file.
        path: String,
        /// What the library reported.
        reason: String,
    },
}

/// The four bytes that stand at offset 4 of every TensorFlow Lite flatbuffer.
const IDENTIFIER: &[u8] = b"TFL3";

/// No model that this device could run is larger; it keeps a wrong path from filling the memory.
const LARGEST_MODEL: u64 = 256 << 20;

/// Reads a model file and looks at what can be told without the runtime: that it is a plain file of
/// sensible size that carries the format's identifier. What stands inside is for the caller to check
/// by its sha256 and for the library's own flatbuffer verifier.
///
/// # Errors
/// When it cannot be read, is too large, or does not carry the identifier.
pub fn read_model(path: &Path) -> Result<Vec<u8>, TensorError> {
    let name = || path.display().to_string();
    let unreadable = |reason: String| TensorError::Unreadable { path: name(), reason };
    let broken = |reason: String| TensorError::NotAModel { path: name(), reason };
    let bytes = store::read_bounded(path, LARGEST_MODEL).map_err(|error| unreadable(error.to_string()))?;
    identify(&bytes).map_err(broken)?;
    Ok(bytes)
}

/// Whether bytes may be those of a model: they carry the format's identifier.
///
/// # Errors
/// Why not, in words.
pub fn identify(bytes: &[u8]) -> Result<(), String> {
    match bytes.get(4..8) {
        Some(IDENTIFIER) => Ok(()),
        Some(_) => Err("it does not carry the identifier TFL3".into()),
        None => Err(format!("it has only {} bytes", bytes.len())),
    }
}

/// A model in the TensorFlow Lite C library.
pub struct TfLite {
    // Dropped in this order: the interpreter reads the model's bytes until it is gone.
    interpreter: Interpreter<'static>,
    _model: Model<'static>,
    input: Spec,
    outputs: Vec<Spec>,
    path: PathBuf,
}

impl TfLite {
    /// Makes `bytes`, read from `path` by [`read_model`], ready to run in the library at `runtime`.
    ///
    /// # Errors
    /// When the library cannot be loaded, or does not take the model.
    pub fn load(runtime: &Path, path: &Path, bytes: Vec<u8>) -> Result<TfLite, TensorError> {
        let library = library(runtime)?;
        let broken = |error: edgefirst_tflite::Error| TensorError::NotAModel {
            path: path.display().to_string(),
            reason: error.to_string(),
        };
        // The library verifies the flatbuffer (offsets, lengths, tables) before it believes any of it.
        let model = Model::from_bytes(library, bytes).map_err(broken)?;
        let delegate = Delegate::xnnpack(library, 1).map_err(|error| library_error(runtime, &error))?;
        let interpreter = Interpreter::builder(library)
            .map_err(|error| library_error(runtime, &error))?
            .num_threads(1)
            .delegate(delegate)
            .build(&model)
            .map_err(broken)?;

        let named = |what: String, found: String, wanted: &str| TensorError::Shape {
            path: path.display().to_string(),
            what,
            found,
            wanted: wanted.into(),
        };
        let inputs = interpreter.inputs().map_err(broken)?;
        let [input] = inputs.as_slice() else {
            return Err(named("the number of inputs".into(), inputs.len().to_string(), "one"));
        };
        let input = spec(input).map_err(|found| named("the input".into(), found, NUMBERS))?;
        let outputs = interpreter
            .outputs()
            .map_err(broken)?
            .iter()
            .enumerate()
            .map(|(at, tensor)| spec(tensor).map_err(|found| named(format!("output {at}"), found, NUMBERS)))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(TfLite { interpreter, _model: model, input, outputs, path: path.to_owned() })
    }

    fn failed(&self, reason: impl fmt::Display) -> TensorError {
        TensorError::Run { path: self.path.display().to_string(), reason: reason.to_string() }
    }
}

const NUMBERS: &str = "int8, uint8 or float32 numbers of a fixed shape";

impl Tensors for TfLite {
    fn input(&self) -> &Spec {
        &self.input
    }

    fn outputs(&self) -> &[Spec] {
        &self.outputs
    }

    fn run(&mut self, input: &[f32], outputs: &mut [Vec<f32>]) -> Result<(), TensorError> {
        if input.len() != self.input.len() || outputs.len() != self.outputs.len() {
            return Err(self.failed(format!(
                "{} numbers and {} outputs were handed over, not {} and {}",
                input.len(),
                outputs.len(),
                self.input.len(),
                self.outputs.len()
            )));
        }
        let element = self.input.element;
        let result = (|| {
            let mut inputs = self.interpreter.inputs_mut()?;
            if let Some(tensor) = inputs.first_mut() {
                write(tensor, element, input)?;
            }
            let ran = self.interpreter.invoke().and_then(|()| {
                let tensors = self.interpreter.outputs()?;
                for ((tensor, spec), values) in tensors.iter().zip(&self.outputs).zip(outputs) {
                    read(tensor, spec.element, values)?;
                }
                Ok(())
            });
            // The picture has done its work: it must not wait in the runtime's memory for the next press.
            if let Some(tensor) = self.interpreter.inputs_mut()?.first_mut() {
                tensor.as_bytes_mut()?.fill(0);
            }
            ran
        })();
        result.map_err(|error: edgefirst_tflite::Error| self.failed(error))
    }
}

/// Through the bytes: the binding's own way to numbers makes a list of the shape first, each time.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the type just before"
)]
fn write(
    tensor: &mut TensorMut<'_>,
    element: Element,
    values: &[f32],
) -> edgefirst_tflite::error::Result<()> {
    let bytes = tensor.as_bytes_mut()?;
    let stored = |value: f32, scale: f32, zero_point: i32| nearest(value / scale).saturating_add(zero_point);
    match element {
        Element::Float32 => {
            for (stored, value) in bytes.as_chunks_mut().0.iter_mut().zip(values) {
                *stored = value.to_ne_bytes();
            }
        }
        Element::Int8 { scale, zero_point } => {
            for (byte, value) in bytes.iter_mut().zip(values) {
                *byte = stored(*value, scale, zero_point).clamp(-128, 127) as u8;
            }
        }
        Element::Uint8 { scale, zero_point } => {
            for (byte, value) in bytes.iter_mut().zip(values) {
                *byte = stored(*value, scale, zero_point).clamp(0, 255) as u8;
            }
        }
    }
    Ok(())
}

/// The nearest integer, half away from zero; what is not a number is 0. The same as `round` and a cast, but
/// without a call for each number where the processor has no instruction for it.
#[expect(clippy::cast_possible_truncation, reason = "what does not fit becomes the nearest that does")]
fn nearest(value: f32) -> i32 {
    let whole = value as i32;
    let rest = value - whole as f32;
    whole.saturating_add(i32::from(rest >= 0.5)).saturating_sub(i32::from(rest <= -0.5))
}

fn read(tensor: &Tensor<'_>, element: Element, values: &mut Vec<f32>) -> edgefirst_tflite::error::Result<()> {
    let bytes = tensor.as_bytes()?;
    let real = |stored: i32, scale: f32, zero_point: i32| scale * (stored - zero_point) as f32;
    values.clear();
    match element {
        Element::Float32 => {
            values.extend(bytes.as_chunks().0.iter().map(|stored| f32::from_ne_bytes(*stored)))
        }
        Element::Int8 { scale, zero_point } => {
            values.extend(bytes.iter().map(|byte| real(i32::from(byte.cast_signed()), scale, zero_point)));
        }
        Element::Uint8 { scale, zero_point } => {
            values.extend(bytes.iter().map(|byte| real(i32::from(*byte), scale, zero_point)));
        }
    }
    Ok(())
}

/// The spec of a tensor, or what it is instead.
fn spec(tensor: &Tensor<'_>) -> Result<Spec, String> {
    let shape = tensor.shape().map_err(|error| error.to_string())?;
    let params = tensor.quantization_params();
    let (scale, zero_point) = (params.scale, params.zero_point);
    let element = match tensor.tensor_type() {
        TensorType::Float32 => Element::Float32,
        TensorType::Int8 => Element::Int8 { scale, zero_point },
        TensorType::UInt8 => Element::Uint8 { scale, zero_point },
        other => return Err(format!("{other:?} {shape:?}")),
    };
    let spec = Spec { shape, element };
    if spec.element != Element::Float32 && !(scale.is_finite() && scale > 0.0) {
        return Err(format!("{spec}, which is not quantised"));
    }
    let size = if spec.element == Element::Float32 { 4 } else { 1 };
    // A shape that is open (-1) or empty shows here as a size that does not fit.
    let elements = spec.shape.iter().try_fold(1usize, |product, side| product.checked_mul(*side));
    if elements.is_none_or(|elements| elements == 0 || elements.checked_mul(size) != Some(tensor.byte_size()))
    {
        return Err(format!("{spec} in {} bytes", tensor.byte_size()));
    }
    Ok(spec)
}

fn library_error(path: &Path, reason: &dyn fmt::Display) -> TensorError {
    TensorError::Library { path: path.display().to_string(), reason: reason.to_string() }
}

/// The library at `path`, loaded once and kept for the life of the process.
///
/// Models and interpreters borrow the library, and unloading a C++ library with its own threads and
/// static objects is not safe in any case; leaking the one handle a path says exactly that.
fn library(path: &Path) -> Result<&'static Library, TensorError> {
    static LOADED: Mutex<Vec<(PathBuf, &'static Library)>> = Mutex::new(Vec::new());

    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, library)) = loaded.iter().find(|(known, _)| known == path) {
        return Ok(library);
    }
    if !path.is_file() {
        return Err(TensorError::LibraryMissing { path: path.display().to_string() });
    }
    // Its code runs with the rights of this process, which may be root's.
    store::trust::check(path).map_err(|error| library_error(path, &error))?;
    let library = Library::from_path(path).map_err(|error| library_error(path, &error))?;
    // The binding resolves each function on its own and panics at the first use of one that is not
    // there: any shared library would load. So ask for all those that are used below, now.
    let functions = library.as_sys();
    let present = [
        ("TfLiteModelCreate", functions.TfLiteModelCreate.is_ok()),
        ("TfLiteModelDelete", functions.TfLiteModelDelete.is_ok()),
        ("TfLiteInterpreterOptionsCreate", functions.TfLiteInterpreterOptionsCreate.is_ok()),
        ("TfLiteInterpreterOptionsDelete", functions.TfLiteInterpreterOptionsDelete.is_ok()),
        ("TfLiteInterpreterOptionsSetNumThreads", functions.TfLiteInterpreterOptionsSetNumThreads.is_ok()),
        ("TfLiteInterpreterOptionsAddDelegate", functions.TfLiteInterpreterOptionsAddDelegate.is_ok()),
        ("TfLiteInterpreterCreate", functions.TfLiteInterpreterCreate.is_ok()),
        ("TfLiteInterpreterDelete", functions.TfLiteInterpreterDelete.is_ok()),
        ("TfLiteInterpreterAllocateTensors", functions.TfLiteInterpreterAllocateTensors.is_ok()),
        ("TfLiteInterpreterInvoke", functions.TfLiteInterpreterInvoke.is_ok()),
        ("TfLiteInterpreterGetInputTensorCount", functions.TfLiteInterpreterGetInputTensorCount.is_ok()),
        ("TfLiteInterpreterGetInputTensor", functions.TfLiteInterpreterGetInputTensor.is_ok()),
        ("TfLiteInterpreterGetOutputTensorCount", functions.TfLiteInterpreterGetOutputTensorCount.is_ok()),
        ("TfLiteInterpreterGetOutputTensor", functions.TfLiteInterpreterGetOutputTensor.is_ok()),
        ("TfLiteTensorType", functions.TfLiteTensorType.is_ok()),
        ("TfLiteTensorName", functions.TfLiteTensorName.is_ok()),
        ("TfLiteTensorNumDims", functions.TfLiteTensorNumDims.is_ok()),
        ("TfLiteTensorDim", functions.TfLiteTensorDim.is_ok()),
        ("TfLiteTensorByteSize", functions.TfLiteTensorByteSize.is_ok()),
        ("TfLiteTensorData", functions.TfLiteTensorData.is_ok()),
        ("TfLiteTensorQuantizationParams", functions.TfLiteTensorQuantizationParams.is_ok()),
    ];
    if let Some((missing, _)) = present.iter().find(|(_, there)| !there) {
        return Err(library_error(path, &format!("it has no function {missing}")));
    }
    let library: &'static Library = Box::leak(Box::new(library));
    loaded.push((path.to_owned(), library));
    Ok(library)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_integer_is_the_one_that_round_gives() {
        for step in -70_000..70_000i32 {
            let value = step as f32 / 256.0;
            assert_eq!(nearest(value), value.round() as i32, "{value}");
        }
        for value in [0.499_999_97, -0.499_999_97, 8_388_609.0, 3e9, -3e9, f32::INFINITY, f32::NAN] {
            assert_eq!(nearest(value), value.round() as i32, "{value}");
        }
    }
}
