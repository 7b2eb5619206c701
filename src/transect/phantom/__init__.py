"""Made sections whose every quantity is known exactly, written as a microscope writes them."""
