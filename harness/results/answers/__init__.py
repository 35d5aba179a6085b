"""Whether an answer is right: held against what was sent, against a known truth, and against other libraries."""
