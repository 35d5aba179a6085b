"""The commands of the pages on deciding, in the order in which ``tests/docs/test_deciding.py`` runs them."""

from __future__ import annotations

_MINE = "ib-compat upgrade --from gateway-10.37 --to gateway-10.50 --requirements requirements.txt"

FROM_RUNS = (
    'nox -s matrix -- --gateway "gateway-10.37-paper" --gateway "gateway-10.50-paper"',
    "nox -s upgrade -- --from gateway-10.37 --to gateway-10.50",
    _MINE,
    "ib-compat upgrade --from gateway-10.37 --to gateway-10.50 --lock uv.lock",
    f"{_MINE} --allow executions,user_info",
    f"{_MINE} --require positions,executions",
    "ib-compat upgrade --from gateway-10.50 --to gateway-10.50 --requirements requirements.txt",
    "nox -s pins -- --gateway gateway-10.50",
    "ib-compat pins --gateway gateway-10.37 --gateway gateway-10.50 --output constraints.txt",
    "ib-compat pins --gateway gateway-10.50 --library ib_async --allow user_info",
    "ib-compat pins --gateway gateway-10.50 --library ib_async",
    'nox -s matrix -- --library "ib_insync*" --library "ib_async*"',
    'ib-compat diff "ib_insync==0.9.86/*/gateway-10.45-paper" "ib_async==2.1.0/*/gateway-10.45-paper"',
)
WITH_THE_INDEX = (
    "pip install -c constraints.txt ib_async",
    "ib-compat versions",
    "ib-compat bisect nautilus-ibapi --good 10.30.1 --bad 10.45.1 --gateway gateway-10.45",
    'ib-compat bisect --row nautilus-ibapi==10.43.2 --with "protobuf>=5.29.5" --good gateway-10.30 --bad gateway-10.45',
)
WITH_A_DOWNLOAD = (
    "ib-compat plan --matrix mine.toml --library ibapi==10.45.1",
    "nox -s matrix -- --matrix mine.toml --library ibapi==10.45.1",
    "ib-compat upgrade --from gateway-10.37 --to gateway-10.50",
)
DECIDING = {*FROM_RUNS, *WITH_THE_INDEX, *WITH_A_DOWNLOAD}
