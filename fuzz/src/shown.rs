//! Every text that a person or a log is shown is one short line, whatever the input held.

use allotment::{CreateError, Denial, Event};

/// More characters than any text may have: five names of 128 characters, each escaped to ten, and the words around them.
const LONGEST: usize = 8_192;

/// `text` has no control characters and no more than [`LONGEST`] characters.
pub fn text(text: &str) {
    assert!(!text.chars().any(char::is_control), "control characters: {text:?}");
    assert!(text.chars().count() <= LONGEST, "{} characters", text.chars().count());
}

/// What a denial says.
pub fn denial(denial: &Denial) {
    text(&denial.detail());
    text(&denial.message());
}

/// What an event says.
pub fn event(event: &Event) {
    text(&event.text());
    text(&event.message());
    text(event.tool().unwrap_or_default());
}

/// Why there is no session.
pub fn not_made(error: &CreateError) {
    text(&error.to_string());
    if let CreateError::Denied(why) = error {
        denial(why);
    }
}
