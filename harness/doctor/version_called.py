"""What version the user's own matrix file calls a gateway that is named by its address alone."""

from __future__ import annotations

from dataclasses import replace

from harness.doctor.subject import Subject
from harness.plan.matrix.default_file import default_matrix
from harness.plan.matrix.gateway_spec import GatewaySpec
from harness.plan.matrix.load import load_matrix
from harness.shared.errors import IbCompatError
from harness.shared.hosts import one_form


def as_the_default_file_calls(subject: Subject) -> Subject:
    """Return a gateway with the version that the default matrix file gives to whatever is at its host and port.

    A file that cannot be read calls nothing anything: whoever looks at an address need not have one.
    """
    file = default_matrix()
    try:
        known = load_matrix(file).gateways
    except IbCompatError:
        return subject
    spec = next((each for each in known if _is_at(each, subject)), None)
    return subject if spec is None else replace(subject, called=spec.version, called_in=str(file))


def _is_at(spec: GatewaySpec, subject: Subject) -> bool:
    """Tell whether a gateway of the file is the one that is looked at; a simulated one lasts no longer than its run."""
    placed = (one_form(spec.host), spec.port) == (one_form(subject.host), subject.port)
    return placed and spec.kind == "address" and subject.product in {None, spec.product}
