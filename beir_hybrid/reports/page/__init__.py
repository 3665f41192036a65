"""Page: a report as one file of HTML, and the files beside it."""
