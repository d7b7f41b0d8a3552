"""Where a model meets a corpus: search, training, evaluation, tables.

Importing this package registers the recipes and tables of all papers.
"""

from tuning import papers
