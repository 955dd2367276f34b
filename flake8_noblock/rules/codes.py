"""The codes that are shown only when the user selects them; apart from the rules, which are imported late."""

OFF_BY_DEFAULT = ("NBL111", "NBL112", "NBL113", "NBL114")
INTERNAL_ERROR = "NBL900"
