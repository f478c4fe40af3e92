"""The changes of a user that programs are told of: recorded with what happened, numbered, and read by a cursor."""
