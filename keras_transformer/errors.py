"""Errors that a user of the package can mend."""


class UserError(ValueError):
    """Something that the user gave is wrong; the message is one sentence that says what to do."""
