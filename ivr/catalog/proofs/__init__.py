"""What is proven of menus before anybody dials: conditions, pages, ways, alphabets, secrets. Each proof goes through the tree once."""
