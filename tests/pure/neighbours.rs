//! Living with other programs: what the home may not learn, and whose volume counts.

use crate::scenario;

use std::sync::Arc;
use std::time::Duration;

use moodbox::daemon::Observer;
use moodbox::observers::metrics::Metrics;
use moodbox::observers::mqtt::home::{Command, Home, Message, Published};
use moodbox_core::kiosk::action::Action;
use moodbox_core::kiosk::event::*;
use moodbox_core::kiosk::policy::Mode;
use moodbox_core::kiosk::snapshot::Snapshot;
use moodbox_core::kiosk::{Settings, State, step};
use moodbox_core::mood::Mood;
use moodbox_core::recommend::{Catalog, Feeling, FeelingSource, History, Item, Outcome, Templates};
use scenario::session::{face, library, songs_only};
use scenario::{Story, press, release, settings};

/// All that is sent but the mood.
fn home() -> Home {
    Home {
        publish: [Published::Playing, Published::Volume, Published::Health, Published::Counts].into(),
        ..Home::new("kitchen", "Kitchen").taking(Command::ALL)
    }
}

/// A library with something for every mood, a part of which was liked in one mood each.
fn everything() -> (Catalog, History) {
    let mut history = History::default();
    let mut songs = Vec::new();
    for mood in Mood::ALL {
        history.begin(mood);
        let (valence, arousal) = mood.valence_arousal();
        for number in 0..8 {
            let id = format!("{}-{number}.ogg", mood.name());
            songs.push(Item {
                title: id.clone(),
                artist: "The Band".into(),
                length: Some(Duration::from_secs(100)),
                feeling: Some(Feeling { valence, arousal, source: FeelingSource::Explicit }),
                ..Item::default()
            });
            songs.last_mut().unwrap().id = id.clone();
            history.record(&id, Outcome::Liked);
        }
    }
    (Catalog { music: songs.into(), ..Catalog::default() }, history)
}

/// What a public device sends in a session: the messages of each step that changed, and the metrics at its end.
fn traffic(mood: Mood) -> (Vec<Vec<Message>>, String) {
    let settings = Settings { mode: Mode::Public, learns: true, ..songs_only() };
    let metrics = Metrics::new(&settings, false).unwrap();
    let (mut meter, mut state) = (metrics.observer(), State::new(settings));
    let (home, (catalog, history)) = (home(), everything());
    let (mut sent, mut last) = (Vec::new(), Vec::new());
    let mut feed = |at: u64, event: Event| {
        let at = Duration::from_millis(at);
        meter.event(at, &event);
        let actions = step(&mut state, at, event);
        actions.iter().for_each(|action| meter.action(at, action));
        meter.stepped(at, &state);
        let messages = home.messages(&Snapshot::of(&state, at));
        let changed: Vec<Message> =
            messages.iter().filter(|message| !last.contains(*message)).cloned().collect();
        last = messages;
        sent.push(changed);
        actions.into_iter().find_map(|action| match action {
            Action::Music(moodbox_core::kiosk::action::PlayerCommand::Play { ids, volume, .. }) => {
                Some((ids, volume))
            }
            _ => None,
        })
    };
    feed(0, Event::Templates(Arc::new(Templates::shipped())));
    feed(0, Event::History(Box::new(history)));
    feed(0, Event::Catalog(Arc::new(catalog)));
    feed(10, press());
    feed(60, release());
    // The notice has been read.
    feed(10_000, Event::Tick);
    feed(10_100, Event::CaptureStarted);
    feed(10_300, face(mood));
    let (ids, volume) = feed(11_000, Event::CaptureEnded(Ok(()))).expect("something plays");
    for (at, id) in (11_100u64..).step_by(1000).zip(&ids[..2]) {
        feed(
            at,
            Event::Music(PlayerEvent::Playing(NowPlaying {
                id: id.clone(),
                title: id.clone(),
                artist: "The Band".into(),
                length: Some(Duration::from_secs(100)),
                volume: Some(volume),
                ours: true,
                ..NowPlaying::default()
            })),
        );
    }
    feed(20_000, Event::RemoteCommand(RemoteCommand::Stop));
    feed(30_000, Event::Tick);
    (sent, String::from_utf8(metrics.text().unwrap()).unwrap())
}

