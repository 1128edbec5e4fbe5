"""A conversation in a world that breaks: the shipped client and server over a simulated network, all from one seed."""
