"""What commissioners ask for: needs, their lots, documents, method of judging, and the public notice."""
