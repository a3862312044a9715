//! An excerpt of a file, decoded and measured.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::common::Limit;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, SeekMode, SeekTo, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::units::Time;

use moodbox_signal::audio::{Analyser, Features};

use super::ffmpeg::Ffmpeg;
use super::mp4_boxes;
use crate::ports::store;

/// The excerpt of a film at 100 megabits a second is some 100 MB.
const MOST_BYTES: u64 = 128 << 20;
/// An excerpt is measured within a second or two of a small processor.
const LONGEST: Duration = Duration::from_secs(60);

/// How much of a piece is listened to. The studies of the field take 30 to 60 seconds.
const EXCERPT: Duration = Duration::from_secs(60);
/// Where the excerpt begins in a longer piece: past the introduction.
const BEGIN: f64 = 0.3;
/// Packets that may be broken one after another, before the file is given up.
const MOST_BROKEN: u32 = 100;
/// Cover pictures and lyrics are not looked at.
const MOST_TAG_BYTES: usize = 1 << 16;

/// Why a file could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum SoundError {
    /// The file cannot be read now; it may be there again later.
    #[error("it cannot be read: {0}")]
    Unreadable(io::Error),
    /// Its data is broken or of a kind that no decoder here knows.
    #[error("it cannot be decoded: {0}")]
    Undecodable(String),
    /// Its container is known, and its codec is not.
    #[error("its codec is not known")]
    Foreign,
    /// Another program could decode it.
    #[error("its kind of sound needs ffmpeg to be measured: `sudo apt install ffmpeg`")]
    NeedsFfmpeg,
    /// Nothing but silence, or less than about two seconds of sound.
    #[error("there is too little sound in it")]
    Silent,
    /// MIDI: which notes to play, without their sound.
    #[error("it holds notes without a sound of their own (MIDI), so it cannot be measured")]
    Midi,
}

/// Containers that no reader here knows. They are not even tried: a sync word of MPEG is found in all of them, and
/// what would be heard from there is noise.
pub(crate) const FOREIGN: [&str; 8] = ["ts", "mts", "m2ts", "mpg", "mpeg", "wmv", "asf", "flv"];

/// Kinds of sound that no decoder here knows, by their endings: Opus, Windows Media, WavPack, Monkey's Audio, Musepack,
/// TAK, Shorten, DSD, Speex, MPEG layers 1 and 2, RealAudio, Sun and Sony files, what phones and discs record, and the
/// modules of trackers.
#[rustfmt::skip]
pub(crate) const FOREIGN_SOUND: [&str; 42] = [
    "opus", "wma", "wv", "ape", "mpc", "mpp", "tak", "shn", "ofr", "dsf", "dff", "spx", "mp1", "mp2", "mpa", "ra", "rm",
    "au", "snd", "caf", "w64", "voc", "oma", "aa3", "amr", "tta", "ac3", "eac3", "dts", "dtshd", "mlp", "thd", "gsm",
    "mod", "xm", "s3m", "it", "mptm", "stm", "mtm", "med", "umx",
];

/// MIDI has no sound of its own: `ffmpeg` does not play it either.
const NOTES: [&str; 4] = ["mid", "midi", "kar", "rmi"];

/// Whether this is MIDI, by its ending.
pub(crate) fn is_midi(path: &Path) -> bool {
    has_ending(path, &NOTES)
}

/// Whether a file name has one of these endings.
pub(crate) fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| endings.contains(&ending.to_ascii_lowercase().as_str()))
}

/// Measures an excerpt of an audio file, or of the sound of a video. Takes about a second of a small
/// processor, whatever the length of the file.
///
/// # Errors
/// When the file is gone, broken, silent, or of a kind that is not known here. A decoder that panics on a
/// broken file is caught.
pub fn measure(path: &Path) -> Result<Features, SoundError> {
    let file = Budgeted::open(path, MOST_BYTES, LONGEST).map_err(SoundError::Unreadable)?;
    if is_midi(path) {
        return Err(SoundError::Midi);
    }
    if has_ending(path, &FOREIGN) || has_ending(path, &FOREIGN_SOUND) {
        return Ffmpeg::default().measure(path);
    }
    let extension = path.extension().and_then(|extension| extension.to_str());
    let measured = catch_unwind(AssertUnwindSafe(|| excerpt(file, extension)))
        .unwrap_or_else(|_| Err(SoundError::Undecodable("the decoder gave up".to_owned())));
    match measured {
        Err(SoundError::Foreign) => Ffmpeg::default().measure(path),
        other => other,
    }
}

/// A media file that is read within a budget of bytes and time. A container that makes its reader look through
/// gigabytes of zeros, or back and forth, is cut off there as if the file ended.
pub(crate) struct Budgeted {
    file: File,
    left: u64,
    until: Instant,
    /// How far it is read.
    at: u64,
    /// Where names of boxes stand that a reader is not to see.
    hidden: Vec<u64>,
}

/// The name of a box of which every reader knows that nothing is in it.
const UNUSED: [u8; 4] = *b"free";

/// What one look into a file costs besides the bytes that it reads.
const SEEK_COSTS: u64 = 512;

impl Budgeted {
    /// Opens a regular file.
    pub(crate) fn open(path: &Path, bytes: u64, time: Duration) -> io::Result<Budgeted> {
        let file = store::open_regular(path)?;
        Ok(Budgeted { file, left: bytes, until: Instant::now() + time, at: 0, hidden: Vec::new() })
    }

