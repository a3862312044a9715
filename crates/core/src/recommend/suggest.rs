//! Chooses music and video for a mood: a function of the catalog, the templates and the request.

use super::catalog::Catalog;
use super::kind::{AudioSource, Kind};
use super::playlist_builder;
use super::reason::Note;
use super::request::{Request, Suggestion};
use super::templates::Templates;
use crate::mood::Mood;

/// Chooses music and video for a request.
pub fn suggest(catalog: &Catalog, templates: &Templates, request: &Request<'_>) -> Suggestion {
    // Which of the two moods it is, is not known: the template of the calm mood does no harm in either.
    let pair = templates.of(if request.or.is_some() { Mood::Neutral } else { request.mood });
    let mut notes = Vec::new();
    if let Some(or) = request.or {
        notes.push(Note::Unsure(request.mood, or));
    }
    let music = playlist_builder::list(Kind::Music, &catalog.music, &pair.music, request, &mut notes);
    let video = playlist_builder::list(Kind::Video, &catalog.video, &pair.video, request, &mut notes);
    let speaks = match pair.video.speaks {
        _ if video.is_empty() => AudioSource::Music,
        _ if music.is_empty() => AudioSource::Video,
        wanted => wanted,
    };
    let (heard, mute) = match speaks {
        AudioSource::Music => (&pair.music, &pair.video),
        AudioSource::Video => (&pair.video, &pair.music),
    };
    let mut volume = heard.volume.or(mute.volume);
    let quiet = heard
        .quiet
        .or(mute.quiet)
        .filter(|quiet| request.minute_of_day.is_some_and(|minute| quiet.covers(minute)));
    if let Some(quiet) = quiet {
        volume = Some(volume.map_or(quiet.volume, |volume| volume.min(quiet.volume)));
        notes.push(Note::QuietHours);
    }
    let loop_video = pair.video.repeat && !video.is_empty();
    Suggestion { music, video, speaks, volume, loop_video, notes }
}
