"""Fast kernels of recurrent and convolution layers."""
