//! What a person can rely on when a mood is turned into a list.

use std::time::Duration;

use moodbox_core::mood::{Mood, Strength};
use moodbox_core::recommend::{
    AudioSource, Catalog, Feel, Feeling, FeelingSource, History, Item, ItemStore, Kind, Mode, Note, Outcome,
    Pick, Point, Reason, Request, Suggestion, Taste, Template, Templates, Weights, check, suggest,
};

fn track(id: &str, valence: f32, arousal: f32) -> Item {
    Item {
        id: id.to_owned(),
        title: format!("Title {id}"),
        artist: format!("Artist {}", id.len() % 7),
        length: Some(Duration::from_secs(180)),
        feeling: Some(Feeling { valence, arousal, source: FeelingSource::Explicit }),
        ..Item::default()
    }
}

/// Tracks all over the plane of feeling, a tenth apart.
fn grid() -> Vec<Item> {
    let steps = || (-10..=10).map(|tenths| tenths as f32 / 10.0);
    steps().flat_map(|v| steps().map(move |a| track(&format!("grid/{v:+.1}{a:+.1}"), v, a))).collect()
}

fn catalog(music: Vec<Item>) -> Catalog {
    let video = ["sea", "fun", "animals"].map(|tag| Item {
        id: format!("/films/{tag}/one.mp4"),
        tags: vec![tag.to_owned()],
        length: Some(Duration::from_secs(60)),
        ..Item::default()
    });
    Catalog { music: music.into(), video: Vec::from(video).into() }
}

fn music_template(mood: Mood, text: &str) -> Templates {
    Templates::shipped().with(mood, Kind::Music, Templates::parse(Kind::Music, text).unwrap())
}

fn points(catalog: &Catalog, picks: &[Pick]) -> Vec<Point> {
    let feeling = |pick: &Pick| catalog.music.find(&pick.id).unwrap().feeling.unwrap();
    picks.iter().map(feeling).map(|feeling| Point::new(feeling.valence, feeling.arousal)).collect()
}

/// What is said about the music as a whole.
fn music_notes(list: &Suggestion) -> Vec<Note> {
    let of_video = |note: &Note| format!("{note:?}").contains("Video");
    list.notes.iter().filter(|note| !of_video(note)).cloned().collect()
}

fn ids(picks: &[Pick]) -> Vec<&str> {
    picks.iter().map(|pick| pick.id.as_str()).collect()
}

#[test]
fn the_same_catalog_history_and_seed_give_the_same_list_and_another_seed_another() {
    let catalog = catalog(grid());
    for mood in Mood::ALL {
        let list = |seed| suggest(&catalog, &Templates::shipped(), &Request { seed, ..Request::new(mood) });
        assert_eq!(list(7), list(7));
        assert!((0..5).any(|seed| list(seed).music != list(7).music), "{mood} has more than one list");
    }
}

#[test]
fn every_mood_gets_music_and_video_with_a_reason_in_both_languages() {
    use moodbox_core::text::Language;
    let catalog = catalog(grid());
    for mood in Mood::ALL {
        let list = suggest(&catalog, &Templates::shipped(), &Request::new(mood));
        assert!(list.music.len() >= 8 && !list.video.is_empty(), "{mood}: {list:?}");
        for pick in list.music.iter().chain(&list.video) {
            let (english, german) = (pick.why.say(Language::En), pick.why.say(Language::De));
            assert!(!english.is_empty() && !german.is_empty() && english != german, "{english} / {german}");
        }
    }
}

#[test]
fn nothing_is_on_a_list_twice() {
    let catalog = catalog(grid());
    for mood in Mood::ALL {
        let list = suggest(&catalog, &Templates::shipped(), &Request::new(mood));
        let mut seen = ids(&list.music);
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), list.music.len());
    }
}

