//! From one type of number to a smaller one. What does not fit becomes the nearest that does.
//!
//! The compiler refuses `as` where something could be lost without a word (`[workspace.lints]`); this is where it may be lost,
//! and how. The inner loops over pixels have `as` and say beside it why nothing is lost.

/// A float without what stands behind its point. What is too large or too small becomes the nearest number of the
/// type, and what is no number becomes 0.
pub trait Whole: Copy {
    /// 0 to 255.
    fn to_u8(self) -> u8;
    /// 0 to 65,535.
    fn to_u16(self) -> u16;
    /// 0 to some 4 thousand million.
    fn to_u32(self) -> u32;
    /// From 0 on.
    fn to_u64(self) -> u64;
    /// A count or a place.
    fn to_usize(self) -> usize;
    /// -128 to 127.
    fn to_i8(self) -> i8;
    /// -32,768 to 32,767.
    fn to_i16(self) -> i16;
    /// Of 32 bits, with a sign.
    fn to_i32(self) -> i32;
    /// Of 64 bits, with a sign.
    fn to_i64(self) -> i64;
}

macro_rules! whole {
    ($float:ty: $($name:ident $whole:ty),*) => {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "`as` ends at the nearest"
        )]
        impl Whole for $float {
            $(
                #[inline]
                fn $name(self) -> $whole {
                    self as $whole
                }
            )*
        }
    };
    ($($float:ty),*) => {
        $(whole!($float: to_u8 u8, to_u16 u16, to_u32 u32, to_u64 u64, to_usize usize,
            to_i8 i8, to_i16 i16, to_i32 i32, to_i64 i64);)*
    };
}

whole!(f32, f64);

/// The nearest float of half the size: a ten-millionth part is lost.
#[expect(clippy::cast_possible_truncation, reason = "what is too large becomes infinite, as a float does")]
#[inline]
pub fn to_f32(value: f64) -> f32 {
    value as f32
}

/// 0 to some 4 thousand million; the largest where a count or a length does not fit.
#[inline]
pub fn to_u32(value: impl TryInto<u32>) -> u32 {
    value.try_into().unwrap_or(u32::MAX)
}

/// 0 to 255; the largest where it does not fit.
#[inline]
pub fn to_u8(value: impl TryInto<u8>) -> u8 {
    value.try_into().unwrap_or(u8::MAX)
}

/// With a sign, in as many bits; the largest where it does not fit.
#[inline]
pub fn to_i32(value: u32) -> i32 {
    value.try_into().unwrap_or(i32::MAX)
}

/// 0 to 65,535; the largest where it does not fit.
#[inline]
pub fn to_u16(value: impl TryInto<u16>) -> u16 {
    value.try_into().unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_becomes_the_nearest_that_does() {
        for (value, wanted) in
            [(-1.0, 0), (0.9, 0), (254.9, 254), (256.0, 255), (f32::INFINITY, 255), (f32::NAN, 0)]
        {
            assert_eq!((value.to_u8(), f64::from(value).to_u8()), (wanted, wanted), "{value}");
        }
        assert_eq!(
            (1e10_f32.to_u32(), (-1e30_f64).to_i64(), 70_000.0_f32.to_u16()),
            (u32::MAX, i64::MIN, u16::MAX)
        );
        assert_eq!(((-2.9_f32).to_i32(), 2.9_f64.to_usize(), 1e300_f64.to_u64()), (-2, 2, u64::MAX));
        assert_eq!((to_u32(u64::MAX), to_u32(7usize), to_u16(70_000u32)), (u32::MAX, 7, u16::MAX));
        assert_eq!((to_u8(300u16), to_i32(u32::MAX)), (u8::MAX, i32::MAX));
        assert_eq!((to_f32(0.5), to_f32(1e300)), (0.5, f32::INFINITY));
    }
}