    fn pay(&mut self, bytes: u64) -> io::Result<()> {
        self.left = self.left.saturating_sub(bytes);
        if self.left == 0 || Instant::now() > self.until {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "reading it costs too much"));
        }
        Ok(())
    }
}

impl Read for Budgeted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(into)?;
        self.pay(count as u64)?;
        for place in &self.hidden {
            for (at, letter) in (*place..).zip(UNUSED) {
                let here = at.checked_sub(self.at).and_then(|here| usize::try_from(here).ok());
                if let Some(byte) = here.filter(|here| *here < count).and_then(|here| into.get_mut(here)) {
                    *byte = letter;
                }
            }
        }
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Budgeted {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.pay(SEEK_COSTS)?;
        self.at = self.file.seek(to)?;
        Ok(self.at)
    }
}

impl MediaSource for Budgeted {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        self.file.metadata().ok().map(|metadata| metadata.len())
    }
}

/// Opens a media file: its container, by what is in it and by the ending of its name.
pub(crate) fn open(mut file: Budgeted, extension: Option<&str>) -> Result<Box<dyn FormatReader>, Error> {
    file.hidden = mp4_boxes::refused(&mut file);
    file.seek(SeekFrom::Start(0))?;
    let mut hint = Hint::new();
    if let Some(extension) = extension {
        hint.with_extension(extension);
    }
    let stream = MediaSourceStream::new(Box::new(file), Default::default());
    let limits = MetadataOptions::default()
        .limit_tag_bytes(Limit::Maximum(MOST_TAG_BYTES))
        .limit_visual_bytes(Limit::Maximum(0));
    symphonia::default::get_probe().probe(&hint, stream, FormatOptions::default(), limits)
}

/// The length that the container tells.
pub(crate) fn length(format: &dyn FormatReader) -> Option<Duration> {
    let info = format.media_info();
    let time = info.time_base?.calc_duration(info.duration?)?;
    Duration::try_from_secs_f64(time.as_secs_f64()).ok().filter(|length| !length.is_zero())
}

fn excerpt(file: Budgeted, extension: Option<&str>) -> Result<Features, SoundError> {
    let mut format = open(file, extension).map_err(undecodable)?;
    let track = format
        .default_track(TrackType::Audio)
        .ok_or_else(|| SoundError::Undecodable("there is no sound in it".to_owned()))?;
    let id = track.id;
    let Some(CodecParameters::Audio(codec)) = &track.codec_params else {
        return Err(SoundError::Undecodable("its kind of sound is not known".to_owned()));
    };
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(codec, &AudioDecoderOptions::default())
        .map_err(|error| match error {
            Error::Unsupported(_) => SoundError::Foreign,
            other => undecodable(other),
        })?;
    if let Some(length) = length(&*format).filter(|length| *length > EXCERPT * 3 / 2) {
        let to = Time::try_from_secs_f64(length.as_secs_f64() * BEGIN);
        // A file that cannot be wound forward is heard from its beginning.
        let wound = to.map(|time| format.seek(SeekMode::Coarse, SeekTo::Time { time, track_id: Some(id) }));
        if wound.is_some_and(|wound| wound.is_ok()) {
            decoder.reset();
        }
    }
    listen(&mut *format, &mut *decoder, id)
}

fn listen(
    format: &mut dyn FormatReader,
    decoder: &mut dyn AudioDecoder,
    id: u32,
) -> Result<Features, SoundError> {
    let mut analyser: Option<(Analyser, usize, u32)> = None;
    let (mut samples, mut taken, mut broken) = (Vec::<f32>::new(), 0u64, 0);
    loop {
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            // A file that is cut off is measured as far as it goes.
            Ok(None) | Err(Error::IoError(_)) => break,
            Err(Error::DecodeError(_)) if broken < MOST_BROKEN => {
                broken += 1;
                continue;
            }
            Err(_) => break,
        };
        if packet.track_id != id {
            continue;
        }
        let sound = match decoder.decode(&packet) {
            Ok(sound) => sound,
            Err(Error::DecodeError(_) | Error::IoError(_)) if broken < MOST_BROKEN => {
                broken += 1;
                continue;
            }
            Err(error) => return Err(undecodable(error)),
        };
        let (channels, rate) = (sound.spec().channels().count(), sound.spec().rate());
        if analyser.is_none() {
            let new = Analyser::new(channels, rate)
                .ok_or_else(|| SoundError::Undecodable(format!("{channels} channels at {rate} Hz")))?;
            analyser = Some((new, channels, rate));
        }
        let Some((analyser, first_channels, first_rate)) = &mut analyser else { break };
        // What changes its shape midway is measured up to there.
        if (*first_channels, *first_rate) != (channels, rate) {
            break;
        }
        sound.copy_to_vec_interleaved(&mut samples);
        analyser.take(&samples);
        taken += sound.frames() as u64;
        if taken >= u64::from(rate) * EXCERPT.as_secs() {
            break;
        }
    }
    analyser.and_then(|(analyser, ..)| analyser.finish()).ok_or(SoundError::Silent)
}

fn undecodable(error: Error) -> SoundError {
    match error {
        Error::IoError(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
            SoundError::Unreadable(error)
        }
        other => SoundError::Undecodable(other.to_string()),
    }
}