#[test]
fn a_journey_never_turns_back_and_ends_within_a_fifth_of_its_goal() {
    let catalog = catalog(grid());
    for (mood, text, goal) in [
        (Mood::Sad, "mode.journey = { to = [0.6, 0.2], steps = 4 }\nlength = { items = 12 }", (0.6, 0.2)),
        (Mood::Angry, "mode.journey = { to = [0.4, -0.5], steps = 6 }\nlength = { items = 6 }", (0.4, -0.5)),
        (
            Mood::Fear,
            "mode.journey = { to = [0.5, -0.4], steps = 2 }\nlength = { minutes = 40 }",
            (0.5, -0.4),
        ),
        (Mood::Happy, "mode.journey = { to = [-0.9, -0.9], steps = 20 }", (-0.9, -0.9)),
    ] {
        let goal = Point::new(goal.0, goal.1);
        for seed in 0..20 {
            for strength in [Strength::Slight, Strength::Clear, Strength::Strong] {
                let request = Request { seed, strength, ..Request::new(mood) };
                let list = suggest(&catalog, &music_template(mood, text), &request);
                let way: Vec<f32> =
                    points(&catalog, &list.music).iter().map(|point| point.distance(goal)).collect();
                for pair in way.windows(2) {
                    assert!(pair[1] <= pair[0].max(0.2) + 1e-6, "{mood}, seed {seed}: {way:?}");
                }
                assert!(*way.last().unwrap() <= 0.2, "{mood}, seed {seed}, {strength:?}: {way:?}");
                assert!(way[0] > way[way.len() - 1], "{mood} really travels: {way:?}");
                assert_eq!(music_notes(&list), []);
            }
        }
    }
}

#[test]
fn a_journey_that_the_library_cannot_finish_says_so() {
    let gloomy: Vec<Item> = (0..30).map(|n| track(&format!("{n}"), -0.9 + n as f32 / 50.0, -0.5)).collect();
    let text = "mode.journey = { to = [0.6, -0.5], steps = 4 }\nlength = { items = 5 }";
    let list = suggest(&catalog(gloomy), &music_template(Mood::Sad, text), &Request::new(Mood::Sad));
    let notes = music_notes(&list);
    let [Note::StopsShort { kind: Kind::Music, hundredths }] = notes[..] else { panic!("{notes:?}") };
    assert!((90..=130).contains(&hundredths), "the nearest is at -0.32: {hundredths}");
}

#[test]
fn match_stays_with_the_mood_and_contrast_goes_to_the_other_side() {
    let catalog = catalog(grid());
    for (mode, wanted) in [("match", -0.56), ("contrast", 0.56)] {
        let text = format!("mode = \"{mode}\"\nlength = {{ items = 8 }}");
        let list = suggest(&catalog, &music_template(Mood::Sad, &text), &Request::new(Mood::Sad));
        for point in points(&catalog, &list.music) {
            assert!((point.valence - wanted).abs() < 0.4, "{mode}: {point:?}");
        }
    }
}

#[test]
fn what_a_person_said_goes_before_what_was_measured_from_the_sound() {
    let of = |source: FeelingSource| {
        (0..40).map(move |number| {
            let track = track(&format!("{source:?}/{number}"), -0.6, -0.4);
            let feeling = track.feeling.map(|feeling| Feeling { source, ..feeling });
            Item { feeling, ..track }
        })
    };
    let catalog = catalog(of(FeelingSource::Sound).chain(of(FeelingSource::Explicit)).collect());
    let templates = music_template(Mood::Sad, "mode = \"match\"\nlength = { items = 8 }");
    for seed in 0..20 {
        let list = suggest(&catalog, &templates, &Request { seed, ..Request::new(Mood::Sad) });
        let said = list.music.iter().filter(|pick| pick.id.starts_with("Explicit")).count();
        assert!(said >= 7, "{said} of {} with seed {seed}", list.music.len());
    }
}

