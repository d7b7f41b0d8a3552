"""Training and evaluation of models: search, protocols, reports, tables.

Importing this package registers the recipes and tables of all papers.
"""

from tuning import papers
