//! Libraries made up from a seed.

use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::item::{Feeling, FeelingSource, Item};
use super::item_store::ItemStore;
use super::template::Point;

/// Genres of made up libraries; the genre table knows each of them.
pub const GENRES: [&str; 14] = [
    "Ambient",
    "Pop",
    "Rock",
    "Jazz",
    "Metal",
    "Classical",
    "Disco",
    "Folk",
    "Lounge",
    "Soul",
    "Funk",
    "Techno",
    "Bossa Nova",
    "Singer-Songwriter",
];

/// A library and what only its maker knows of it.
pub struct Library {
    /// The items.
    pub item_store: ItemStore,
    /// For each track where it really lies; the item store knows half of them by a tag, the rest by genre.
    pub truth: Vec<Point>,
    /// Position in [`GENRES`], for each track.
    pub genre: Vec<usize>,
    /// Number of the artist, for each track.
    pub artist: Vec<usize>,
}

/// Tracks in albums of ten, four albums an artist, most of an artist's tracks in one genre.
pub fn library(tracks: usize, seed: u64) -> Library {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut library =
        Library { item_store: ItemStore::new(), truth: Vec::new(), genre: Vec::new(), artist: Vec::new() };
    let mut home = 0;
    for track in 0..tracks {
        let (artist, album) = (track / 40, track / 10);
        if track % 40 == 0 {
            home = rng.random_range(0..GENRES.len());
        }
        let genre = if rng.random::<f32>() < 0.8 { home } else { rng.random_range(0..GENRES.len()) };
        let mean = super::genre::feeling(std::iter::once(GENRES[genre].to_lowercase().as_str()));
        let mean = mean.map_or(Point::default(), |feeling| Point::new(feeling.valence, feeling.arousal));
        let mut near = |spread: f32, of: f32| (of + spread * normal(&mut rng)).clamp(-1.0, 1.0);
        let truth = Point::new(near(0.3, mean.valence), near(0.3, mean.arousal));
        let measured = Feeling {
            valence: near(0.1, truth.valence),
            arousal: near(0.1, truth.arousal),
            source: FeelingSource::Explicit,
        };
        library.item_store.push(Item {
            id: format!(
                "Artist {artist:05}/Album {album:06}/{:02} - Track number {track}.flac",
                track % 10 + 1
            ),
            title: format!("Track number {track}"),
            artist: format!("Artist {artist:05}"),
            album: format!("Album {album:06}"),
            genres: vec![GENRES[genre].to_owned()],
            length: Some(Duration::from_secs(rng.random_range(120..360))),
            feeling: rng.random::<bool>().then_some(measured),
            ..Item::default()
        });
        library.truth.push(truth);
        library.genre.push(genre);
        library.artist.push(artist);
    }
    library.item_store.shrink();
    library
}

/// Standard normal (Box and Muller 1958).
pub fn normal(rng: &mut ChaCha8Rng) -> f32 {
    let (u, v): (f32, f32) = (rng.random(), rng.random());
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f32::consts::TAU * v).cos()
}
