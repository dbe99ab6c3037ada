"""The one file: who reads it, who writes the next one, what a stranger may ask of it."""

from data.store.reader import open_reader as open_reader  # for notebooks and scripts
