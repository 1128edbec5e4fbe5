"""What goes over the wire: the messages of Gemini Live and their frames, endpoints and model families."""
