"""`python -m serving.export`."""

import sys

from serving.export.build import main

sys.exit(main())
