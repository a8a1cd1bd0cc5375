"""The one error that means "your input is at fault", not the code."""

__all__ = ["BadInputError"]


class BadInputError(ValueError):
    """An input that cannot be used.

    The message is one sentence for a person: which file or value, what is
    wrong with it, and what to do. The command prints it without a traceback.
    """