#[test]
fn what_was_played_lately_waits_and_returns_only_when_there_is_nothing_else() {
    let few: Vec<Item> = (0..10).map(|n| track(&format!("t{n}"), 0.6, 0.3)).collect();
    let catalog = catalog(few);
    let templates = music_template(Mood::Happy, "length = { items = 4 }\nno_repeat = 40");
    let recent: Vec<String> = (0..6).map(|n| format!("t{n}")).collect();
    let list = suggest(&catalog, &templates, &Request { recent: &recent, ..Request::new(Mood::Happy) });
    assert!(list.music.iter().all(|pick| !recent.contains(&pick.id)), "{:?}", ids(&list.music));

    let all: Vec<String> = (0..10).map(|n| format!("t{n}")).collect();
    let list = suggest(&catalog, &templates, &Request { recent: &all, ..Request::new(Mood::Happy) });
    assert_eq!(ids(&list.music), ["t0", "t1", "t2", "t3"], "the longest ago first");
    assert!(list.notes.contains(&Note::Repeats(Kind::Music)));
}

#[test]
fn explicit_disliked_and_avoided_items_are_never_chosen() {
    let mut items: Vec<Item> = (0..12).map(|n| track(&format!("t{n:02}"), 0.6, 0.3)).collect();
    items[0].explicit = true;
    items[1].like = Some(0);
    items[2].genres = vec!["Metal".into()];
    let templates = music_template(Mood::Happy, "length = { items = 12 }\n[[avoid]]\ngenres = [\"metal\"]");
    let list = suggest(&catalog(items), &templates, &Request::new(Mood::Happy));
    let mut chosen = ids(&list.music);
    chosen.sort_unstable();
    assert_eq!(chosen, ["t03", "t04", "t05", "t06", "t07", "t08", "t09", "t10", "t11"]);
}

#[test]
fn when_nothing_meets_the_template_the_nearest_by_feeling_plays_and_it_says_so() {
    let items = vec![track("far", -0.9, 0.9), track("near", 0.5, 0.2), track("farther", -1.0, -1.0)];
    let templates = music_template(
        Mood::Happy,
        "length = { items = 1 }\nno_repeat = 0\n[[pool]]\ntags = [\"nobody has this\"]",
    );
    let list = suggest(&catalog(items), &templates, &Request::new(Mood::Happy));
    assert_eq!((ids(&list.music), &list.music[0].why), (vec!["near"], &Reason::Nearest));
    assert_eq!(music_notes(&list), [Note::Nearest(Kind::Music)]);
}

#[test]
fn when_no_feeling_is_known_anything_plays_and_it_says_so() {
    let item = Item { id: "x".into(), ..Item::default() };
    let list = suggest(&catalog(vec![item]), &Templates::shipped(), &Request::new(Mood::Sad));
    assert_eq!((ids(&list.music), &list.music[0].why), (vec!["x"], &Reason::Anything));
    assert_eq!(music_notes(&list), [Note::Anything(Kind::Music)]);
}

#[test]
fn an_empty_library_gives_an_empty_list_with_a_reason() {
    for mood in Mood::ALL {
        let list = suggest(&Catalog::default(), &Templates::shipped(), &Request::new(mood));
        assert!(list.music.is_empty() && list.video.is_empty() && !list.loop_video);
        let nothing = |kind| Note::Nothing { kind, empty: true };
        assert_eq!(list.notes, [nothing(Kind::Music), nothing(Kind::Video)]);
    }
}

#[test]
fn a_look_that_was_not_sure_gets_a_gentle_middle() {
    let catalog = catalog(grid());
    for (first, second) in
        [(Mood::Angry, Mood::Fear), (Mood::Happy, Mood::Surprise), (Mood::Sad, Mood::Neutral)]
    {
        let request = Request { or: Some(second), ..Request::new(first) };
        let list = suggest(&catalog, &Templates::shipped(), &request);
        assert_eq!(music_notes(&list), [Note::Unsure(first, second)]);
        for point in points(&catalog, &list.music) {
            assert!(point.valence >= 0.0 && point.arousal <= 0.5, "{first} or {second}: {point:?}");
        }
    }
}

