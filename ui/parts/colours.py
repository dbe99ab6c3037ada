"""The colours of all charts, for both themes.

Those of lines, bars and text have a contrast of 3 or more with white and with the dark background.
Hue and lightness tell them apart for colour-blind readers.
"""

BLUE = "#3b7ddd"
AMBER = "#c77700"
PINK = "#ea3e94"
BROWN = "#836c3f"
SILVER = "#8a919e"
GREY = "#777e8a"  # of text: read as well on white as on the dark background

# Of a heat map: from least to most, the text on these, and what parts its cells.
HEAT = ["#dfe8f6", "#1d4f9c"]
ON_HEAT = ["#16243a", "#ffffff"]
GAP = "#ffffff22"
