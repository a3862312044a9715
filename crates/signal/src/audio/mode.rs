//! Major or minor: which key the pitch classes fit best, of each mode.
//!
//! The profiles are Krumhansl and Kessler's (1982, "Tracing the dynamic changes in perceived tonal
//! organization", Psychological Review 89). The mode is the difference between the best major and the best
//! minor key, as in Lartillot and Toiviainen's MIR Toolbox (2007).

const MAJOR: [f32; 12] = [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88];
const MINOR: [f32; 12] = [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17];
/// The difference that counts as quite sure: that of plain triads.
const SURE: f32 = 0.2;

/// -1 (minor) to 1 (major) from the strengths of the twelve pitch classes.
pub fn mode(chroma: &[f32; 12]) -> f32 {
    let best = |profile: &[f32; 12]| {
        (0..12).map(|key| likeness(chroma, profile, key)).fold(f32::NEG_INFINITY, f32::max)
    };
    let difference = best(&MAJOR) - best(&MINOR);
    if difference.is_finite() { (difference / SURE).clamp(-1.0, 1.0) } else { 0.0 }
}

/// Correlation of the pitch classes with a profile whose tonic is `key`.
fn likeness(chroma: &[f32; 12], profile: &[f32; 12], key: usize) -> f32 {
    let mean = |values: &[f32; 12]| values.iter().sum::<f32>() / 12.0;
    let (middle, center) = (mean(chroma), mean(profile));
    let (mut both, mut one, mut other) = (0.0, 0.0, 0.0);
    for (strength, expected) in chroma.iter().cycle().skip(key).zip(profile) {
        let (strength, expected) = (strength - middle, expected - center);
        both += strength * expected;
        one += strength * strength;
        other += expected * expected;
    }
    if one > 0.0 { both / (one * other).sqrt() } else { 0.0 }
}
