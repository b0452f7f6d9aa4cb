"""Why a test may be flagged: the reason codes of the DefCore 2016A process, in our words."""

FLAG_CODES = {
    "D400": "The capability does not meet the scoring criteria.",
    "D401": "The test itself has a bug, which the project that keeps it has accepted.",
    "D402": "The service has a bug, which the project that keeps it has accepted.",
    "D403": "The test fails over something else that it tests and the guideline does not demand.",
    "D404": "None of the other reason codes fits.",
    "D405": "The test expects one way to implement the capability, and few clouds chose that way.",
    "D406": "The test was taken out of Tempest.",
}
