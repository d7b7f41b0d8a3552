"""Records the outcome of a check as TFX does.

A check leaves an empty file, BLESSED or NOT_BLESSED (of the infra check
INFRA_BLESSED or INFRA_NOT_BLESSED), and `blessing.json` with the reasons in
`NAME/COMPONENT/blessing/NUMBER/`.
"""

from __future__ import annotations

import json
import pathlib
import shutil

from serving import versions
from serving.push.validation import Verdict
from zoo.common import files

COMPONENTS = {"infra": ("InfraValidator", "INFRA_"), "model": ("Evaluator", "")}
"""TFX's component and the prefix of its files, by check."""


def bless(
    export: pathlib.Path,
    check: str,
    verdict: Verdict,
    digest: str,
    live: pathlib.Path | None = None,
) -> pathlib.Path:
    """Writes a check's outcome, in place of an earlier one.

    Args:
        export: folder of the export.
        check: "infra" or "model".
        verdict: the outcome.
        digest: of the export that was checked.
        live: the version that it was compared with, if any.

    Returns:
        The folder of the blessing.
    """
    component, prefix = COMPONENTS[check]
    folder = _folder(export, component)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    files.write_json(
        folder / "blessing.json",
        {
            "blessed": int(verdict.blessed),
            "current_model": str(export),
            "current_model_id": digest,
            "baseline_model": live and str(live),
            "baseline_model_id": live and versions.digest(live),
            "faults": verdict.faults,
            "measurements": verdict.measurements,
        },
    )
    word = "BLESSED" if verdict.blessed else "NOT_BLESSED"
    (folder / f"{prefix}{word}").touch()
    return folder


def is_blessed(export: pathlib.Path, check: str, digest: str) -> bool:
    """Returns whether a check blessed an export with that digest."""
    component, prefix = COMPONENTS[check]
    folder = _folder(export, component)
    try:
        record = json.loads((folder / "blessing.json").read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    return (
        (folder / f"{prefix}BLESSED").exists()
        and record.get("blessed") == 1
        and record.get("current_model_id") == digest
    )


def _folder(export: pathlib.Path, component: str) -> pathlib.Path:
    return export.parent / component / "blessing" / export.name
