"""The process around the pages: headers, health, scoring in the background."""