#[test]
fn quiet_hours_keep_the_volume_down_also_across_midnight() {
    let text = "volume = 50\nquiet = { from = \"22:00\", to = \"07:00\", volume = 20 }";
    let templates = music_template(Mood::Sad, text);
    for (minute, volume) in
        [(Some(23 * 60), 20), (Some(0), 20), (Some(7 * 60), 50), (Some(12 * 60), 50), (None, 50)]
    {
        let request = Request { minute_of_day: minute, ..Request::new(Mood::Sad) };
        let list = suggest(&catalog(grid()), &templates, &request);
        assert_eq!(list.volume, Some(volume), "{minute:?}");
        assert_eq!(list.notes.contains(&Note::QuietHours), volume == 20);
    }
}

#[test]
fn the_template_says_which_one_speaks_unless_the_other_is_not_there() {
    let video = Templates::parse(Kind::Video, "speaks = \"video\"\nvolume = 33\nrepeat = false").unwrap();
    let templates = Templates::shipped().with(Mood::Sad, Kind::Video, video);
    let list = suggest(&catalog(grid()), &templates, &Request::new(Mood::Sad));
    assert_eq!((list.speaks, list.volume, list.loop_video), (AudioSource::Video, Some(33), false));

    let mute = Catalog { video: Default::default(), ..catalog(grid()) };
    assert_eq!(suggest(&mute, &templates, &Request::new(Mood::Sad)).speaks, AudioSource::Music);
    let deaf = Catalog { music: Default::default(), ..catalog(vec![]) };
    assert_eq!(suggest(&deaf, &Templates::shipped(), &Request::new(Mood::Sad)).speaks, AudioSource::Video);
}

#[test]
fn odd_libraries_are_played_all_the_same() {
    let tag = |text: &str| Item {
        id: format!("odd/{text}"),
        title: text.to_owned(),
        artist: text.to_owned(),
        genres: vec![text.to_owned()],
        tags: vec![text.to_owned()],
        ..Item::default()
    };
    let scripts = ["日本の曲", "Ночь", "ليل", "\u{202e}abc", "🎵", "ĲSSELMEER", "a\0b", "", " ", "\u{fffd}"];
    let one_genre = (0..100_000)
        .map(|n| Item { genres: vec!["Rock".into()], ..Item { id: n.to_string(), ..Item::default() } });
    let unknown = (0..50).map(|n| Item { id: n.to_string(), ..Item::default() });
    let libraries: [Vec<Item>; 5] = [
        vec![track("only", -1.0, 1.0)],
        scripts.map(tag).into(),
        one_genre.collect(),
        unknown.collect(),
        vec![
            Item { length: Some(Duration::ZERO), ..track("nothing", 0.0, 0.0) },
            Item { length: Some(Duration::MAX), ..track("for ever", 0.0, 0.0) },
        ],
    ];
    for items in libraries {
        let size = items.len();
        let catalog = catalog(items);
        for mood in Mood::ALL {
            let list = suggest(&catalog, &Templates::shipped(), &Request::new(mood));
            assert!(!list.music.is_empty(), "{mood} in a library of {size}");
            assert!(list.music.iter().all(|pick| catalog.music.find(&pick.id).is_some()));
        }
    }
}

#[test]
fn the_length_asked_for_is_kept() {
    let catalog = catalog(grid());
    for (text, items) in [
        ("length = { items = 1 }", 1),
        ("length = { items = 17 }", 17),
        ("length = { minutes = 1 }", 1),
        ("length = { minutes = 30 }", 10),
    ] {
        let list = suggest(&catalog, &music_template(Mood::Happy, text), &Request::new(Mood::Happy));
        assert_eq!(list.music.len(), items, "{text}");
    }
    let endless = Template { length: moodbox_core::recommend::Length::Items(500), ..Template::default() };
    let templates = Templates::shipped().with(Mood::Happy, Kind::Music, endless);
    assert_eq!(suggest(&catalog, &templates, &Request::new(Mood::Happy)).music.len(), 441, "all there are");
}

