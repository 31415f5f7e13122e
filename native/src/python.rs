//! What Python sees: `Prefilter` and `propose`, by the buffer protocol, without holding the GIL.

use crate::derive::Keys;
use crate::prefilter::Prefilter;
use crate::propose;
use crate::rpik::{KEY_BYTES, Key};
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::num::NonZeroUsize;
use std::thread::available_parallelism;

#[pyclass(frozen, name = "Prefilter")]
struct PyPrefilter(Prefilter);

#[pymethods]
impl PyPrefilter {
    #[new]
    fn new(py: Python<'_>, rpis: PyBuffer<u8>) -> PyResult<Self> {
        let heard = rows(py, &rpis, "rpis")?;
        Ok(py.detach(|| Self(Prefilter::new(&heard))))
    }
}

/// Candidates of `n` keys: (rows int64, intervals uint32, identifiers 16 bytes each), as bytes.
///
/// `teks` uint8 (n, 16), `starts` uint32 (n,), `periods` uint8 (n,), strided or not; `threads` 0 for all cores.
#[pyfunction]
#[pyo3(signature = (teks, starts, periods, prefilter, threads = 0))]
fn propose_candidates<'py>(
    py: Python<'py>,
    teks: PyBuffer<u8>,
    starts: PyBuffer<u32>,
    periods: PyBuffer<u8>,
    prefilter: &PyPrefilter,
    threads: usize,
) -> PyResult<(Bound<'py, PyBytes>, Bound<'py, PyBytes>, Bound<'py, PyBytes>)> {
    // Copies, some hundredth of the time, since Python may write to its arrays while we read.
    let teks = rows(py, &teks, "teks")?;
    let (starts, periods) = (starts.to_vec(py)?, periods.to_vec(py)?);
    if starts.len() != teks.len() || periods.len() != teks.len() {
        let counts = format!("{} teks, {} starts, {} periods", teks.len(), starts.len(), periods.len());
        return Err(PyValueError::new_err(counts));
    }
    let (found_rows, intervals, rpis) = py.detach(|| {
        let threads = NonZeroUsize::new(threads).or_else(|| available_parallelism().ok());
        let keys = Keys { teks: &teks, starts: &starts, periods: &periods };
        let found = propose::propose(keys, &prefilter.0, threads.unwrap_or(NonZeroUsize::MIN));
        let found_rows: Vec<u8> = found.iter().flat_map(|one| (one.key as i64).to_ne_bytes()).collect();
        let intervals: Vec<u8> = found.iter().flat_map(|one| one.interval.to_ne_bytes()).collect();
        let rpis: Vec<u8> = found.iter().flat_map(|one| one.rpi).collect();
        (found_rows, intervals, rpis)
    });
    Ok((PyBytes::new(py, &found_rows), PyBytes::new(py, &intervals), PyBytes::new(py, &rpis)))
}

fn rows(py: Python<'_>, buffer: &PyBuffer<u8>, name: &str) -> PyResult<Vec<Key>> {
    if buffer.dimensions() != 2 || buffer.shape()[1] != KEY_BYTES {
        let shape = buffer.shape();
        return Err(PyValueError::new_err(format!("{name} has the shape {shape:?}, not (n, {KEY_BYTES})")));
    }
    let bytes = buffer.to_vec(py)?;
    Ok(bytes.as_chunks().0.to_vec())
}

#[pymodule]
mod bluezone_native {
    #[pymodule_export]
    use super::{PyPrefilter, propose_candidates};

    /// Raised whenever what Python calls changes, so that a stale build is not used.
    #[pymodule_export]
    const INTERFACE: u32 = 1;
}
