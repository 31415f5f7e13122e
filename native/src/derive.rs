//! All identifiers of many keys, by the fastest way that the processor has.

use crate::identifiers::{Identifiers, MAX_PERIOD};
use crate::rpik::{Deriver, Key};

/// Published keys, as many of each; a period counts up to 144.
#[derive(Clone, Copy)]
pub struct Keys<'a> {
    /// The temporary exposure keys.
    pub teks: &'a [Key],
    /// First interval of each.
    pub starts: &'a [u32],
    /// Number of intervals of each.
    pub periods: &'a [u8],
}

impl<'a> Keys<'a> {
    /// Some rows.
    #[must_use]
    pub fn rows(self, rows: std::ops::Range<usize>) -> Self {
        let Keys { teks, starts, periods } = self;
        Keys { teks: &teks[rows.clone()], starts: &starts[rows.clone()], periods: &periods[rows] }
    }
}

/// Calls `each` with the row of each key and its identifiers from its start on, as many as its period has.
pub fn for_each_key(deriver: &Deriver, keys: Keys<'_>, each: impl FnMut(usize, &[Key])) {
    #[cfg(target_arch = "x86_64")]
    if crate::x86::is_available() {
        #[expect(unsafe_code, reason = "code for some processors only is called behind a check, as ever")]
        // SAFETY: the processor has every instruction that the function may use, as was just asked.
        return unsafe { crate::x86::for_each_key(deriver, keys.teks, keys.starts, keys.periods, each) };
    }
    for_each_key_anywhere(deriver, keys, each);
}

/// The same by RustCrypto alone, which finds out about the processor itself.
pub fn for_each_key_anywhere(deriver: &Deriver, keys: Keys<'_>, mut each: impl FnMut(usize, &[Key])) {
    let mut identifiers = Identifiers::new();
    for (row, tek) in keys.teks.iter().enumerate() {
        let period = usize::from(keys.periods[row]).min(MAX_PERIOD);
        each(row, identifiers.derive(&deriver.rpik(tek), keys.starts[row], period));
    }
}
