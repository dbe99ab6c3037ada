"""The same answers for programs: JSON, feeds and live calendars.

Knows queries, odds and their words, and nothing of pages.
"""
