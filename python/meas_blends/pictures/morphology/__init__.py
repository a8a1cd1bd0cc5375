"""Pictures and the page of an evaluation of morphology estimators."""
