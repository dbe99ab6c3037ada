"""What pages and programs both tell: the published store, its answers and odds, and their words.

Knows neither Streamlit nor HTTP.
"""