/// The demo library, as `deploy/demo-library` lists it.
fn demo() -> Catalog {
    let script = include_str!("../../deploy/demo-library");
    let table = |name: &'static str| {
        let body = script.split_once(&format!("<<'{name}'\n")).unwrap().1;
        body.split_once(&format!("\n{name}\n")).unwrap().0.lines()
    };
    let words = |text: &str| text.split(';').map(|word| word.trim().to_owned()).collect::<Vec<_>>();
    let music = table("TRACKS").map(|line| {
        let cells: Vec<&str> = line.split('|').collect();
        Item {
            id: format!("{}.ogg", cells[0]),
            title: cells[1].into(),
            artist: cells[2].into(),
            genres: words(cells[3]),
            tags: words(cells[4]),
            length: Some(Duration::from_secs(30)),
            ..Item::default()
        }
    });
    let video = table("CLIPS").map(|line| {
        let file = line.split('|').next().unwrap();
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        Item {
            id: format!("/videos/{file}.mp4"),
            tags: folder.split('/').map(str::to_owned).collect(),
            ..Item::default()
        }
    });
    Catalog { music: music.collect(), video: video.collect() }
}

/// How far from a journey's goal each pick of known feeling is.
fn way(item_store: &ItemStore, picks: &[Pick], goal: Point) -> Vec<f32> {
    let feeling = |pick: &Pick| item_store.find(&pick.id).unwrap().feeling;
    let points = picks.iter().filter_map(feeling);
    points.map(|feeling| Point::new(feeling.valence, feeling.arousal).distance(goal)).collect()
}

#[test]
fn over_the_demo_library_each_step_of_every_journey_moves_toward_its_goal_and_it_arrives_or_says_so() {
    let catalog = demo();
    assert!(catalog.music.len() >= 20 && catalog.video.len() >= 8, "the lists were found in the script");
    assert_eq!(check(&catalog, &Templates::shipped()), []);
    let mut journeys = 0;
    for mood in Mood::ALL {
        let pair = Templates::shipped().of(mood).clone();
        for (seed, strength) in (0..10)
            .flat_map(|seed| [Strength::Slight, Strength::Clear, Strength::Strong].map(|one| (seed, one)))
        {
            let request = Request { seed, strength, ..Request::new(mood) };
            let list = suggest(&catalog, &Templates::shipped(), &request);
            for (kind, item_store, picks) in
                [(Kind::Music, &catalog.music, &list.music), (Kind::Video, &catalog.video, &list.video)]
            {
                let Mode::Journey { to, .. } = pair.of(kind).mode else { continue };
                journeys += 1;
                let way = way(item_store, picks, to);
                let which = format!("{kind} for {mood}, {strength:?}, seed {seed}: {way:?}");
                for pair in way.windows(2) {
                    // Within a tenth of the goal it has arrived, and the order is free.
                    assert!(pair[1] <= pair[0].max(0.1) + 1e-6, "turns back: {which}");
                }
                let end = way.last().copied();
                let says = list
                    .notes
                    .iter()
                    .any(|note| matches!(note, Note::StopsShort { kind: short, .. } if *short == kind));
                assert_eq!(says, end.is_some_and(|end| end > 0.2), "{which} {:?}", list.notes);
                if kind == Kind::Music {
                    assert!(end.is_some_and(|end| end <= 0.2), "the demo library can take it there: {which}");
                }
            }
        }
    }
    assert!(journeys >= 200, "most of the shipped templates are journeys: {journeys}");
}

#[test]
fn a_short_library_is_used_up_without_turning_back() {
    let catalog = catalog((0..12).map(|n| track(&format!("t{n:02}"), -0.6 + n as f32 / 10.0, 0.0)).collect());
    let text = "mode.journey = { from = [-0.5, 0.0], to = [0.5, 0.0], steps = 3 }\nlength = { items = 11 }";
    let list = suggest(&catalog, &music_template(Mood::Sad, text), &Request::new(Mood::Sad));
    let way = way(&catalog.music, &list.music, Point::new(0.5, 0.0));
    assert!(way.len() >= 10, "{way:?}");
    assert!(way.windows(2).all(|pair| pair[1] <= pair[0].max(0.1) + 1e-6), "{way:?}");
}