/// The same with title, artist and times left out.
fn comparable((sent, metrics): (Vec<Vec<Message>>, String)) -> (Vec<Vec<(String, String)>>, Vec<String>) {
    let plain = |message: Message| {
        let Ok(mut payload) = serde_json::from_str::<serde_json::Value>(&message.payload) else {
            return (message.topic, message.payload);
        };
        if let Some(fields) = payload.as_object_mut() {
            for (name, value) in fields.iter_mut().filter(|(_, value)| !value.is_null()) {
                if ["title", "artist", "length_s"].contains(&name.as_str()) {
                    *value = "(left out)".into();
                }
            }
        }
        (message.topic, payload.to_string())
    };
    let sent = sent.into_iter().map(|step| step.into_iter().map(plain).collect()).collect();
    let timeless =
        |line: &&str| !["process_", "_seconds", "_bytes", "_celsius"].iter().any(|word| line.contains(word));
    (sent, metrics.lines().filter(timeless).map(str::to_owned).collect())
}

#[test]
fn what_a_public_device_sends_is_the_same_for_every_mood_where_the_mood_is_not_published() {
    let sad = comparable(traffic(Mood::Sad));
    assert!(sad.0.iter().flatten().any(|(_, payload)| payload.contains("(left out)")), "{sad:#?}");
    assert!(sad.1.iter().any(|line| line.starts_with("moodbox_visits_total 1")), "{:#?}", sad.1);
    for mood in Mood::ALL {
        assert_eq!(comparable(traffic(mood)), sad, "{mood}");
    }
}

#[test]
fn a_volume_set_in_idle_is_heard_at_once_and_is_that_of_the_next_session_and_of_no_other() {
    let press_and_look = |story: Story, at: u64| {
        story
            .at(at, press())
            .at(at + 50, release())
            .at(at + 300, face(Mood::Happy))
            .at(at + 1000, Event::CaptureEnded(Ok(())))
    };
    let start = || {
        Story::new(songs_only())
            .at(0, Event::Templates(Arc::new(Templates::shipped())))
            .at(0, library())
            .forget()
    };
    // By the template.
    let story = press_and_look(start(), 0);
    let usual = story.snapshot().volume;
    // By hand, the page or the home; and by another client of the player, which has done it already.
    for (event, orders) in [
        (Event::RemoteCommand(RemoteCommand::Volume(23)), 1),
        (Event::Button(Button::VolumeDown, Edge::Down), 1),
        (Event::Music(PlayerEvent::Volume(23)), 0),
    ] {
        let story = start().at(0, event.clone());
        let set = story.snapshot().volume;
        assert_ne!(set, usual, "{event:?}");
        assert_eq!(
            story.lines().filter(|line| line.starts_with("music volume")).count(),
            orders,
            "{event:?}"
        );
        let story = press_and_look(story, 100);
        assert_eq!(story.snapshot().volume, set, "{event:?}");
        let story = story.at(10_000, Event::RemoteCommand(RemoteCommand::Stop));
        assert_eq!(press_and_look(story, 20_000).snapshot().volume, usual, "the one after: {event:?}");
    }
    // Never above the cap.
    let story = start().at(0, Event::Music(PlayerEvent::Volume(100)));
    assert_eq!(press_and_look(story, 100).snapshot().volume, settings().volume_cap);
}

#[test]
fn the_volume_that_another_client_sets_in_a_session_is_shown_and_the_cap_holds() {
    let story = scenario::session::session(songs_only()).at(5000, Event::Music(PlayerEvent::Volume(31)));
    assert_eq!(story.snapshot().volume, 31);
    let story = story.forget().at(6000, Event::Music(PlayerEvent::Volume(90)));
    assert_eq!(story.snapshot().volume, settings().volume_cap);
    story.check_lines(&["6000 music volume 60%"]);
}
