"""`python -m serving.config`."""

import sys

from serving.config.models_config import main

sys.exit(main())
