"""File formats that several corpus readers share: tables, HDF5, `.csd`."""
