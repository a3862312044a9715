//! The order in which ways of choosing stand, with fixed seeds.

use std::collections::HashMap;

use moodbox_lab::simulate::{Policy, Setup, run};
use moodbox_lab::{Interval, movielens};

#[test]
fn after_fifty_sessions_the_hybrid_beats_each_part_alone_and_chance() {
    let all = run(Setup { listeners: 30, tracks: 800, ..Setup::default() });
    let hybrid = &all[0];
    assert_eq!(hybrid.policy, Policy::Hybrid);
    for other in &all[1..] {
        let precision = Interval::of_differences(&hybrid.precision, &other.precision);
        let regret = Interval::of_differences(&other.regret, &hybrid.regret);
        let name = other.policy.name();
        assert!(precision.mean - precision.half > 0.0, "precision over {name}: {precision}");
        assert!(regret.mean - regret.half > 0.0, "regret under {name}: {regret}");
    }
}

/// People of two kinds who like two halves of the movies; genres tell the halves apart in part.
fn made_up() -> (String, String) {
    let mut state = 1u64;
    let mut chance = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f32 / (1u64 << 31) as f32
    };
    let mut ratings = String::from("userId,movieId,rating,timestamp\n");
    let mut movies = String::from("movieId,title,genres\n");
    for movie in 0..120 {
        let genre = if (movie % 2 == 0) == (chance() < 0.8) { "Comedy" } else { "Thriller" };
        movies.push_str(&format!("{movie},\"Movie, The {movie}\",{genre}|Drama\n"));
    }
    for user in 0..150 {
        for movie in 0..120 {
            if chance() < 0.5 {
                let likes = user % 2 == movie % 2;
                let stars = if likes { 4.0 } else { 2.5 } + (2.0 * chance()).floor() * 0.5;
                ratings.push_str(&format!("{user},{movie},{stars},0\n"));
            }
        }
    }
    (ratings, movies)
}

#[test]
fn people_who_agree_predict_each_other_better_than_the_mean() {
    let (ratings, movies) = made_up();
    let ratings = movielens::ratings(&ratings).unwrap();
    let table = movielens::evaluate(&ratings, &movielens::movies(&movies).unwrap(), 5);
    let line = |name: &str| table.lines.iter().find(|line| line.name.contains(name)).unwrap();
    let mean = line("mean").rmse.unwrap();
    for better in ["item to item", "clusters", "hybrid"] {
        assert!(line(better).rmse.unwrap() < 0.8 * mean, "{better}: {:?}", table.lines);
        assert!(line(better).precision_at_10 > line("chance").precision_at_10 + 0.1, "{:?}", table.lines);
    }
    assert!(line("hybrid").rmse.unwrap() <= line("item to item").rmse.unwrap() + 0.01);
    assert!(line("similarity").precision_at_10 > line("emotion").precision_at_10);
    assert!(line("emotion").precision_at_10 > line("chance").precision_at_10);
}

#[test]
fn a_broken_ratings_file_is_named_with_its_line() {
    let cases = [
        ("", 1),
        ("movieId,title\n", 1),
        ("userId,movieId,rating,timestamp\n1,2,3.5,0\n1,x,3,0\n", 3),
        ("userId,movieId,rating,timestamp\n1,2,9,0\n", 2),
        ("userId,movieId,rating,timestamp\n\n1,2,nan,0\n", 3),
        ("userId,movieId,rating,timestamp\n1\n", 2),
    ];
    for (text, line) in cases {
        assert_eq!(movielens::ratings(text).unwrap_err().line, line, "{text}");
    }
    assert_eq!(movielens::movies("movieId,title,genres\nno commas").unwrap_err().line, 2);
    assert_eq!(movielens::evaluate(&[], &HashMap::new(), 1).held_out, 0, "nothing to measure is no failure");
}
