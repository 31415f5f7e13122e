//! Keys out of the protobuf message of an export file: regular ones only.
//!
//! Whatever has a fault, or is merely unusual, is left to the protobuf library in Python
//! (`bluezone.protocols.export_stream`), so that faults are named in one place. `None` says so.

use crate::identifiers::MAX_PERIOD;
use crate::rpik::{KEY_BYTES, Key};
use std::ops::Range;

/// In the column of onset days: the file says nothing. No 32-bit number.
pub const NO_ONSET: i64 = i32::MIN as i64 - 1;

const MAX_FIELD_BYTES: usize = 1 << 20;
/// Of tags and lengths; more is not always refused, but never written.
const MAX_SHORT_BYTES: usize = 5;
/// Ten bytes, of negative and of huge numbers, are unusual.
const MAX_NUMBER_BYTES: usize = 9;
const MAX_REPORT_TYPE: u64 = 5;
const KEYS: u32 = 7;
const REVISED_KEYS: u32 = 8;

/// Keys in the file's order, one vector per property.
#[derive(Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in spec/export.proto")]
pub struct Columns {
    pub teks: Vec<Key>,
    pub starts: Vec<u32>,
    pub periods: Vec<u8>,
    pub transmission_risks: Vec<i32>,
    pub report_types: Vec<u8>,
    pub days_since_onset: Vec<i64>,
}

/// A part of a message.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// What is newly published.
    pub keys: Columns,
    /// What was published before and has changed.
    pub revised_keys: Columns,
    /// All other fields as they are, in their order.
    pub others: Vec<u8>,
}

/// Where the last complete field of bytes that begin with a field ends; `None` for anything unusual.
#[must_use]
pub fn last_border(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    while !rest.is_empty() {
        match take_field(&mut rest) {
            Taken::Whole(_) => {}
            Taken::Incomplete => break,
            Taken::Unusual => return None,
        }
    }
    (rest.len() <= MAX_FIELD_BYTES).then_some(bytes.len() - rest.len())
}

/// Reads whole fields; `None` if any is unusual, or if a key's start is outside `starts`.
#[must_use]
pub fn read(bytes: &[u8], starts: Range<u32>) -> Option<Part> {
    let mut part = Part::default();
    let mut rest = bytes;
    while !rest.is_empty() {
        let whole = rest;
        let Taken::Whole(field) = take_field(&mut rest) else { return None };
        match field {
            Field { number: KEYS, content: Content::Bytes(key) } => part.keys.push(key, &starts)?,
            Field { number: REVISED_KEYS, content: Content::Bytes(key) } => {
                part.revised_keys.push(key, &starts)?
            }
            _ => part.others.extend_from_slice(&whole[..whole.len() - rest.len()]),
        }
    }
    Some(part)
}

impl Columns {
    fn push(&mut self, message: &[u8], starts: &Range<u32>) -> Option<()> {
        let mut tek: Option<&[u8]> = None;
        let (mut start, mut period, mut risk, mut report_type) = (0, MAX_PERIOD as u64, 0, 0);
        let mut days = NO_ONSET;
        let mut rest = message;
        while !rest.is_empty() {
            let Taken::Whole(Field { number, content }) = take_field(&mut rest) else { return None };
            match (number, content) {
                (1, Content::Bytes(bytes)) => tek = Some(bytes),
                (2, Content::Number(number)) => risk = number,
                (3, Content::Number(number)) => start = number,
                (4, Content::Number(number)) => period = number,
                (5, Content::Number(number)) => report_type = number,
                (6, Content::Number(number)) => days = zigzag(u32::try_from(number).ok()?),
                (1..=6, _) => return None, // of another wire type
                _ => {}                    // unknown, skipped
            }
        }
        let start = u32::try_from(start).ok().filter(|start| starts.contains(start))?;
        if !(1..=MAX_PERIOD as u64).contains(&period) || report_type > MAX_REPORT_TYPE {
            return None;
        }
        self.transmission_risks.push(i32::try_from(risk).ok()?);
        self.teks.push(<[u8; KEY_BYTES]>::try_from(tek?).ok()?);
        self.starts.push(start);
        self.periods.push(period as u8);
        self.report_types.push(report_type as u8);
        self.days_since_onset.push(days);
        Some(())
    }
}

struct Field<'a> {
    number: u32,
    content: Content<'a>,
}

enum Content<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Fixed,
}

enum Taken<T> {
    Whole(T),
    Incomplete,
    Unusual,
}

/// Takes a field off the front; what is not taken whole leaves the bytes as they are.
#[inline]
fn take_field<'a>(bytes: &mut &'a [u8]) -> Taken<Field<'a>> {
    let mut rest = *bytes;
    macro_rules! whole {
        ($taken:expr) => {
            match $taken {
                Taken::Whole(value) => value,
                Taken::Incomplete => return Taken::Incomplete,
                Taken::Unusual => return Taken::Unusual,
            }
        };
    }
    let tag = whole!(take_number::<MAX_SHORT_BYTES>(&mut rest));
    let (Ok(number), wire_type) = (u32::try_from(tag >> 3), tag & 7) else { return Taken::Unusual };
    if number == 0 || number >= 1 << 29 {
        return Taken::Unusual;
    }
    let content = match wire_type {
        0 => Content::Number(whole!(take_number::<MAX_NUMBER_BYTES>(&mut rest))),
        1 => whole!(take(&mut rest, 8).map(|_| Content::Fixed)),
        2 => {
            let length = whole!(take_number::<MAX_SHORT_BYTES>(&mut rest)) as usize;
            if length > MAX_FIELD_BYTES {
                return Taken::Unusual;
            }
            whole!(take(&mut rest, length).map(Content::Bytes))
        }
        5 => whole!(take(&mut rest, 4).map(|_| Content::Fixed)),
        _ => return Taken::Unusual,
    };
    *bytes = rest;
    Taken::Whole(Field { number, content })
}

#[inline]
fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Taken<&'a [u8]> {
    match bytes.split_at_checked(count) {
        Some((taken, rest)) => {
            *bytes = rest;
            Taken::Whole(taken)
        }
        None => Taken::Incomplete,
    }
}

/// A variable-length number of at most `MAX` bytes.
#[inline]
fn take_number<const MAX: usize>(bytes: &mut &[u8]) -> Taken<u64> {
    let mut value = 0;
    for (at, byte) in bytes.iter().take(MAX).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if *byte < 0x80 {
            *bytes = &bytes[at + 1..];
            return Taken::Whole(value);
        }
    }
    if bytes.len() < MAX { Taken::Incomplete } else { Taken::Unusual }
}

fn zigzag(number: u32) -> i64 {
    i64::from((number >> 1) as i32 ^ -((number & 1) as i32))
}

impl<T> Taken<T> {
    fn map<U>(self, change: impl FnOnce(T) -> U) -> Taken<U> {
        match self {
            Taken::Whole(value) => Taken::Whole(change(value)),
            Taken::Incomplete => Taken::Incomplete,
            Taken::Unusual => Taken::Unusual,
        }
    }
}
