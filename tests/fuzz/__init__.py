"""Hostile frames of a server, and what they are fed to."""
