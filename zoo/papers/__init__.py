"""One module a paper; importing this package registers every model."""

from zoo.papers import recola_conv, recola_discrete
