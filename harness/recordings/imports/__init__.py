"""Makes recordings of what people already have: packet captures, and transcripts of earlier runs."""
