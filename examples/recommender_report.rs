//! Measures the recommender and prints docs/recommender.md:
//! `cargo run --example recommender_report -- [FOLDER OF MOVIELENS] > docs/recommender.md`

use std::path::PathBuf;

use moodbox_lab::{Interval, movielens, simulate};

fn main() -> anyhow::Result<()> {
    println!("# How well the recommender chooses\n");
    println!("Made by `cargo run --example recommender_report -- FOLDER > docs/recommender.md`.\n");
    simulation();
    if let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) {
        ratings(&folder)?;
    }
    Ok(())
}

fn simulation() {
    let setup = simulate::Setup::default();
    let all = simulate::run(setup);
    println!("## Listeners of known taste\n");
    println!(
        "{} simulated listeners, {} sessions each, a library of {} tracks, seed {}; the model of a listener \
         is in `crates/lab/src/simulate.rs`. Precision@5 is measured after the last session, regret over \
         all of them. ± is the 95 % interval over listeners; the last column is the paired difference in \
         precision to the hybrid.\n",
        setup.listeners, setup.sessions, setup.tracks, setup.seed
    );
    println!("| who chooses | precision@5 | mean regret | hybrid's lead in precision@5 |");
    println!("|---|---|---|---|");
    for fared in &all {
        let lead = Interval::of_differences(&all[0].precision, &fared.precision);
        let lead = if fared.policy == simulate::Policy::Hybrid { "-".into() } else { lead.to_string() };
        println!("| {} | {} | {} | {lead} |", fared.policy.name(), fared.precision(), fared.regret());
    }
    println!();
}

fn ratings(folder: &std::path::Path) -> anyhow::Result<()> {
    let ratings = movielens::ratings(&std::fs::read_to_string(folder.join("ratings.csv"))?)?;
    let movies = movielens::movies(&std::fs::read_to_string(folder.join("movies.csv"))?)?;
    let table = movielens::evaluate(&ratings, &movies, 2026);
    println!("## Ratings that people gave\n");
    println!(
        "MovieLens latest-small (F. M. Harper and J. A. Konstan, \"The MovieLens Datasets: History and \
         Context\", ACM TiiS 5:4, 2015): {} ratings, {} learnt from, {} held out, split by chance with seed \
         2026. Precision@10 for the {} people with at least ten held out: of the ten of them that a method \
         puts first, the share rated four stars or more. The hybrid scorer adds {:.1} of the item-to-item \
         part and {:.1} of the content part to the mean, tuned on ratings of its own.\n",
        ratings.len(),
        table.learnt,
        table.held_out,
        table.judged,
        table.blend.0,
        table.blend.1
    );
    println!("| method | RMSE | precision@10 |");
    println!("|---|---|---|");
    for line in &table.lines {
        let rmse = line.rmse.map_or("-".to_owned(), |rmse| format!("{rmse:.3}"));
        println!("| {} | {rmse} | {:.3} |", line.name, line.precision_at_10);
    }
    Ok(())
}
