"""The library is where the rooms meet for other programs: models, sessions, backends and what is sent over them."""
