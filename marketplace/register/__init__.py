"""The published facts: CCGs and boards, councils and their Health and Wellbeing Boards, neighbours, patients."""
