use super::*;

fn said(mood: Mood, logit: f32, sure: bool) -> Answer {
    let mut logits = [0.0; 7];
    logits[mood.index()] = logit;
    Some((Scores::from_logits(logits, 1.0), sure))
}

#[test]
fn figures_follow_from_the_answers() {
    let answers = [
        (Mood::Happy, said(Mood::Happy, 50.0, true)),
        (Mood::Happy, said(Mood::Sad, 50.0, true)),
        (Mood::Sad, said(Mood::Sad, 50.0, false)),
        (Mood::Sad, None),
    ];
    let report = report(Head::Votes, &answers, Vec::new(), 2.0);
    assert_eq!((report.n, report.no_face), (4, 1));
    assert_eq!(report.accuracy, Some(0.5));
    assert_eq!((report.sure_share, report.sure_accuracy), (Some(0.5), Some(0.5)));
    assert_eq!(report.images_per_second, Some(2.0));
    assert_eq!(report.confusion[Mood::Happy.index()][Mood::Sad.index()], 1);
    // Happy: precision 1, recall 1/2. Sad: precision 1/2, recall 1/2 (the face not found is missed).
    let f1 = report.macro_f1.unwrap();
    assert!((f1 - (2.0 / 3.0 + 0.5) / 2.0).abs() < 1e-9, "{f1}");
    assert_eq!(
        (report.recall["happy"], report.recall["sad"], report.recall["fear"]),
        (Some(0.5), Some(0.5), None)
    );
    // Three answers, each promised for certain, one of them wrong.
    let ece = report.ece.unwrap();
    assert!((ece - 1.0 / 3.0).abs() < 1e-6, "{ece}");
}

#[test]
fn the_label_head_promises_nothing() {
    let answers = [(Mood::Sad, said(Mood::Sad, 50.0, false)), (Mood::Sad, said(Mood::Fear, 50.0, false))];
    let report = report(Head::Label, &answers, Vec::new(), 1.0);
    assert_eq!(report.accuracy, Some(0.5));
    assert_eq!((report.ece, report.sure_share, report.sure_accuracy), (None, None, None));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["head"], "label");
    assert_eq!(json["recall"]["sad"], 0.5);
    assert!(report.text().contains("label head"), "{}", report.text());
}

#[test]
fn folders_are_read_as_other_collections_name_them() {
    for (name, mood) in [
        ("anger", Mood::Angry),
        ("Happiness", Mood::Happy),
        ("SAD", Mood::Sad),
        ("sadness", Mood::Sad),
        ("surprised", Mood::Surprise),
        ("Neutral", Mood::Neutral),
        ("0_fear", Mood::Fear),
        ("04-disgust", Mood::Disgust),
        ("fear.1", Mood::Fear),
        ("Wut", Mood::Angry),
        ("a\u{308}ngstlich", Mood::Fear),
        ("happy_faces", Mood::Happy),
        ("3-happy", Mood::Happy),
        ("Heureux", Mood::Happy),
        ("Dégoûté", Mood::Disgust),
        ("Freude (3)", Mood::Happy),
        ("FÂCHÉ", Mood::Angry),
    ] {
        assert_eq!(mood_of_folder(name), Some(mood), "{name}");
    }
    for name in ["contempt", "0", "", "not_happy", "happy_sad"] {
        assert_eq!(mood_of_folder(name), None, "{name}");
    }
    let left_out = vec![LeftOut { folder: "x/contempt".into(), pictures: 3, why: "whose name is no mood" }];
    let report = Report { left_out, ..report(Head::Votes, &[], Vec::new(), 0.0) };
    assert!(report.text().contains("left out: 3 in x/contempt"));
}

#[test]
fn without_any_answer_no_figure_is_made_up() {
    let report = report(Head::Votes, &[], Vec::new(), 0.0);
    assert!(report.accuracy.is_none() && report.macro_f1.is_none() && report.ece.is_none());
    assert!(report.text().contains("0 pictures"));
    let json = serde_json::to_value(&report).unwrap();
    for key in [
        "accuracy",
        "macro_f1",
        "confusion",
        "ece",
        "sure_share",
        "sure_accuracy",
        "n",
        "unreadable",
        "images_per_second",
        "recall",
        "head",
    ] {
        assert!(json.get(key).is_some(), "{key}");
    }
}

#[test]
fn pictures_that_are_not_counted_are_told_wherever_they_lie() {
    let root = tempfile::tempdir().unwrap();
    for file in ["happy/1.png", "happy/2.webp", "happy/anna/3.png", "contempt/4.png", "5.jpg", "Sad/6.JFIF"] {
        let path = root.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, b"").unwrap();
    }
    let (found, left_out) = pictures(root.path()).unwrap();
    assert_eq!(found.iter().map(|(mood, _)| *mood).collect::<Vec<_>>(), [Mood::Sad, Mood::Happy]);
    let told: Vec<_> = left_out
        .iter()
        .map(|one| {
            let folder = std::path::Path::new(&one.folder).strip_prefix(root.path()).unwrap();
            (folder.display().to_string(), one.pictures, one.why)
        })
        .collect();
    assert_eq!(
        told,
        [
            (String::new(), 1, "which lie in no folder of a mood"),
            ("contempt".to_owned(), 1, "whose name is no mood"),
            ("happy".to_owned(), 1, "of a kind that is not read; PNG and JPEG are"),
            ("happy/anna".to_owned(), 1, "which lies too deep"),
        ]
    );
}
