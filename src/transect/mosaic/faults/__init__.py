"""What is wrong with tiles and with the stage, found from the pixels."""
