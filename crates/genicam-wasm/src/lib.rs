//! The face that the GenICam node map shows to JavaScript.
