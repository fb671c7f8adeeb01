"""What is proven of menus before anybody dials: conditions, pages, ways, alphabets, secrets. Each proof goes through the tree once.

What a single wording or condition shows is proven while it is compiled (`conditions`, `alphabets`, `labels`); `prove` is for what only the
whole tree shows.
"""
