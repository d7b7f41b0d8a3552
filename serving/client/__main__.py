"""`python -m serving.client`."""

import sys

from serving.client.client import main

sys.exit(main())
