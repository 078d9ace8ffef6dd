//! Division of 128-bit numbers on Xtensa, called as the pinned compiler calls it.
//!
//! rustc 1.95's code generator lays the divisor half in registers and half on the stack; its own
//! library (`compiler_builtins`) looks for the whole of it on the stack, and every such quotient comes
//! out wrong. The functions here take the words one by one as they come, and stand in for the
//! library's, whose symbols are weak. A firmware for these chips needs the same.

/// Eight words in the order they are handed over: dividend, then divisor, least first.
macro_rules! called {
    ($name:ident, $type:ty, |$dividend:ident, $divisor:ident| $result:expr) => {
        #[unsafe(no_mangle)]
        extern "C" fn $name(
            a0: u32,
            a1: u32,
            a2: u32,
            a3: u32,
            b0: u32,
            b1: u32,
            b2: u32,
            b3: u32,
        ) -> $type {
            let ($dividend, $divisor) = (number([a0, a1, a2, a3]), number([b0, b1, b2, b3]));
            $result
        }
    };
}

called!(__udivti3, u128, |dividend, divisor| divide(dividend, divisor).0);
called!(__umodti3, u128, |dividend, divisor| divide(dividend, divisor).1);
called!(__divti3, i128, |dividend, divisor| {
    let (dividend, divisor) = (dividend as i128, divisor as i128);
    let quotient = divide(dividend.unsigned_abs(), divisor.unsigned_abs()).0 as i128;
    if (dividend < 0) == (divisor < 0) { quotient } else { quotient.wrapping_neg() }
});
called!(__modti3, i128, |dividend, divisor| {
    let (dividend, divisor) = (dividend as i128, divisor as i128);
    let rest = divide(dividend.unsigned_abs(), divisor.unsigned_abs()).1 as i128;
    if dividend < 0 { rest.wrapping_neg() } else { rest }
});

fn number(words: [u32; 4]) -> u128 {
    words.iter().rev().fold(0, |number, &word| number << 32 | u128::from(word))
}

/// Quotient and rest. Numbers of 64 bits, which is nearly all of them, go the short way.
fn divide(dividend: u128, divisor: u128) -> (u128, u128) {
    if let (Ok(dividend), Ok(divisor)) = (u64::try_from(dividend), u64::try_from(divisor)) {
        return (u128::from(dividend / divisor), u128::from(dividend % divisor));
    }
    let (mut quotient, mut rest) = (0, dividend);
    if divisor > dividend {
        return (quotient, rest);
    }
    // Long division, bit by bit, from where both have the same length.
    let mut bits_left = divisor.leading_zeros() - dividend.leading_zeros();
    let mut part = divisor << bits_left;
    loop {
        quotient <<= 1;
        if part <= rest {
            rest -= part;
            quotient |= 1;
        }
        if bits_left == 0 {
            return (quotient, rest);
        }
        part >>= 1;
        bits_left -= 1;
    }
}
