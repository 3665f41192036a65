"""Models: what is shown, as data and words: tables, heat maps, bars and curves, without a drawing."""
