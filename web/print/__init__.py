"""Documents to print: templates of typst, the fonts they are set in, and the codes that lead back to a page."""
