"""The colours of all charts, chosen once for both themes.

Each has a contrast of 3 or more with white and with the dark background, and hue and lightness
tell them apart for colour-blind readers.
"""

BLUE = "#3b7ddd"
AMBER = "#c77700"
PINK = "#ea3e94"
BROWN = "#836c3f"
SILVER = "#8a919e"
GREY = "#777e8a"  # of text: read as well on white as on the dark background
