"""The forecasts' backtest on a store: what runs it, and the file that keeps its scores.

Apart from forecast/, which knows numbers alone, and from the pages, which never wait for it.
"""
