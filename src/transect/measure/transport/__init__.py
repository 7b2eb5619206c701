"""Transport through the pores of a window: 2-D indices, never the tortuosity of the volume."""
