"""Voice chat in the terminal over the Gemini Live API, with an embedded server that speaks the same protocol."""

__version__ = "0.1.0"
