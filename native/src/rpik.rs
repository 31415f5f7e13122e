//! Rolling proximity identifier keys: HKDF-SHA256 without salt, by SHA-256's compression function alone.
//!
//! Of HMAC's hashes over a zero salt the first blocks are constant, so their states are made once: six
//! compressions a key are left, of eight, and nothing is buffered or padded at run time.

use sha2::block_api::compress256;

/// Bytes of a key, of a key derived from it and of an identifier.
pub const KEY_BYTES: usize = 16;
/// One temporary exposure key, key derived from it, or identifier.
pub type Key = [u8; KEY_BYTES];

/// Eight words of SHA-256's state, also a digest.
pub(crate) type State = [u32; 8];
type Block = [u8; 64];

pub(crate) const INITIAL: State =
    [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
pub(crate) const INNER_PAD: u8 = 0x36;
pub(crate) const OUTER_PAD: u8 = 0x5c;
/// HKDF's info and its counter.
const INFO: &[u8; 8] = b"EN-RPIK\x01";

/// The states and the block that are the same for every key.
pub struct Deriver {
    /// Of the inner and the outer hash of HKDF's first HMAC, whose key is all zeros.
    pub(crate) extract: [State; 2],
    /// The second and last block of the inner hash of HKDF's second HMAC.
    pub(crate) info: Block,
}

impl Default for Deriver {
    fn default() -> Self {
        Self::new()
    }
}

impl Deriver {
    /// Makes the constant states.
    #[must_use]
    pub fn new() -> Self {
        Self {
            extract: [INNER_PAD, OUTER_PAD].map(|pad| compressed(INITIAL, &[[pad; 64]])),
            info: padded(INFO, 64 + INFO.len()),
        }
    }

    /// The rolling proximity identifier key of a temporary exposure key.
    #[must_use]
    pub fn rpik(&self, tek: &Key) -> Key {
        let inner = compressed(self.extract[0], &[padded(tek, 64 + KEY_BYTES)]);
        let secret = compressed(self.extract[1], &[digest_block(&inner)]);
        let inner = compressed(INITIAL, &[masked(&secret, INNER_PAD), self.info]);
        let outer = compressed(INITIAL, &[masked(&secret, OUTER_PAD), digest_block(&inner)]);
        let mut rpik = [0; KEY_BYTES];
        write_words(&mut rpik, &outer);
        rpik
    }
}

fn compressed(mut state: State, blocks: &[Block]) -> State {
    compress256(&mut state, blocks);
    state
}

/// A last block: some bytes, and SHA-256's padding for a message of `total` bytes.
fn padded(bytes: &[u8], total: usize) -> Block {
    let mut block = [0; 64];
    block[..bytes.len()].copy_from_slice(bytes);
    block[bytes.len()] = 0x80;
    block[56..].copy_from_slice(&(total as u64 * 8).to_be_bytes());
    block
}

/// The last block of HMAC's outer hash: a digest behind one whole block.
fn digest_block(digest: &State) -> Block {
    let mut bytes = [0; 32];
    write_words(&mut bytes, digest);
    padded(&bytes, 64 + 32)
}

/// HMAC's key, padded to a block and masked.
fn masked(key: &State, mask: u8) -> Block {
    let mut block = [0; 64];
    write_words(&mut block, key);
    block.map(|byte| byte ^ mask)
}

fn write_words(bytes: &mut [u8], words: &State) {
    for (four, word) in bytes.chunks_exact_mut(4).zip(words) {
        four.copy_from_slice(&word.to_be_bytes());
    }
}
