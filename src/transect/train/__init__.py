"""Samples for training the segmentation network, drawn from phantoms as they are needed."""
