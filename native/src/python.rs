//! What Python sees, by the buffer protocol; nothing that takes long holds the GIL.

use crate::derive::Keys;
use crate::export::{self, Columns};
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

/// Where the last complete field ends of bytes that begin with one; `None` for anything unusual.
#[pyfunction]
fn last_border(py: Python<'_>, fields: &[u8]) -> Option<usize> {
    py.detach(|| export::last_border(fields))
}

/// Six columns, as bytes: keys 16 bytes each, starts uint32, periods uint8, transmission risks int32,
/// report types uint8, onset days int64.
type PyColumns<'py> = [Bound<'py, PyBytes>; 6];

/// Keys, revised keys, and all other fields as they are, of whole fields; `None` if any is unusual.
///
/// A key that starts before `earliest`, or not before `end`, is unusual.
#[pyfunction]
fn read_keys<'py>(
    py: Python<'py>,
    fields: &[u8],
    earliest: u32,
    end: u32,
) -> Option<(PyColumns<'py>, PyColumns<'py>, Bound<'py, PyBytes>)> {
    let part = py.detach(|| export::read(fields, earliest..end))?;
    Some((columns(py, &part.keys), columns(py, &part.revised_keys), PyBytes::new(py, &part.others)))
}

fn columns<'py>(py: Python<'py>, columns: &Columns) -> PyColumns<'py> {
    let Columns { teks, starts, periods, transmission_risks, report_types, days_since_onset } = columns;
    [
        bytemuck::cast_slice(teks),
        bytemuck::cast_slice(starts),
        periods.as_slice(),
        bytemuck::cast_slice(transmission_risks),
        report_types.as_slice(),
        bytemuck::cast_slice(days_since_onset),
    ]
    .map(|bytes| PyBytes::new(py, bytes))
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
    use super::{PyPrefilter, last_border, propose_candidates, read_keys};

    /// Stands in the onset days of a key of which the file says none.
    #[pymodule_export]
    const NO_ONSET: i64 = crate::export::NO_ONSET;

    /// Raised whenever what Python calls changes, so that a stale build is not used.
    #[pymodule_export]
    const INTERFACE: u32 = 2;
}
