//! The configuration file, and the templates that it names.

use super::{Finding, Patient, Subject};
use crate::config::{Config, ConfigError};
use crate::library;
use moodbox_core::recommend::Templates;

const PART: Subject = Subject::Configuration;

pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let path = patient.config_path.display();
    match &patient.config {
        Ok(config) => {
            let mode = format!("{:?}", config.mode).to_lowercase();
            let mut findings = vec![Finding::ok(PART, format!("{path}: {mode}, {}", config.language.code()))];
            findings.extend(templates(patient, config));
            findings
        }
        Err(ConfigError::Unreadable { why, .. }) => vec![Finding::fault(
            PART,
            format!("{path} cannot be read: {why}"),
            "save it as UTF-8 text that this user may read; it holds your settings, so write no other over it",
        )],
        Err(ConfigError::Absent { why, .. }) => vec![Finding::fault(
            PART,
            format!("{path} cannot be read: {why}"),
            format!("write one with `moodbox check --default > {path}`, or name another with --config"),
        )],
        Err(ConfigError::Malformed { report, .. }) => vec![Finding::fault(
            PART,
            format!("{path} cannot be used:\n{report}"),
            "correct that line; `moodbox check --default` prints every setting with its meaning",
        )],
        Err(ConfigError::Wrong { why, .. }) => {
            vec![Finding::fault(PART, format!("{path}: [{}] {}", why.section, why.what), why.cure.clone())]
        }
    }
}

fn templates(patient: &Patient, config: &Config) -> Vec<Finding> {
    // The page's lie over the person's own.
    let folders: Vec<_> = config.templates.iter().cloned().chain([patient.state.join("templates")]).collect();
    let (_, problems) = library::templates::reload_all(&folders, &Templates::shipped());
    let cure = "correct the file; until then the template that moodbox brings along is used";
    problems.iter().map(|problem| Finding::warning(PART, format!("template {problem}"), cure)).collect()
}
