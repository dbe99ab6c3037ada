"""The colours of all charts, for both themes.

Those of lines, bars and text have a contrast of 3 or more with white and with the dark background.
Hue and lightness tell them apart for colour-blind readers.
"""

BLUE = "#3b7ddd"
AMBER = "#c77700"
PINK = "#ea3e94"
BROWN = "#836c3f"
SILVER = "#8a919e"
# Of several lines, bars or points in one chart, in this order.
OF_SERIES = (BLUE, AMBER, PINK, BROWN, SILVER)
GREY = "#777e8a"  # of text: read as well on white as on the dark background

# Of a heat map: its hue lies the thicker on the page's own background, the more there is. Up to
# a half the text has the theme's colour, beyond it this one; then what parts the cells.
HEAT, ON_HEAT = "#2160c4", "#ffffff"
HEAT_OPACITY = ([0.0, 0.5, 0.501, 1.0], [0.04, 0.34, 0.9, 1.0])
TEXT = "currentColor"
GAP = "#8a919e33"

# Of pictures for chats, which are light: those of the light theme (.streamlit/config.toml).
PAPER, INK, FAINT, LINES = "#ffffff", "#1c2128", "#5b6370", "#d9dce1"
ACCENT, VIOLET, RED = "#1f5fbf", "#7c3aed", "#c62828"
