"""A tool that a model may call: livechat text "what is the weather in Lisbon?" --tools weather.py"""

import livechat


@livechat.tool
def get_weather(city: str) -> str:
    """Tells the weather in a city."""
    return f"It is 19 degrees and sunny in {city}."
