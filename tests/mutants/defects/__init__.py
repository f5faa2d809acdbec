"""The mutants, by the part of the project that has the defect."""
