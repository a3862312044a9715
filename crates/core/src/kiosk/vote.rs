//! Many frames -> one reading.

use super::event::Observation;
use crate::mood::{DecisionRule, Reading, Scores};

/// A face must be in at least this share of the frames; a passer-by is not a person who looks.
const FACE_SHARE: f32 = 0.4;

/// A second face this large beside the largest (by area) makes it unclear whose mood is meant.
/// Half the area is about 0.7 of the distance: somebody who stands beside, not behind.
const RIVAL: f32 = 0.5;

/// Reads the frames of one capture together: the mean of the calibrated scores, judged once.
pub fn vote(seen: &[Observation], judge: &DecisionRule) -> Reading {
    let faces: Vec<&Observation> = seen.iter().filter(|frame| frame.scores.is_some()).collect();
    if faces.is_empty() || (faces.len() as f32) < FACE_SHARE * seen.len() as f32 {
        return Reading::NoFace;
    }
    let crowded = faces.iter().filter(|frame| frame.faces > 1 && frame.rival >= RIVAL);
    if crowded.clone().count() * 2 > faces.len() {
        return Reading::SeveralFaces { count: crowded.map(|frame| frame.faces).max().unwrap_or(2) };
    }
    let scores: Vec<Scores> = faces.iter().filter_map(|frame| frame.scores).collect();
    judge.read(Scores::mean(&scores))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mood::{Decision, Mood, StrengthLimits, Thresholds};

    fn judge() -> DecisionRule {
        DecisionRule {
            decision: Decision { margin: 0.2, other: None, threshold: Thresholds::all(0.5) },
            strength: StrengthLimits { clear: 0.8, strong: 0.95 },
        }
    }

    fn face(mood: Mood) -> Observation {
        Observation { copy: false, faces: 1, rival: 0.0, scores: Some(Scores::certain(mood)) }
    }

    fn nobody() -> Observation {
        Observation { copy: false, faces: 0, rival: 0.0, scores: None }
    }

    fn two_people(rival: f32) -> Observation {
        Observation { copy: false, faces: 2, rival, scores: Some(Scores::certain(Mood::Happy)) }
    }

    #[test]
    fn frames_are_read_together() {
        let happy = face(Mood::Happy);
        let three = Observation { faces: 3, ..two_people(0.9) };
        for (name, frames, expected) in [
            ("no frame at all", vec![], "no face"),
            ("nobody there", vec![nobody(); 6], "no face"),
            ("somebody walked past", vec![happy, nobody(), nobody(), nobody(), nobody()], "no face"),
            ("one frame lost the face", vec![happy, happy, nobody(), happy, happy], "happy"),
            ("one frame disagrees", vec![happy, happy, face(Mood::Fear), happy, happy], "happy"),
            ("half and half", vec![happy, face(Mood::Sad), happy, face(Mood::Sad)], "happy or sad"),
            (
                "a face in two of five frames, the least",
                vec![happy, happy, nobody(), nobody(), nobody()],
                "happy",
            ),
            ("a face in three of eight", [vec![happy; 3], vec![nobody(); 5]].concat(), "no face"),
            ("two people side by side", vec![two_people(0.9); 5], "2 faces"),
            ("somebody far behind", vec![two_people(0.1); 5], "happy"),
            ("the second face half as large, the least", vec![two_people(0.5); 5], "2 faces"),
            ("the second face less than half as large", vec![two_people(0.49); 5], "happy"),
            ("a second person in one frame", [vec![happy; 4], vec![two_people(0.9)]].concat(), "happy"),
            ("in half of the frames", [vec![happy; 2], vec![two_people(0.9); 2]].concat(), "happy"),
            ("in most of them", [vec![happy; 2], vec![two_people(0.9); 3]].concat(), "2 faces"),
            (
                "in most of those that show anybody",
                [vec![happy; 2], vec![two_people(0.9); 3], vec![nobody(); 3]].concat(),
                "2 faces",
            ),
            ("the most that were seen at once", [vec![two_people(0.9); 3], vec![three]].concat(), "3 faces"),
            ("one face that is said to have a rival", vec![Observation { rival: 0.9, ..happy }; 5], "happy"),
        ] {
            let reading = match vote(&frames, &judge()) {
                Reading::Sure { mood, .. } => mood.to_string(),
                Reading::Unsure { first, second, .. } => format!("{first} or {second}"),
                Reading::NoFace => "no face".into(),
                Reading::SeveralFaces { count } => format!("{count} faces"),
            };
            assert_eq!(reading, expected, "{name}");
        }
    }
}
