"""Other people's clients that hold conversations with the embedded server, and what it takes to run them."""
