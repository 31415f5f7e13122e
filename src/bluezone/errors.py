"""The one base of every error that a person, a file or a peer can cause."""

__all__ = ["Refused"]


class Refused(Exception):
    """Something outside the program was wrong; the message names what and where.

    It exists so that the command line can print the reason and exit 1, and the API can answer 4xx,
    without a traceback, while a fault of our own keeps its traceback.
    """
