"""`python -m serving.push`."""

import sys

from serving.push.publish import main

sys.exit(main())
