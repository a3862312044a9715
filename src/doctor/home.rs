//! The broker of the home.

use super::{Finding, Patient, Subject, configured};
use crate::observers::mqtt;

const PART: Subject = Subject::Broker;

pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let config = match configured(patient, PART) {
        Ok(config) => config,
        Err(skipped) => return skipped,
    };
    let Some(settings) = &config.mqtt else {
        return vec![Finding::skipped(PART, "the configuration has no [mqtt]")];
    };
    let place = settings.place();
    vec![match mqtt::greet(settings) {
        Ok(()) => Finding::ok(PART, format!("{place} lets us in")),
        Err(trouble) => Finding::fault(PART, format!("{place}: {}", trouble.what), trouble.cure),
    }]
}
