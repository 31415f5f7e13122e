//! The fast paths of bluezone: reads published keys, derives their identifiers and probes them against sightings.
//!
//! Proposes only; what counts as a match is decided by `bluezone.matching.confirm` for all engines alike.
//! Everything here is public data: published keys, and identifiers that were on the air.

pub mod derive;
pub mod export;
pub mod identifiers;
pub mod prefilter;
pub mod propose;
pub mod rpik;
#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(feature = "python")]
mod python;
