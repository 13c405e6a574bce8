"""Opening, scoring, and the explained ranking."""
