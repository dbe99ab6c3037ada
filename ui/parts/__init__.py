"""Words, inputs, tiles, colours, charts and downloads that pages share."""
