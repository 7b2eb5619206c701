"""How surely rare defects are found: made ones are planted into the section and looked for."""
