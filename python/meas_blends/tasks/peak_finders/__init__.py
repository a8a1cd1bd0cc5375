"""Peak finders: the subtasks of ClassifyBlendsTask that are chosen by name."""
