//! The command line: the only place with arguments, printing and the environment.

mod catalog;

use std::io;

/// How a command ended, when nothing stopped it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing to report: exit code 0.
    Clean,
    /// Findings of severity error, or a check that failed: exit code 1.
    Findings,
}

/// What stopped a command: exit code 2.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What went wrong, with its causes, in one line.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) help: Option<String>,
}

impl Failure {
    /// A failure without advice.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    /// Adds advice.
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// What a subcommand returns.
pub(crate) type CommandResult = Result<Outcome, Failure>;

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new(format!("cannot write the output ({error})"))
    }
}
