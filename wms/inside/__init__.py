"""Work inside the house: units, relocations, replenishment, kits, scrap, and where goods had better lie."""
