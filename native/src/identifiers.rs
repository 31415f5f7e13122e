//! Rolling proximity identifiers: one AES-128 block per ten-minute interval, many at a time.

use crate::rpik::{KEY_BYTES, Key};
use aes::Aes128;
use aes::cipher::array::Array;
use aes::cipher::consts::U16;
use aes::cipher::typenum::Unsigned;
use aes::cipher::{
    BlockCipherEncBackend, BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser, InOut, KeyInit,
    ParBlocks,
};

/// The most intervals a key is good for: a day.
pub const MAX_PERIOD: usize = 144;
/// Room for a day's identifiers and for the rest of a batch that is encrypted in vain.
const ROOM: usize = 192;

type AesBlock = Array<u8, U16>;

/// Memory for the identifiers of one key, used again for the next.
pub struct Identifiers {
    plain: [AesBlock; ROOM],
    rpis: [AesBlock; ROOM],
    start: u32,
}

impl Default for Identifiers {
    fn default() -> Self {
        Self::new()
    }
}

impl Identifiers {
    /// Memory whose contents mean nothing yet.
    #[must_use]
    pub fn new() -> Self {
        let mut block = [0; KEY_BYTES];
        block[..6].copy_from_slice(b"EN-RPI");
        let mut made = Self { plain: [block.into(); ROOM], rpis: [AesBlock::default(); ROOM], start: 1 };
        made.begin_at(0);
        made
    }

    /// The identifiers of intervals `start`, `start` + 1 …; past the last interval of all they begin anew.
    pub fn derive(&mut self, rpik: &Key, start: u32, period: usize) -> &[Key] {
        let count = period.min(MAX_PERIOD);
        self.begin_at(start);
        let batches = Batches { plain: &self.plain, rpis: &mut self.rpis, count };
        Aes128::new(rpik.into()).encrypt_with_backend(batches);
        Array::cast_slice_to_core(&self.rpis[..count])
    }

    fn begin_at(&mut self, start: u32) {
        if self.start == start {
            return;
        }
        self.start = start;
        for (offset, block) in (0u32..).zip(&mut self.plain) {
            block[12..].copy_from_slice(&start.wrapping_add(offset).to_le_bytes());
        }
    }
}

/// Encrypts the first `count` blocks in the batches that the processor's backend wants.
struct Batches<'a> {
    plain: &'a [AesBlock; ROOM],
    rpis: &'a mut [AesBlock; ROOM],
    count: usize,
}

impl BlockSizeUser for Batches<'_> {
    type BlockSize = U16;
}

impl BlockCipherEncClosure for Batches<'_> {
    #[inline(always)] // into the backend's function, where its instructions are enabled
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, backend: &B) {
        let batch = B::ParBlocksSize::USIZE;
        let mut at = 0;
        // A batch that is used by half takes less time than as many blocks one by one.
        while at + batch / 2 < self.count && at + batch <= ROOM {
            let plain: &ParBlocks<B> = self.plain[at..at + batch].try_into().expect("a batch long");
            let rpis: &mut ParBlocks<B> = (&mut self.rpis[at..at + batch]).try_into().expect("a batch long");
            backend.encrypt_par_blocks(InOut::from((plain, rpis)));
            at += batch;
        }
        for (plain, rpi) in self.plain[..self.count].iter().zip(&mut self.rpis[..self.count]).skip(at) {
            backend.encrypt_block(InOut::from((plain, rpi)));
        }
    }
}
