"""Pages: controllers that gather what a template shows, one module per room of the product."""