#[test]
fn a_stronger_mood_is_met_nearer_to_where_it_is() {
    let catalog = catalog(grid());
    for text in [
        "mode.journey = { to = [0.6, 0.2], steps = 4 }\nlength = { items = 8 }",
        "mode.journey = { from = [0.0, -0.5], to = [0.6, 0.2], steps = 4 }\nlength = { items = 8 }",
        "mode = \"match\"\nlength = { items = 8 }",
    ] {
        let start = |strength| {
            let request = Request { strength, ..Request::new(Mood::Sad) };
            let list = suggest(&catalog, &music_template(Mood::Sad, text), &request);
            points(&catalog, &list.music)[0].distance(Point::of(Mood::Sad))
        };
        let [slight, clear, strong] = [Strength::Slight, Strength::Clear, Strength::Strong].map(start);
        assert!(slight > clear && clear > strong, "{text}: {slight} {clear} {strong}");
    }
}

#[test]
fn the_reason_names_the_part_that_decided() {
    // Twenty tracks at one place: what sets one of them off is the part under test.
    let alike = |n: usize| Item {
        artist: format!("Artist {n}"),
        genres: vec![format!("style {n}")],
        ..track(&format!("t{n:02}"), 0.6, 0.3)
    };
    let mut items: Vec<Item> = (0..20).map(alike).collect();
    items[7].like = Some(2);
    let catalog = catalog(items);
    let mut history = History::default();
    for _ in 0..2 {
        history.begin(Mood::Happy);
        history.record("t03", Outcome::Liked);
        history.record("t04", Outcome::Finished);
        history.record("t05", Outcome::Skipped);
    }
    let taste = Taste::learn(&history);
    let nothing = Weights { content: 0.0, collaborative: 0.0, taste: 0.0, novelty: 0.0, variety: 0.0 };
    let templates = music_template(Mood::Happy, "length = { items = 1 }\nno_repeat = 0");
    let first = |weights, taste| {
        let request = Request { weights, taste, ..Request::new(Mood::Happy) };
        suggest(&catalog, &templates, &request).music.remove(0)
    };
    let here = Reason::LikedHere { times: 2, mood: Some(Mood::Happy) };
    let feels = Reason::Feels(Feel { lively: Some(true), bright: Some(true) });
    for (weights, known, id, why) in [
        (Weights { content: 1.0, ..nothing }, Some(&taste), None, feels.clone()),
        (Weights { collaborative: 1.0, ..nothing }, Some(&taste), Some("t03"), here.clone()),
        // Taste is drawn: what was liked and what was played to its end may both come first.
        (Weights { taste: 1.0, ..nothing }, Some(&taste), None, here),
        (Weights { taste: 1.0, ..nothing }, None, Some("t07"), Reason::Rated),
        (Weights { novelty: 1.0, ..nothing }, Some(&taste), None, Reason::New),
        (Weights { variety: 1.0, ..nothing }, Some(&taste), None, feels.clone()),
    ] {
        let pick = first(weights, known);
        assert_eq!(pick.why, why, "{weights:?}: {}", pick.id);
        assert!(id.is_none_or(|id| id == pick.id), "{weights:?}: {}", pick.id);
    }
    // A weight of nothing takes the part out of the reason as well: the heart of t07 says nothing here.
    let by_fit = Weights { content: 1.0, ..nothing };
    let request = Request { weights: by_fit, ..Request::new(Mood::Happy) };
    let all = suggest(&catalog, &music_template(Mood::Happy, "length = { items = 20 }"), &request);
    assert!(all.music.iter().all(|pick| pick.why == feels), "{all:?}");
}
