"""Figures of Williams et al. 2018."""

from __future__ import annotations

RANDOM = (".70", ".68", ".62", ".80", ".72", ".05", ".60")
"""MAE of each emotion and overall (Table 1)."""
BY_MODALITIES = {
    "a": (".150", ".150", ".146"),
    "v": (".146", ".147", ".149"),
    "t": (".156", ".157", ".158"),
    "av": (".137", ".135", ".138"),
    "ta": (".140", ".142", ".146"),
    "tv": (".149", ".145", ".149"),
    "tav": (".133", ".132", ".134"),
}
"""Overall MAE of LSTM, BLSTM and CNN (Tables 2 to 4)."""
CHALLENGE = {
    "anger": (".101", ".926", ".926", ".082"),
    "disgust": (".051", ".963", ".963", ".064"),
    "fear": (".051", ".957", ".957", ".011"),
    "happy": (".404", ".705", ".620", ".551"),
    "sad": (".111", ".910", ".910", "-.062"),
    "surprise": (".038", ".977", ".977", "-.030"),
    "overall": (".126", ".906", ".892", "-"),
}
"""MAE, binary accuracy, 4-class accuracy, Pearson's r (Table 5)."""
LABELS = (
    "Published, of CMU-MOSEI: happy alone is the most common, then no emotion, "
    "then sad alone; (happy, sad) and (anger, happy) are more frequent than "
    "fear alone (section 3.1); more than 70 % have one or two emotions, and a "
    "few all six (section 6)."
)
