//! From a frame to the scores of a face.
