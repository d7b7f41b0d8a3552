"""Fast kernels of recurrent and convolution layers, and their choice."""
